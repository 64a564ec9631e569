"""How far a need has come, as the matcher's events tell it."""

from dataclasses import dataclass, replace
from enum import StrEnum, auto

from schemas import offers, outcomes
from schemas.event import NeedEvent
from schemas.vocabulary import StuckCause, UnmetCause


class NeedProgress(StrEnum):
    """Where a need stands, in words for people."""

    OPEN = auto()
    ASKING = auto()
    CLAIMED = auto()
    CONFIRMING = auto()
    FULFILLED = auto()
    PARTLY_FULFILLED = auto()
    UNMET = auto()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in {NeedProgress.FULFILLED, NeedProgress.PARTLY_FULFILLED, NeedProgress.UNMET}


@dataclass(frozen=True)
class Progress:
    """Where a need stands, why it waits for a person, why it ended so. `version` is the matcher's."""

    status: NeedProgress
    stuck: StuckCause | None
    cause: UnmetCause | None
    version: int


def advance(progress: Progress, event: NeedEvent, version: int) -> Progress:
    """Takes one event in. What is not newer changes nothing."""
    if version <= progress.version:
        return progress
    progress = replace(progress, version=version)
    match event:
        case offers.OfferMade():
            claimed = progress.status is NeedProgress.CLAIMED
            return replace(progress, status=NeedProgress.CLAIMED if claimed else NeedProgress.ASKING, stuck=None)
        case outcomes.ClaimAwarded():
            return replace(progress, status=NeedProgress.CLAIMED, stuck=None)
        case outcomes.ClaimLapsed():
            return replace(progress, status=NeedProgress.ASKING)
        case outcomes.ConfirmationRequested():
            return replace(progress, status=NeedProgress.CONFIRMING, stuck=None)
        case outcomes.NeedStuck(cause=cause):
            return replace(progress, stuck=cause)
        case outcomes.NeedFulfilled():
            return replace(progress, status=NeedProgress.FULFILLED, stuck=None)
        case outcomes.NeedPartlyFulfilled(cause=cause):
            return replace(progress, status=NeedProgress.PARTLY_FULFILLED, stuck=None, cause=cause)
        case outcomes.NeedUnmet(cause=cause):
            return replace(progress, status=NeedProgress.UNMET, stuck=None, cause=cause)
    return progress
