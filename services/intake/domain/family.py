"""Who a family is: kept sealed, told to nobody who may not know."""

from enum import StrEnum, auto

from pydantic import BaseModel, ConfigDict, Field

from schemas.addresses import Hours
from schemas.vocabulary import Channel, LanguageCode
from services.intake.domain.reaching import Email, Phone


class PhoneOwner(StrEnum):
    """Whose phone it is: what is sent there may be read by whoever has it."""

    OWN = auto()
    SHARED = auto()
    SOMEONE_ELSE = auto()


class ContactHours(Hours):
    """When a family may be written to or called, in its site's time zone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Family(BaseModel):
    """How a family can be reached safely, and in which language.

    `channels` is what they agreed to, best first. Without `contact_hours`, any hour outside quiet hours will do.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=120)
    phone: Phone | None = None
    email: Email | None = None
    address: str | None = Field(default=None, max_length=300)
    language: LanguageCode = "en"
    channels: tuple[Channel, ...] = Field(default=(), max_length=2)
    notes: str | None = Field(default=None, max_length=2000)
    voicemail: bool = False
    phone_of: PhoneOwner = PhoneOwner.OWN
    contact_hours: ContactHours | None = None

    @property
    def read_by_others(self) -> bool:
        """Whether somebody else may see what is sent to the phone."""
        return self.phone_of is not PhoneOwner.OWN

    def ways_to_write(self, *, texts_stopped: bool) -> tuple[Channel, ...]:
        """The channels that they agreed to and that lead to them. Who said STOP is not texted."""
        leads = {Channel.TEXT: self.phone and not texts_stopped, Channel.EMAIL: self.email}
        return tuple(channel for channel in self.channels if leads[channel])
