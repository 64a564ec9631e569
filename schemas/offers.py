"""Topic `offers`: whom the matcher asks, and what became of the asking."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.event import NeedEvent, OfferTerms, Part
from schemas.vocabulary import EligibilityRule, ReminderKind, WithdrawalReason


class OfferEvent(NeedEvent):
    """An event about one offer; it carries the offer's terms, so that a reader needs no memory."""

    offer_id: UUID
    partner_id: UUID
    terms: OfferTerms


class OfferReasons(Part):
    """Why this partner was asked: each part of the score from 0 to 1, and what is still to be confirmed."""

    proximity: float = Field(ge=0, le=1)
    fairness: float = Field(ge=0, le=1)
    yes_chance: float = Field(ge=0, le=1)
    language: float = Field(ge=0, le=1)
    fit: float = Field(default=1, ge=0, le=1)
    """The share of the family's preferences that are met; 1 where it has none."""
    to_be_confirmed: tuple[EligibilityRule, ...] = Field(default=(), max_length=10)
    directory_position: int = Field(ge=0)
    """How many partner records the index had read when it chose."""


class OfferMade(OfferEvent):
    """A partner is asked."""

    type: ClassVar[str] = "switchboard.offers.made.v1"
    service_id: UUID
    wave: int = Field(ge=1, le=1000)
    reasons: OfferReasons


class OfferReminded(OfferEvent):
    """A partner is reminded: to answer, to make contact, or to say that it happened."""

    type: ClassVar[str] = "switchboard.offers.reminded.v1"
    kind: ReminderKind
    due: AwareDatetime


class OfferWithdrawn(OfferEvent):
    """An open offer is taken back."""

    type: ClassVar[str] = "switchboard.offers.withdrawn.v1"
    reason: WithdrawalReason


class OfferExpired(OfferEvent):
    """Nobody answered in time."""

    type: ClassVar[str] = "switchboard.offers.expired.v1"
