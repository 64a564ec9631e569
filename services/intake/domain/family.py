"""Who a family is: kept sealed, told to nobody who may not know."""

from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import Channel, LanguageCode
from services.intake.domain.reaching import Email, Phone


class Family(BaseModel):
    """How a family can be reached, and in which language. `channels` is what they agreed to, best first.

    `birth_year` is that of the adult who asks.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=120)
    phone: Phone | None = None
    email: Email | None = None
    address: str | None = Field(default=None, max_length=300)
    # Left out where it is not known: a body that is repeated under its idempotency key keeps the hash that it had
    # before there was this field.
    birth_year: int | None = Field(default=None, ge=1900, le=2100, exclude_if=lambda year: year is None)
    language: LanguageCode = "en"
    channels: tuple[Channel, ...] = Field(default=(), max_length=2)
    notes: str | None = Field(default=None, max_length=2000)
