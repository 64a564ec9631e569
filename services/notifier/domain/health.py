"""Whether a provider is well, by what became of the newest attempts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_NEWEST = 20
_ENOUGH = 5
"""So many attempts say something."""
_ILL = 0.5
"""So large a share of failures leaves a provider alone."""
_FIRST_REST, _LONGEST_REST = timedelta(seconds=2), timedelta(seconds=30)
_ANSWERS_WITHIN = timedelta(seconds=20)
"""The one message that tries whether it is well again is given up by then."""


@dataclass(frozen=True)
class Health:
    """What is remembered of a provider."""

    failed: tuple[bool, ...] = ()
    """Of the newest attempts, oldest first."""
    rests_until: datetime | None = None
    """None while it is well."""
    rests: int = 0
    """How often it was left alone since it was last well."""
    tried: bool = False
    """Whether the single message is on its way."""

    @property
    def well(self) -> bool:
        """Whether it takes as many as it may."""
        return self.rests_until is None


def most_at_once(health: Health, now: datetime) -> int | None:
    """How many messages may go by a provider: None for any number, 0 while it rests, then a single one."""
    if health.rests_until is None:
        return None
    return 1 if now >= health.rests_until else 0


def begin_to_try(health: Health, now: datetime) -> Health:
    """The single message is on its way: no other until it is known what became of it."""
    return replace(health, rests_until=now + _ANSWERS_WITHIN, tried=True)


def learn(health: Health, now: datetime, jitter: float, *, failed: bool) -> Health:
    """The health after one more attempt. `jitter`, from 0 to 1, shortens the rest by up to half."""
    if not health.well:
        if not failed:
            return Health()
        # Others, which set out before it fell ill, say nothing new.
        return _rest(health, now, jitter) if health.tried else health
    newest = (*health.failed, failed)[-_NEWEST:]
    learned = replace(health, failed=newest)
    if len(newest) >= _ENOUGH and sum(newest) / len(newest) >= _ILL:
        return _rest(learned, now, jitter)
    return learned


def _rest(health: Health, now: datetime, jitter: float) -> Health:
    longest: timedelta = min(_FIRST_REST * 2.0 ** min(health.rests, 10), _LONGEST_REST)
    return Health((), now + longest * (1 - jitter / 2), health.rests + 1)
