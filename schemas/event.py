"""What every event has in common, and the small parts that several are made of."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.taxonomy import ITEM_KINDS, Category, ItemCode
from schemas.vocabulary import PlaceName, Urgency


class Part(BaseModel):
    """A piece of an event. Unknown fields are ignored, so that yesterday's reader reads today's writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """Something that happened. `type` names it for life; within it a schema grows by optional fields only."""

    type: ClassVar[str]


class NeedEvent(Event):
    """An event on a topic that is keyed by need."""

    need_id: UUID

    @property
    def key(self) -> UUID:
        """What keeps events of one need in order."""
        return self.need_id


class Item(Part):
    """One line of a need: how many of what. `line` identifies it within its need."""

    line: int = Field(ge=1, le=50)
    code: ItemCode
    quantity: int = Field(ge=1, le=100_000)
    whole: bool = False
    """Whether less than all that is open of it is of no help."""

    @property
    def is_money(self) -> bool:
        """Whether its quantity is US dollars."""
        return ITEM_KINDS[self.code].is_money

    @property
    def category(self) -> Category:
        """The kind of help that it is."""
        return ITEM_KINDS[self.code].category


class LineQuantity(Part):
    """A quantity of one line of a need: claimed, awarded or delivered."""

    line: int = Field(ge=1, le=50)
    quantity: int = Field(ge=0, le=100_000)


def _lines_once(lines: tuple[Item, ...]) -> tuple[Item, ...]:
    if len({item.line for item in lines}) != len(lines):
        raise ValueError("each line number may be used once")
    return lines


Items = Annotated[tuple[Item, ...], Field(min_length=1, max_length=50), AfterValidator(_lines_once)]


class Programme(Part):
    """A service with seats and a term: who takes a family in enrolls it, until the term ends."""

    seats: int = Field(ge=1, le=10_000)
    begins: date
    ends: date
    """The last day of the term."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends < self.begins:
            raise ValueError("a term ends on the day it begins, or later")
        return self


class OfferTerms(Part):
    """What an offer asks, in codes: enough to write to a partner, and nothing that names a family."""

    number: int = Field(ge=1, le=9999)
    """What a text answers with (`YES 41`): unique among the partner's offers of the last 30 days."""
    items: Items
    place: PlaceName
    distance_miles: int | None = Field(default=None, ge=0, le=13_000)
    urgency: Urgency
    needed_by: AwareDatetime
    respond_by: AwareDatetime
    sensitive: bool = False
    """Whether the need is, as a whole: `place` is the county then, and there is no distance."""
    programme: Programme | None = None
    """What the offered service was when the partner was asked, where it is a programme."""
