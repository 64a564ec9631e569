"""What intake tells the notifier just before a send, by a call. Only `schemas/matching.py` is asked so besides."""

from enum import StrEnum, auto

from pydantic import Field, model_validator

from schemas.event import Part
from schemas.partners import EmailAddress, Name, PhoneNumber, TimeZoneName
from schemas.vocabulary import Channel, LanguageCode


class Who(StrEnum):
    """Whose address is asked for."""

    COORDINATOR = auto()
    BACKUP = auto()
    FAMILY = auto()
    COORDINATOR_FOR_REFERRER = auto()
    """The coordinator's, to be told to the partner that referred the family: nobody's once it may hear nothing more."""


class Hours(Part):
    """From one full hour of the day to a later one, by the clock of the place: 9 and 17 are nine to five."""

    start: int = Field(ge=0, le=23)
    end: int = Field(ge=1, le=24)

    @model_validator(mode="after")
    def _begin_before_they_end(self) -> "Hours":
        if self.start >= self.end:
            raise ValueError("the first hour comes before the last; write them like 9 and 17")
        return self


class Address(Part):
    """Where a coordinator or a family can be reached right now, and how they agreed to be.

    `channels` is empty when they agreed to none. `reference` is the need's number in words between people
    ("Need 482913"), which a family may also answer with by text. `contact_hours` is when a family may be written to.
    Where others may read along (`discreet`), a message does not say what it is about.
    """

    name: Name
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    language: LanguageCode = "en"
    time_zone: TimeZoneName = "America/New_York"
    channels: tuple[Channel, ...] = Field(default=(), max_length=2)
    reference: str = Field(pattern=r"^[0-9]{6}$")
    site_name: Name
    contact_hours: Hours | None = None
    discreet: bool = False


class AskedAddress(Part):
    """Where a partner's person is asked whether the address is theirs."""

    channel: Channel
    address: EmailAddress | PhoneNumber


class OneTimeCode(Part):
    """What a partner's person enters to prove that their address is theirs. Made as it is sent."""

    code: str = Field(pattern=r"^[0-9]{6}$")
