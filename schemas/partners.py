"""Topic `partners`: each partner's whole current record; a tombstone removes it."""

from datetime import date, time
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.event import Event, Part, Programme
from schemas.taxonomy import Category
from schemas.vocabulary import (
    Channel,
    Circumstance,
    Condition,
    ContactRole,
    Fit,
    HandoverWay,
    Interest,
    LanguageCode,
    PartnerKind,
    PartnerStatus,
    StateCode,
    ZipCode,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,120}$")]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^\s@<>\x00-\x1f]+@[^\s@<>\x00-\x1f]+$", max_length=254)]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""E.164."""
TimeZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$", max_length=64)]


class RadiusArea(Part):
    """Within so many miles of a ZIP code's centre."""

    kind: Literal["radius"] = "radius"
    zip_code: ZipCode
    miles: float = Field(ge=0, le=1000)


class ZipListArea(Part):
    """These ZIP codes."""

    kind: Literal["zip_codes"] = "zip_codes"
    zip_codes: tuple[ZipCode, ...] = Field(min_length=1, max_length=2000)


class CountyArea(Part):
    """A county, by its name as the postal data has it ("Kings County")."""

    kind: Literal["county"] = "county"
    county: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f@]{1,60}$")]
    state: StateCode


class StateArea(Part):
    """A state."""

    kind: Literal["state"] = "state"
    state: StateCode


class NationArea(Part):
    """Everywhere."""

    kind: Literal["nation"] = "nation"


ServiceArea = Annotated[RadiusArea | ZipListArea | CountyArea | StateArea | NationArea, Field(discriminator="kind")]


class Opening(Part):
    """Hours of one day of each week, on the clock of the place where the service is given."""

    weekday: int = Field(ge=0, le=6)
    """0 is Monday."""
    opens: time
    closes: time
    """Later than `opens`: what goes on after midnight is the next day's opening."""


class Service(Part):
    """One thing that a partner does. A rule left out is unknown: eligible, to be confirmed."""

    service_id: UUID
    categories: tuple[Category, ...] = Field(min_length=1, max_length=32)
    area: ServiceArea
    zip_code: ZipCode | None = None
    """Where the service is given, for the distance."""
    min_age: int | None = Field(default=None, ge=0, le=130)
    max_age: int | None = Field(default=None, ge=0, le=130)
    min_household: int | None = Field(default=None, ge=1, le=20)
    max_household: int | None = Field(default=None, ge=1, le=20)
    """How many people live there."""
    income_limit: int | None = Field(default=None, ge=0, le=10_000)
    """The most a household may earn, in percent of the federal poverty guideline; 10,000 is no limit."""
    only_for: tuple[Circumstance, ...] = Field(default=(), max_length=9)
    """Any of these has to hold; empty is for everybody."""
    languages: tuple[LanguageCode, ...] = Field(default=(), max_length=20)
    handover: tuple[HandoverWay, ...] = Field(default=(), max_length=4)
    hours: tuple[Opening, ...] = Field(default=(), max_length=28)
    conditions: tuple[Condition, ...] = Field(default=(), max_length=4)
    """What is asked of whom it helps; empty is nothing."""
    fits: tuple[Fit, ...] = Field(default=(), max_length=10)
    claims_per_week: int | None = Field(default=None, ge=0, le=10_000)
    claims_at_once: int | None = Field(default=None, ge=0, le=10_000)
    """How many claims may be in its hands at the same time."""
    programme: Programme | None = None
    """None is a service without seats or a term."""


class AddressQuestion(Part):
    """That an address waits for its reader to say that it is theirs. Which address, intake tells the notifier alone."""

    question_id: UUID
    channel: Channel


class Contact(Part):
    """A person who answers for a partner: a work contact, which goes with the tombstone."""

    contact_id: UUID
    name: Name
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    language: LanguageCode = "en"
    channels: tuple[Channel, ...] = Field(default=(Channel.EMAIL,), max_length=2)
    """What they chose, best first; a STOP takes `text` out."""
    time_zone: TimeZoneName = "America/New_York"
    urgent_at_night: bool = False
    """Whether an urgent offer may come in quiet hours."""
    digest_hour: int | None = Field(default=None, ge=0, le=23)
    """Offers that can wait come together, once a day at this full hour; None is as they are made."""
    away_until: AwareDatetime | None = None
    """Asked for nothing new before then, by their own wish."""
    roles: tuple[ContactRole, ...] = Field(default=(), max_length=2)
    """What they are written to about; empty is everything."""
    confirmed: bool = True
    """Whether the addresses are known to be theirs; until then they get that one question, and nothing else."""
    questions: tuple[AddressQuestion, ...] = Field(default=(), max_length=2)
    """What waits for their word; until then the addresses here stay in use."""

    @property
    def ways(self) -> tuple[tuple[Channel, str], ...]:
        """Where they may be written to, best first: channel and address."""
        addresses = {Channel.EMAIL: self.email, Channel.TEXT: self.phone}
        found = ((channel, addresses[channel]) for channel in self.channels)
        return tuple((channel, address) for channel, address in found if self.confirmed and address is not None)

    def takes(self, role: ContactRole) -> bool:
        """Whether they are written to about this."""
        return not self.roles or role in self.roles


class OnCall(Part):
    """Who of a partner is asked first, in turns."""

    contact_ids: tuple[UUID, ...] = Field(min_length=1, max_length=20)
    since: date
    """The first day of the first one's turn, which begins at midnight by their own clock."""
    days: int = Field(ge=1, le=366)
    """How long each turn is."""


class PartnerRecorded(Event):
    """The partner as it is now."""

    type: ClassVar[str] = "switchboard.partners.recorded.v1"
    partner_id: UUID
    name: Name
    kind: PartnerKind
    status: PartnerStatus = PartnerStatus.ACTIVE
    snoozed_until: AwareDatetime | None = None
    """Not asked before then, by its own wish."""
    services: tuple[Service, ...] = Field(default=(), max_length=500)
    contacts: tuple[Contact, ...] = Field(default=(), max_length=20)
    on_call: OnCall | None = None
    """None asks contacts in their order, always."""
    messages_per_week: int = Field(default=10, ge=0, le=200)
    open_offers: int = Field(default=5, ge=0, le=100)
    """How many unanswered offers the partner is willing to have at once."""
    sensitive_needs: bool = False
    """Marked by the network's administrator as able to hear of sensitive needs."""
    conflicts: tuple[Interest, ...] = Field(default=(), max_length=5)
    """With any of these, it never hears of a family's living situation, whoever names or marks it."""

    @property
    def key(self) -> UUID:
        """Compaction keeps the newest record of each partner."""
        return self.partner_id
