"""When a partner hands over: a day, and a part of it; and when it tries again to reach the family."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.vocabulary import PartOfDay
from services.intake.domain.need import NotPossible

_AHEAD = timedelta(days=30)
_BETWEEN_TRIES = timedelta(hours=12)
_ENDS: Mapping[PartOfDay, time] = {
    PartOfDay.MORNING: time(12),
    PartOfDay.AFTERNOON: time(17),
    PartOfDay.EVENING: time(21),
}


def may_try_again(last: datetime, now: datetime) -> bool:
    """Whether a try to reach the family counts as one of another day."""
    return now - last >= _BETWEEN_TRIES


def end_of(day: date, part: PartOfDay, zone: str, now: datetime) -> datetime:
    """When that part of that day is over there. Raises NotPossible for one that is past, or more than 30 days away."""
    end = datetime.combine(day, _ENDS[part], ZoneInfo(zone)).astimezone(UTC)
    if not now < end <= now + _AHEAD:
        raise NotPossible("day", "choose a day from today on, within thirty days")
    return end
