"""Who a family is: kept sealed, told to nobody who may not know."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import Channel, LanguageCode
from services.intake.domain.asked import SeenBy
from services.intake.domain.reaching import Email, Phone


class Family(BaseModel):
    """How a family can be reached, and in which language. `channels` is what they agreed to, best first."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    name: Annotated[str, SeenBy.FAMILY] = Field(min_length=1, max_length=120)
    """What you call the family, so that you know whose need it is, and messages to them can greet them."""
    phone: Annotated[Phone | None, SeenBy.FAMILY] = None
    """To ask the family by text whether it arrived, when they agreed to that; for you, to call them."""
    email: Annotated[Email | None, SeenBy.FAMILY] = None
    """To ask the family by email whether it arrived, when they agreed to that."""
    address: Annotated[str | None, SeenBy.SITE] = Field(default=None, max_length=300)
    """Where a delivery goes, for you to tell when you arrange it. May be left out."""
    birth_year: Annotated[int | None, SeenBy.SITE] = Field(default=None, ge=1900, le=2100)
    """Of the adult who asks: helps to notice that two schools help the same household. May be left out."""
    language: Annotated[LanguageCode, SeenBy.FAMILY] = "en"
    """What the family reads: messages to them are written in it."""
    channels: Annotated[tuple[Channel, ...], SeenBy.FAMILY] = Field(default=(), max_length=2)
    """How the family agreed to be written to. Empty means not at all: then you are asked whether it arrived."""
    notes: Annotated[str | None, SeenBy.SITE] = Field(default=None, max_length=2000)
    """What you want to remember about this need."""
    partner_notes: Annotated[str | None, SeenBy.AWARDED] = Field(default=None, max_length=500)
    """What whoever brings it has to know, such as sizes or the time of day. Who the family is has no place here."""
