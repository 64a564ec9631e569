"""What intake tells the notifier just before a send: the one call between services that is not Kafka."""

from pydantic import Field

from schemas.event import Part
from schemas.partners import EmailAddress, Name, PhoneNumber, TimeZoneName
from schemas.vocabulary import Channel, LanguageCode


class Address(Part):
    """Where a coordinator or a family can be reached right now, and how they agreed to be.

    `channels` is empty when they agreed to none. `reference` is the need's number in words between people
    ("Need 482913"), which a family may also answer with by text.
    """

    name: Name
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    language: LanguageCode = "en"
    time_zone: TimeZoneName = "America/New_York"
    channels: tuple[Channel, ...] = Field(default=(), max_length=2)
    reference: str = Field(pattern=r"^[0-9]{6}$")
    site_name: Name


class OneTimeCode(Part):
    """What a partner's person enters to prove that their address is theirs. Made as it is sent."""

    code: str = Field(pattern=r"^[0-9]{6}$")
