"""Who a family is: kept sealed, told to nobody who may not know."""

from enum import StrEnum, auto
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.addresses import Hours
from schemas.vocabulary import Channel, LanguageCode
from services.intake.domain.asked import SeenBy
from services.intake.domain.reaching import Email, Phone


class PhoneOwner(StrEnum):
    """Whose phone it is: what is sent there may be read by whoever has it."""

    OWN = auto()
    SHARED = auto()
    SOMEONE_ELSE = auto()


class ContactHours(Hours):
    """When a family may be written to or called, in its site's time zone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    start: Annotated[int, SeenBy.CLAIMANT] = Field(ge=0, le=23)
    """The first full hour of the day, so that nobody calls before."""
    end: Annotated[int, SeenBy.CLAIMANT] = Field(ge=1, le=24)
    """The last full hour of the day, so that nobody calls after."""


class Family(BaseModel):
    """How a family can be reached safely, and in which language.

    `channels` is what they agreed to, best first. Without `contact_hours`, any hour outside quiet hours will do.
    """

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    name: Annotated[str, SeenBy.CLAIMANT] = Field(min_length=1, max_length=120)
    """What you call the family, so that you know whose need it is, and messages to them can greet them."""
    phone: Annotated[Phone | None, SeenBy.CLAIMANT] = None
    """To ask the family by text whether it arrived, when they agreed to that; for you, to call them."""
    email: Annotated[Email | None, SeenBy.CLAIMANT] = None
    """To ask the family by email whether it arrived, when they agreed to that."""
    address: Annotated[str | None, SeenBy.VISITOR] = Field(default=None, max_length=300)
    """Where a delivery goes, for you to tell when you arrange it. May be left out."""
    birth_year: Annotated[int | None, SeenBy.SITE] = Field(default=None, ge=1900, le=2100)
    """Of the adult who asks: helps to notice that two schools help the same household. May be left out."""
    language: Annotated[LanguageCode, SeenBy.CLAIMANT] = "en"
    """What the family reads: messages to them are written in it."""
    channels: Annotated[tuple[Channel, ...], SeenBy.FAMILY] = Field(default=(), max_length=2)
    """How the family agreed to be written to. Empty means not at all: then you are asked whether it arrived."""
    notes: Annotated[str | None, SeenBy.SITE] = Field(default=None, max_length=2000)
    """What you want to remember about this need."""
    partner_notes: Annotated[str | None, SeenBy.AWARDED] = Field(default=None, max_length=500)
    """What whoever brings it has to know, such as sizes or the time of day. Who the family is has no place here."""
    voicemail: Annotated[bool, SeenBy.CLAIMANT] = False
    """Whether whoever calls may leave a voicemail. Somebody else may hear it."""
    phone_of: Annotated[PhoneOwner, SeenBy.CLAIMANT] = PhoneOwner.OWN
    """Whose phone it is: what is written to a phone that others read says nothing."""
    contact_hours: Annotated[ContactHours | None, SeenBy.CLAIMANT] = None
    """When the family may be called or written to. May be left out."""

    @property
    def read_by_others(self) -> bool:
        """Whether somebody else may see what is sent to the phone."""
        return self.phone_of is not PhoneOwner.OWN

    def ways_to_write(self, *, texts_stopped: bool) -> tuple[Channel, ...]:
        """The channels that they agreed to and that lead to them. Who said STOP is not texted."""
        leads = {Channel.TEXT: self.phone and not texts_stopped, Channel.EMAIL: self.email}
        return tuple(channel for channel in self.channels if leads[channel])
