"""When a place is open, by the hour of the week: coarse enough to compare a million at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.partners import Opening
from services.matcher.clocks import EVERY_HOUR, HOURS_OF_A_WEEK, zone_named

_HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)


def open_hours(openings: Iterable[Opening]) -> int:
    """One bit for each hour of the week, from Monday's first: set where it is open for any of that hour."""
    bits = 0
    for one in openings:
        first = one.weekday * 24 + one.opens.hour
        # Who closes at 17:00 is not open for any of the hour that begins then.
        last = one.weekday * 24 + one.closes.hour - (0 if one.closes.minute or one.closes.second else 1)
        for hour in range(first, last + 1):
            bits |= 1 << hour
    return bits


def hours_until(now: datetime, until: datetime, zone: str) -> int:
    """One bit for each hour of the week that begins or goes on between two moments, on the clocks of a zone."""
    if until - now >= WEEK:
        return EVERY_HOUR
    clock = zone_named(zone)
    begins, ends = now.astimezone(clock), until.astimezone(clock)
    if begins.utcoffset() == ends.utcoffset():
        return _from_to(begins.replace(tzinfo=None), ends.replace(tzinfo=None))
    # Clocks are turned on the way: each hour that passes is looked at by itself.
    bits, moment = 0, now
    while moment < until:
        local = moment.astimezone(clock).replace(tzinfo=None)
        bits |= _from_to(local, local + timedelta(microseconds=1))
        moment += _HOUR - (local - local.replace(minute=0, second=0, microsecond=0))
    return bits


@lru_cache(maxsize=1000)
def _from_to(begins: datetime, ends: datetime) -> int:
    # Of clocks without their zones: many zones share them, and moments are equal whatever their zone says.
    if ends <= begins:
        return 0
    first = begins.weekday() * 24 + begins.hour
    count = -((begins.replace(minute=0, second=0, microsecond=0) - ends) // _HOUR)
    bits = ((1 << count) - 1) << first
    return (bits | bits >> HOURS_OF_A_WEEK) & EVERY_HOUR
