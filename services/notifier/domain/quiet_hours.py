"""When nobody is disturbed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_HOURS_IN_A_DAY = 24


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

    def wait_until(self, now: datetime, time_zone: str) -> datetime | None:
        """The end of the quiet hours that `now` falls into, in UTC; None when it falls into none.

        Days are counted on the local calendar, so a change of clocks in the night moves nobody's morning.
        """
        local = now.astimezone(ZoneInfo(time_zone))
        if not self._covers(local.hour):
            return None
        morning = local.replace(hour=self.end, minute=0, second=0, microsecond=0, fold=0)
        if local.hour >= self.end:
            morning += timedelta(days=1)
        return morning.astimezone(UTC)

    def _covers(self, hour: int) -> bool:
        if self.start <= self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end
