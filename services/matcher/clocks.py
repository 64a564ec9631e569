"""Time that counts: nobody is late for what was asked of them while they slept or were closed."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

HOURS_OF_A_WEEK = 7 * 24
EVERY_HOUR = (1 << HOURS_OF_A_WEEK) - 1
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Clock:
    """Which hours count in a zone: one bit for each hour of the week, from Monday's first, and none of a day off."""

    zone: str
    hours: int = EVERY_HOUR
    days_off: Container[date] = ()

    def add(self, start: datetime, length: timedelta, latest: datetime) -> datetime:
        """When so much time that counts has passed since `start`; at the latest, `latest`."""
        if self.hours == EVERY_HOUR and not self.days_off:
            return min(start + length, latest)
        zone, moment = zone_named(self.zone), start
        while moment < latest:
            local = moment.astimezone(zone)
            hour_ends = moment + _HOUR - (local - local.replace(minute=0, second=0, microsecond=0))
            if self._counts(local):
                if moment + length <= hour_ends:
                    return min(moment + length, latest)
                length -= hour_ends - moment
            moment = hour_ends
        return latest

    def _counts(self, local: datetime) -> bool:
        return bool(self.hours >> (local.weekday() * 24 + local.hour) & 1) and local.date() not in self.days_off


def hours_of_week(days: Iterable[int], hours: Iterable[int]) -> int:
    """One bit for each of these hours on each of these days, Monday being 0."""
    of_a_day = sum(1 << hour for hour in hours)
    return sum(of_a_day << 24 * day for day in days)


@cache
def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name."""
    # The module's own cache forgets all but eight.
    return ZoneInfo(name)
