"""What may come in, pure: no clock, no I/O, no randomness."""
