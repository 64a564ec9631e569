"""How many messages may go now, where a provider or a number takes only so many a second."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Bucket:
    """What was left at a moment."""

    tokens: float
    at: datetime


def burst(per_second: float) -> float:
    """What a rested bucket holds: a second's worth, and one message at least."""
    return max(1.0, per_second)


def refill(bucket: Bucket | None, per_second: float, now: datetime) -> Bucket:
    """The bucket as it is now; one that nobody has used is full. A clock that went back gives nothing."""
    if bucket is None:
        return Bucket(burst(per_second), now)
    passed = max(0.0, (now - bucket.at).total_seconds())
    return Bucket(min(burst(per_second), bucket.tokens + passed * per_second), max(now, bucket.at))


def take(bucket: Bucket, count: int) -> Bucket:
    """The bucket without so many tokens. Raises ValueError for more than it holds."""
    if count > bucket.tokens:
        raise ValueError(f"{count} of {bucket.tokens:.1f} tokens")
    return Bucket(bucket.tokens - count, bucket.at)
