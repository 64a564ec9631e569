"""Who finds the partners that may help, how fast, and at what price: ours beside what else could do it."""
