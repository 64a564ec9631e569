"""What a partner holds waits for: who said yes is told one thing to do, and by when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto


class HeldStep(StrEnum):
    """What comes next, from the yes to the handover."""

    CONTACT = auto()
    PLAN = auto()
    HAND_OVER = auto()


@dataclass(frozen=True)
class Clock:
    """One thing to do, and by when."""

    step: HeldStep
    by: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.by < now


def clock_of(
    contact_by: datetime | None, needed_by: datetime, planned_until: datetime | None, *, contacted: bool
) -> Clock:
    """The clock that runs. A claim that names no hour to make contact by has until it is needed."""
    if not contacted:
        return Clock(HeldStep.CONTACT, contact_by or needed_by)
    return Clock(HeldStep.HAND_OVER, planned_until) if planned_until else Clock(HeldStep.PLAN, needed_by)
