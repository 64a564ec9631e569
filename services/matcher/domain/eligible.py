"""A partner that may be asked."""

from dataclasses import dataclass
from uuid import UUID

from schemas.event import Item
from schemas.vocabulary import EligibilityRule


@dataclass(frozen=True)
class Eligible:
    """A partner that may be asked for these items, and how well it fits."""

    partner_id: UUID
    service_id: UUID
    items: tuple[Item, ...]
    distance_miles: float | None
    speaks: bool | None
    """Whether it shares a language with the family; None when it does not say."""
    claims_per_week: int | None
    messages_per_week: int
    open_offers: int
    to_be_confirmed: tuple[EligibilityRule, ...]
