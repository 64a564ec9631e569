"""What intake asks the matcher for people to read: who could help, why these, and why not the others."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.event import Items, Part
from schemas.needs import NeedTerms
from schemas.offers import OfferReasons
from schemas.vocabulary import EligibilityRule

MOST_ASKED_BEFORE = 1000
MOST_PUBLISHED = 100


class MatchQuestion(Part):
    """A need that is there, or one that is not entered yet. `partner_id` is whom to explain besides."""

    terms: NeedTerms
    asked_before: tuple[UUID, ...] = Field(default=(), max_length=MOST_ASKED_BEFORE)
    most: int = Field(default=10, ge=1, le=50)
    """How many of the best."""
    partner_id: UUID | None = None


class MatchTally(Part):
    """Of the partners that are near or serve the place: how many may be asked, and what leaves out the others.

    Each partner counts once, by the first rule that its best service fails.
    """

    near: int = Field(ge=0)
    eligible: int = Field(ge=0)
    left_out: dict[EligibilityRule, int]


class Match(Part):
    """A partner that may be asked, by which of its services and for what, and why it is a good choice."""

    partner_id: UUID
    service_id: UUID
    items: Items
    distance_miles: int | None = Field(ge=0, le=13_000)
    """None where nobody knows, and for a sensitive need."""
    reasons: OfferReasons
    score: float = Field(ge=0)


class NearMiss(Part):
    """The partners that one rule alone leaves out: how many, and the nearest of them."""

    rule: EligibilityRule
    partners: int = Field(ge=1)
    nearest: UUID
    distance_miles: int | None = Field(ge=0, le=13_000)
    """None where nobody knows."""


class MatchAnswer(Part):
    """`best` is best first. `why_not` is by service of `partner_id`: the rules that leave it out; none if it fits."""

    tally: MatchTally
    best: tuple[Match, ...]
    near_misses: tuple[NearMiss, ...] = ()
    """None of a sensitive need: whom it may be told to is nothing to be talked into."""
    why_not: dict[UUID, tuple[EligibilityRule, ...]]
    directory_position: int = Field(ge=0)
    """How many partner records the index had read when it answered."""


class PublishedNeed(Part):
    """A need as it went out, and when."""

    terms: NeedTerms
    at: AwareDatetime


class WhyNotQuestion(Part):
    """Needs that one partner was not asked about."""

    partner_id: UUID
    needs: tuple[PublishedNeed, ...] = Field(min_length=1, max_length=MOST_PUBLISHED)


class WhyNotAnswer(Part):
    """Of these needs: how many are where the partner helps, and what leaves it out, as its record stands now.

    Each need counts once, by the first rule that the partner's best service fails; `eligible` are those with none.
    """

    in_area: int = Field(ge=0)
    eligible: int = Field(ge=0)
    left_out: dict[EligibilityRule, int]
