"""Which offers to one contact wait for each other, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_TO_ANSWER = timedelta(hours=2)
"""So much time to answer an offer leaves whoever was made to wait for it."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gathering:
    """What an offer goes with: what comes once a day, or what comes within a window after the one before."""

    daily: bool
    ends: datetime


def gathering_of(
    *, urgent: bool, respond_by: datetime, now: datetime, window: timedelta, digest_hour: int | None, time_zone: str
) -> Gathering | None:
    """What an offer waits for at the longest; None where it goes by itself, at once.

    What is in a window goes at once all the same where no offer came just before. A window of nothing means none.
    """
    if urgent:
        return None
    if digest_hour is not None:
        hour = next_hour(now, digest_hour, time_zone)
        if hour + _TO_ANSWER <= respond_by:
            return Gathering(daily=True, ends=hour)
    ends = now + window
    return Gathering(daily=False, ends=ends) if window and ends + _TO_ANSWER <= respond_by else None


def next_hour(now: datetime, hour: int, time_zone: str) -> datetime:
    """The next time that it is this full hour in that zone; an hour that a change of clocks leaves out is the next."""
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    moments = (
        (local.replace(tzinfo=None) + day * _DAY).replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=zone)
        for day in range(3)
    )
    return next(moment.astimezone(now.tzinfo) for moment in moments if moment.astimezone(now.tzinfo) > now)
