"""What the performance figures come from. Each module prints its own: `python -m bench.pipeline`."""
