"""How long to wait before trying again: growing, with jitter so that copies do not come back in step."""

import random
from collections.abc import Iterator

_FIRST_S, _LONGEST_S = 0.1, 10.0


def pauses() -> Iterator[float]:
    """Endless pauses in seconds: about 0.1, 0.2, 0.4 … 10 ("full jitter" of half: Brooker 2015)."""
    longest = _FIRST_S
    while True:
        yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
        longest = min(longest * 2, _LONGEST_S)
