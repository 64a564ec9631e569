"""Topic `outcomes`: who got it, what became of it, and how the need ended."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.event import Item, LineQuantity, NeedEvent
from schemas.offers import OfferEvent
from schemas.vocabulary import (
    Arrival,
    DeclineReason,
    EligibilityRule,
    LapseReason,
    ReferralAnswer,
    RefusalReason,
    StuckCause,
    UnmetCause,
)

LeftOut = dict[EligibilityRule, Annotated[int, Field(ge=1)]] | None
"""How many partners each rule leaves out of helping with what is open: each counts once. None where nobody looked."""


class ClaimAwarded(OfferEvent):
    """The partner got these quantities, and is to make contact by then."""

    type: ClassVar[str] = "switchboard.outcomes.claim_awarded.v1"
    contact_id: UUID | None = None
    awarded: tuple[LineQuantity, ...] = Field(min_length=1, max_length=50)
    contact_by: AwareDatetime
    undo_until: AwareDatetime | None = None
    """Until then a yes that was a mistake is taken back without a reason."""


class ClaimRefused(OfferEvent):
    """Somebody else was first, or the offer had ended."""

    type: ClassVar[str] = "switchboard.outcomes.claim_refused.v1"
    contact_id: UUID | None = None
    reason: RefusalReason


class ClaimLapsed(OfferEvent):
    """A claim ended before it was completed; its items are open again."""

    type: ClassVar[str] = "switchboard.outcomes.claim_lapsed.v1"
    returned: tuple[LineQuantity, ...] = Field(min_length=1, max_length=50)
    reason: LapseReason


class ReferralAnswered(OfferEvent):
    """A partner answered an offer of a need that another partner referred: the referrer hears it."""

    type: ClassVar[str] = "switchboard.outcomes.referral_answered.v1"
    referred_by: UUID
    answer: ReferralAnswer
    reason: DeclineReason | None = None
    """Why, where the partner said no."""


class ConfirmationRequested(NeedEvent):
    """Partners say that it is done: the family is asked whether it arrived."""

    type: ClassVar[str] = "switchboard.outcomes.confirmation_requested.v1"
    delivered: tuple[Item, ...] = Field(min_length=1, max_length=50)
    attempt: int = Field(ge=1, le=10)
    sensitive: bool = False
    """Whether the need is; what was delivered does not have to show it."""


class NeedStuck(NeedEvent):
    """Nothing moves by itself any more: a coordinator's turn."""

    type: ClassVar[str] = "switchboard.outcomes.need_stuck.v1"
    cause: StuckCause
    open_items: tuple[Item, ...] = Field(default=(), max_length=50)
    left_out: LeftOut = None


class NeedFulfilled(NeedEvent):
    """All of it arrived: the family said so, or the coordinator for it."""

    type: ClassVar[str] = "switchboard.outcomes.need_fulfilled.v1"
    met: tuple[Item, ...] = Field(min_length=1, max_length=50)


class NeedPartlyFulfilled(NeedEvent):
    """Some of it arrived; the rest did not, and this is why."""

    type: ClassVar[str] = "switchboard.outcomes.need_partly_fulfilled.v1"
    met: tuple[Item, ...] = Field(min_length=1, max_length=50)
    unmet: tuple[Item, ...] = Field(min_length=1, max_length=50)
    cause: UnmetCause
    left_out: LeftOut = None


class NeedUnmet(NeedEvent):
    """Nobody said that any of it arrived, and this is why."""

    type: ClassVar[str] = "switchboard.outcomes.need_unmet.v1"
    unmet: tuple[Item, ...] = Field(min_length=1, max_length=50)
    cause: UnmetCause
    left_out: LeftOut = None


class HelpEnded(OfferEvent):
    """The need has ended, and this partner had handed something over: it hears once how it ended, and not for whom."""

    type: ClassVar[str] = "switchboard.outcomes.help_ended.v1"
    contact_id: UUID | None = None
    """Who had said yes."""
    delivered: tuple[LineQuantity, ...] = Field(min_length=1, max_length=50)
    arrival: Arrival
    all_met: bool
    """Whether the family is known to have all that it still needed, from whomever."""
