"""What a need waits for its coordinator to do, most pressing first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from schemas.vocabulary import StuckCause
from services.intake.domain.progress import NeedProgress, Progress

_LITTLE_TIME = 3
"""Little time is left when this part of it, one third, is."""


class Step(StrEnum):
    """One thing to do, in the order in which they press."""

    CALL_TONIGHT = auto()
    CONFIRM = auto()
    """The family could not be asked, or did not answer."""
    TALK = auto()
    """The family says that it did not arrive."""
    REACH = auto()
    """A partner could not reach the family."""
    FIND_OUT_WHOSE = auto()
    MEND = auto()
    """It was not approved as it is."""
    CALL = auto()
    CHANGE = auto()
    CALL_SOON = auto()
    LOOK_AT_VISIT = auto()
    TELL_IF_KNOWN = auto()
    """The family was asked, and may answer by itself: last."""

    @property
    def urgency(self) -> int:
        """From 0, which presses most."""
        return list(Step).index(self)


_OF_STUCK = {
    StuckCause.NOBODY_YET: Step.CALL_TONIGHT,
    StuckCause.FAMILY_SILENT: Step.CONFIRM,
    StuckCause.FAMILY_DISPUTED: Step.TALK,
    StuckCause.FAMILY_UNREACHABLE: Step.REACH,
    StuckCause.NOBODY_LEFT: Step.CALL,
    StuckCause.NOBODY_ELIGIBLE: Step.CHANGE,
}


@dataclass(frozen=True)
class Standing:
    """All that decides it."""

    progress: Progress
    entered: datetime
    needed_by: datetime
    withdrawn: bool = False
    unasked: bool = False
    """Whether the family's question could not reach it."""
    nameless: bool = False
    visited: bool = False
    """Whether somebody plans to come to the family's home."""


def next_step(standing: Standing, now: datetime) -> Step | None:
    """What there is to do; None while all goes its way."""
    status, stuck = standing.progress.status, standing.progress.stuck
    if status.ended or standing.withdrawn:
        return None
    if stuck is StuckCause.NOBODY_YET or (stuck and not standing.nameless):
        return _OF_STUCK[stuck]
    if standing.nameless:
        return Step.FIND_OUT_WHOSE
    if status is NeedProgress.SENT_BACK:
        return Step.MEND
    if status is NeedProgress.CONFIRMING:
        return Step.CONFIRM if standing.unasked else Step.TELL_IF_KNOWN
    if status in {NeedProgress.OPEN, NeedProgress.ASKING} and _is_late(standing, now):
        return Step.CALL_SOON
    return Step.LOOK_AT_VISIT if standing.visited else None


def _is_late(standing: Standing, now: datetime) -> bool:
    return (standing.needed_by - now) * _LITTLE_TIME < standing.needed_by - standing.entered
