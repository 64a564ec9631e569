"""Topic `responses`: what partners and families answered, whichever way it came in."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.event import LineQuantity, NeedEvent, Part
from schemas.vocabulary import AnswerChannel, Answerer, DeclineReason, PartOfDay, ReleaseReason, ShortfallCause


class PartnerResponse(NeedEvent):
    """An answer to one offer, by one person of the partner."""

    offer_id: UUID
    partner_id: UUID
    contact_id: UUID | None = None
    channel: AnswerChannel


class OfferAccepted(PartnerResponse):
    """The partner can take these quantities, or (empty) all that the offer named."""

    type: ClassVar[str] = "switchboard.responses.accepted.v1"
    lines: tuple[LineQuantity, ...] = Field(default=(), max_length=50)


class OfferDeclined(PartnerResponse):
    """The partner says: not this time."""

    type: ClassVar[str] = "switchboard.responses.declined.v1"
    reason: DeclineReason


class FamilyContacted(PartnerResponse):
    """The partner has spoken with the coordinator (or the family, where it chose so)."""

    type: ClassVar[str] = "switchboard.responses.contacted.v1"


class FamilyNotReached(PartnerResponse):
    """The partner tried once more, on another day than before, and reached nobody."""

    type: ClassVar[str] = "switchboard.responses.not_reached.v1"
    attempt: int = Field(ge=1, le=100)


class HelpScheduled(PartnerResponse):
    """When the partner hands it over. What it says later stands."""

    type: ClassVar[str] = "switchboard.responses.scheduled.v1"
    day: date
    part: PartOfDay
    until: AwareDatetime
    """When that part of that day is over, where the family lives."""
    revision: int = Field(default=1, ge=1, le=1000)
    """For the so-manieth time that it is said for this offer."""


class Shortfall(Part):
    """How much of a line was awarded and not handed over, and why."""

    line: int = Field(ge=1, le=50)
    quantity: int = Field(ge=1, le=100_000)
    cause: ShortfallCause


class HelpCompleted(PartnerResponse):
    """What was handed over, by line; empty means all that was awarded."""

    type: ClassVar[str] = "switchboard.responses.completed.v1"
    lines: tuple[LineQuantity, ...] = Field(default=(), max_length=50)
    shortfalls: tuple[Shortfall, ...] = Field(default=(), max_length=50)


class ClaimReleased(PartnerResponse):
    """The partner hands its claim back."""

    type: ClassVar[str] = "switchboard.responses.released.v1"
    reason: ReleaseReason


class ClaimUndone(PartnerResponse):
    """The partner said yes by mistake: in time, it is as if it had not been asked."""

    type: ClassVar[str] = "switchboard.responses.undone.v1"


class FamilyConfirmed(NeedEvent):
    """The help arrived."""

    type: ClassVar[str] = "switchboard.responses.family_confirmed.v1"
    by: Answerer


class FamilyDisputed(NeedEvent):
    """The help did not arrive."""

    type: ClassVar[str] = "switchboard.responses.family_disputed.v1"
    by: Answerer
