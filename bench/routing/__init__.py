"""Who is asked, when, and what came of it: ours beside simpler rules, over the same invented community."""
