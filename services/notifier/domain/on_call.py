"""Who of a partner is asked first, where they take turns."""

from datetime import date
from uuid import UUID

from schemas.partners import OnCall


def order_on_call(turns: OnCall, day: date) -> tuple[UUID, ...]:
    """Whose turn it is that day, then who comes next, and so on; nobody's before the first turn begins."""
    passed = (day - turns.since).days
    if passed < 0:
        return ()
    first = passed // turns.days % len(turns.contact_ids)
    return turns.contact_ids[first:] + turns.contact_ids[:first]
