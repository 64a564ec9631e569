"""When a place is open, by the hour of the week: coarse enough to compare a million at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.partners import Opening

EVERY_HOUR = (1 << 7 * 24) - 1


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
    if until - now >= timedelta(days=7):
        return EVERY_HOUR
    bits, moment, clock = 0, now, ZoneInfo(zone)
    # By each hour that passes, so that clocks which are turned on the way are right before and after.
    while moment < until:
        local = moment.astimezone(clock)
        bits |= 1 << (local.weekday() * 24 + local.hour)
        moment += timedelta(hours=1) - timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
    return bits
