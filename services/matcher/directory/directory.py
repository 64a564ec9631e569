"""Who could help, behind one small interface."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.domain.eligible import Asked, Eligible, Nearly, Tally
from services.matcher.domain.ranking import Record


class OpenHours(NamedTuple):
    """The hours of the week in which a service is open, as in `clocks`, in its zone; 0 where it does not say."""

    zone: str
    hours: int


class Directory(Protocol):
    """All partners, in memory."""

    position: int
    """How many records went into it."""
    changed_at: float
    """When the last of them did, in seconds of the process's monotonic clock."""

    def __len__(self) -> int:
        """How many partners are in it."""

    def apply(self, event: Event | Tombstone) -> None:
        """Takes a partner's record in, or its removal."""

    def learn(self, records: Mapping[UUID, Record]) -> None:
        """Takes in how these partners were asked and answered."""

    def forget_records(self) -> None:
        """Nobody was ever asked, as far as is known."""

    def learn_chances(self, chances: Mapping[Category, float]) -> None:
        """Takes in how often partners say yes to each kind of help."""

    def find(self, asked: Asked, most: int | None = None) -> list[Eligible]:
        """The partners that may be asked, best first; given `most`, the best so many for each kind of help."""

    def hours_of(self, partner_id: UUID, service_id: UUID) -> OpenHours:
        """When a service is open."""

    def tally(self, asked: Asked) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""

    def nearly(self, asked: Asked) -> dict[EligibilityRule, Nearly]:
        """Of those near, or who serve the place, and may not be asked: by rule, whom it leaves out alone."""

    def why_not(self, partner_id: UUID, asked: Asked) -> dict[UUID, list[EligibilityRule]]:
        """By service of one partner, all the rules that leave it out."""
