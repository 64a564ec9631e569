"""How many messages a second go out, and how soon: ours beside Procrastinate, on the same parts."""
