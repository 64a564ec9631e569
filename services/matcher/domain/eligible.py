"""Who may be asked: the question, and what there is to say of a partner that fits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from schemas.event import Item
from schemas.needs import NeedTerms
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule


@dataclass(frozen=True)
class Asked:
    """What is still open of a need, who is not to be asked, and since when there is nobody else to ask."""

    terms: NeedTerms
    items: tuple[Item, ...]
    now: datetime
    asked_before: frozenset[UUID] = frozenset()
    only: frozenset[UUID] | None = None
    """None is everybody."""
    closed: frozenset[tuple[UUID, UUID]] = frozenset()
    """(partner, service) that take nobody now: programmes that are full or over."""

    @property
    def categories(self) -> frozenset[Category]:
        """The kinds of help that are still open."""
        return frozenset(item.category for item in self.items)


class Reasons(NamedTuple):
    """Why a partner is a good choice: each part of its score from 0 to 1, and which rules are to be confirmed."""

    proximity: float
    fairness: float
    yes_chance: float
    language: float
    fit: float
    to_be_confirmed: tuple[EligibilityRule, ...]


class Eligible(NamedTuple):
    """A partner that may be asked for these items, by which of its services, and why it is a good choice."""

    partner_id: UUID
    service_id: UUID
    items: tuple[Item, ...]
    distance_miles: float | None
    reasons: Reasons
    score: float

    @property
    def categories(self) -> frozenset[Category]:
        """The kinds of help that it would be asked for."""
        return frozenset(item.category for item in self.items)


@dataclass(frozen=True)
class Tally:
    """Of the partners that are near or serve the place: how many may be asked, and which rule leaves out the others."""

    near: int
    eligible: int
    left_out: Mapping[EligibilityRule, int]
    """Each partner counts once, by the first rule that its best service fails."""


class Nearly(NamedTuple):
    """The partners that only one rule leaves out: how many, and the nearest of them."""

    partners: int
    nearest: UUID
    distance_miles: float | None
