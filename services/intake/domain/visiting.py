"""When a partner's person may come to a family's door."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.intake.domain.need import NotPossible

MOST_PLANNED = 3
"""So often one partner may ask one family; what is left after that, the coordinator arranges."""
_NOTICE = timedelta(hours=4)
"""So long before it begins a visit is planned at the latest: the notifier tells of it two hours before, so that whoever
is told can say no."""
_LONGEST = timedelta(hours=4)
_AHEAD = timedelta(days=30)
_FIRST, _LAST = time(8), time(21)
"""Nobody comes at night, by the clock of the family's site."""


def check_times(begins: datetime, ends: datetime, now: datetime, zone: str) -> None:
    """Raises NotPossible, which names the field, for a visit at no notice, at night, or without end.

    All three in UTC: between two times of one zone Python counts an hour that the clocks skip or repeat wrongly.
    """
    if begins < now + _NOTICE or begins > now + _AHEAD:
        raise NotPossible("begins", "a visit begins in four hours at the earliest, and within thirty days")
    if not begins < ends <= begins + _LONGEST:
        raise NotPossible("ends", "a visit ends after it begins, within four hours")
    first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (begins, ends))
    if first.time() < _FIRST or last.time() > _LAST or first.date() != last.date():
        raise NotPossible("begins", "a visit is between 8 in the morning and 9 in the evening")
