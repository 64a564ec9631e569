"""How far a need has come, as the matcher's events tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from schemas import offers, outcomes
from schemas.event import NeedEvent
from schemas.topics import OUTCOMES, topic_of
from schemas.vocabulary import StuckCause, UnmetCause


class NeedProgress(StrEnum):
    """Where a need stands, in words for people."""

    APPROVAL = auto()
    """It waits until somebody approves it; no other service knows it yet."""
    SENT_BACK = auto()
    """It was not approved; no other service knows it."""
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

    @property
    def unpublished(self) -> bool:
        """Whether nobody but intake has heard of the need."""
        return self in {NeedProgress.APPROVAL, NeedProgress.SENT_BACK}


_FAMILYS_ANSWERS = {"responses.family_confirmed": True, "responses.family_disputed": False}
_FAMILYS_QUESTIONS = {"outcomes.confirmation_requested", "outcomes.need_stuck"}


def familys_answer(told: Iterable[str]) -> bool | None:
    """Whether it arrived, by the answer to the last question; None where nobody has answered that yet.

    `told` is what happened to a need, by the names that its history has for it.
    """
    answer = None
    for what in told:
        if what in _FAMILYS_ANSWERS:
            answer = _FAMILYS_ANSWERS[what]
        elif what in _FAMILYS_QUESTIONS:
            answer = None
    return answer


@dataclass(frozen=True)
class Progress:
    """Where a need stands, why it waits for a person, why it ended so.

    `version` is that of the newest outcome, `asked_version` that of the newest offer: they come by two topics, and
    either may be heard before the other.
    """

    status: NeedProgress
    stuck: StuckCause | None
    cause: UnmetCause | None
    version: int
    asked_version: int


def advance(progress: Progress, event: NeedEvent, version: int) -> Progress:
    """Takes one event in. What is not newer than what came by its topic changes nothing."""
    if isinstance(event, offers.OfferMade):
        return _ask(progress, version) if version > progress.asked_version else progress
    if version <= progress.version or topic_of(event) is not OUTCOMES:
        return progress
    progress = replace(progress, version=version)
    match event:
        case outcomes.ClaimAwarded():
            return replace(progress, status=NeedProgress.CLAIMED, stuck=None)
        case outcomes.ClaimLapsed():
            return replace(progress, status=NeedProgress.ASKING)
        case outcomes.ConfirmationRequested():
            return replace(progress, status=NeedProgress.CONFIRMING, stuck=None)
        case outcomes.NeedStuck(cause=cause):
            return _get_stuck(progress, cause, asked_since=progress.asked_version > version)
        case outcomes.NeedFulfilled():
            return replace(progress, status=NeedProgress.FULFILLED, stuck=None)
        case outcomes.NeedPartlyFulfilled(cause=cause):
            return replace(progress, status=NeedProgress.PARTLY_FULFILLED, stuck=None, cause=cause)
        case outcomes.NeedUnmet(cause=cause):
            return replace(progress, status=NeedProgress.UNMET, stuck=None, cause=cause)
    return progress


def _ask(progress: Progress, version: int) -> Progress:
    """A partner is asked. While somebody has a part, the need is theirs; what ended stays so."""
    newest = version > progress.version
    # That more are asked is no answer to who waits for a yes.
    goes_away = newest and progress.stuck is not StuckCause.NOBODY_YET
    progress = replace(progress, asked_version=version, stuck=None if goes_away else progress.stuck)
    goes_on = progress.status in {NeedProgress.OPEN, NeedProgress.ASKING} or (
        newest and progress.status is NeedProgress.CONFIRMING
    )
    return replace(progress, status=NeedProgress.ASKING) if goes_on else progress


def _get_stuck(progress: Progress, cause: StuckCause, *, asked_since: bool) -> Progress:
    if not asked_since:
        return replace(progress, stuck=cause)
    disputed = cause is StuckCause.FAMILY_DISPUTED
    return replace(progress, status=NeedProgress.ASKING) if disputed else progress
