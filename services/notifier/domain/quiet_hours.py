"""When nobody is disturbed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.addresses import Hours

_HOURS_IN_A_DAY = 24
_STEP = timedelta(minutes=15)
"""Every zone's full hours are at a quarter hour of UTC."""


@dataclass(frozen=True)
class QuietHours:
    """From one full hour to another, by the recipient's own clock. Equal hours mean none."""

    start: int
    end: int

    @classmethod
    def parse(cls, value: object) -> object:
        """Reads "21-8", or "off"."""
        if not isinstance(value, str):
            return value
        if value.strip().casefold() == "off":
            return cls(0, 0)
        start, dash, end = value.partition("-")
        try:
            hours = (int(start), int(end))
        except ValueError:
            hours = (-1, -1)
        if not dash or not all(0 <= hour < _HOURS_IN_A_DAY for hour in hours):
            raise ValueError('write two hours, such as "21-8", or "off"')
        return cls(*hours)

    def wait_until(self, now: datetime, time_zone: str, within: Hours | None = None) -> datetime | None:
        """The first moment to come outside the quiet hours and within the reader's own, in UTC; None when that is now.

        Own hours that are all quiet ones stand: they were somebody's wish. Each moment is looked up on the local
        clock, so a change of clocks in the night moves nobody's morning.
        """
        zone, open_hours = ZoneInfo(time_zone), self._open_hours(within)
        moment = now.astimezone(UTC)
        if moment.astimezone(zone).hour in open_hours:
            return None
        moment = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
        while moment.astimezone(zone).hour not in open_hours:
            moment += _STEP
        return moment

    def _open_hours(self, within: Hours | None) -> set[int]:
        own = set(range(within.start, within.end) if within else range(_HOURS_IN_A_DAY))
        return {hour for hour in own if not self._covers(hour)} or own

    def _covers(self, hour: int) -> bool:
        if self.start <= self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end
