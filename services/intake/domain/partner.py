"""A partner as somebody enters it."""

from collections.abc import Iterable
from datetime import time
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from schemas.partners import (
    AddressQuestion,
    Contact,
    CountyArea,
    Name,
    NationArea,
    OnCall,
    Opening,
    PartnerRecorded,
    RadiusArea,
    Service,
    StateArea,
    ZipListArea,
)
from schemas.vocabulary import Interest, PartnerKind, PartnerStatus
from services.intake.domain.reaching import Email, Phone, Zip, Zone, read_county

_LARGEST_RECORD = 900_000
"""What a topic takes in one piece, with some room for the rest of a partner."""


class EnteredRadiusArea(RadiusArea):
    """Within so many miles of a ZIP code that exists."""

    zip_code: Zip


class EnteredZipListArea(ZipListArea):
    """These ZIP codes, which exist."""

    zip_codes: tuple[Zip, ...] = Field(min_length=1, max_length=2000)


class EnteredCountyArea(CountyArea):
    """A county that exists, however it is spelt in large and small letters."""

    @model_validator(mode="after")
    def _exists(self) -> Self:
        county = read_county(self.county, self.state)
        return self if county == self.county else self.model_copy(update={"county": county})


EnteredArea = Annotated[
    EnteredRadiusArea | EnteredZipListArea | EnteredCountyArea | StateArea | NationArea, Field(discriminator="kind")
]


class EnteredOpening(Opening):
    """Hours of one day of each week, on the clock of the place where the service is given."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("opens", "closes")
    @classmethod
    def _on_the_local_clock(cls, hour: time) -> time:
        if hour.tzinfo is not None:
            raise ValueError("leave the time zone out: the ZIP code of the service says which it is")
        return hour

    @field_validator("closes")
    @classmethod
    def _later_than_opens(cls, closes: time, info: ValidationInfo) -> time:
        opens = info.data.get("opens")
        if opens is not None and closes <= opens:
            raise ValueError(
                f"this must be later than opens, which is {opens:%H:%M}; what goes on after midnight is an opening "
                "of the next day"
            )
        return closes


EligibilityText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$"),
]


class EnteredService(Service):
    """One thing that a partner does."""

    model_config = ConfigDict(extra="forbid")

    area: EnteredArea
    zip_code: Zip | None = None
    hours: tuple[EnteredOpening, ...] = Field(default=(), max_length=28)
    eligibility_text: EligibilityText | None = None
    """Who is helped, in the partner's or its directory's own words: shown, kept by intake alone, decides nothing."""

    @field_validator("max_age", "max_household")
    @classmethod
    def _not_below_the_least(cls, most: int | None, info: ValidationInfo) -> int | None:
        lower = str(info.field_name).replace("max_", "min_")
        least = info.data.get(lower)
        if most is not None and least is not None and most < least:
            raise ValueError(f"this is below {lower}, which is {least}; change one of them, or leave one out")
        return most


class EnteredContact(Contact):
    """A person who answers for a partner, with phone and email as people type them."""

    model_config = ConfigDict(extra="forbid")

    email: Email | None = None
    phone: Phone | None = None
    time_zone: Zone = "America/New_York"
    questions: tuple[AddressQuestion, ...] = Field(default=(), max_length=2)
    """What is read can be sent back; what waits for their word is ours to say."""


def fit_into_one_record(services: Iterable[Service]) -> bool:
    """Whether a topic takes a partner that does all this, in one piece."""
    return sum(len(one.model_dump_json(exclude={"eligibility_text"})) for one in services) <= _LARGEST_RECORD


class EnteredPartner(BaseModel):
    """A partner's record, whole: what is left out is gone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    name: Name
    kind: PartnerKind
    status: PartnerStatus = PartnerStatus.ACTIVE
    """Whether it is asked at all: `paused` by its own wish, `suspended` by the network's."""
    snoozed_until: AwareDatetime | None = None
    """Not asked before then, by its own wish; after it, asked again without anybody doing anything."""
    services: tuple[EnteredService, ...] = Field(default=(), max_length=500)
    contacts: tuple[EnteredContact, ...] = Field(default=(), max_length=20)
    on_call: OnCall | None = None
    """Who is asked first, in turns of so many days; a contact that is not there is passed over."""
    messages_per_week: int = Field(default=10, ge=0, le=200)
    open_offers: int = Field(default=5, ge=0, le=100)
    sensitive_needs: bool = False
    conflicts: tuple[Interest, ...] = Field(default=(), max_length=5)

    @field_validator("services")
    @classmethod
    def _fit_into_one_record(cls, services: tuple[EnteredService, ...]) -> tuple[EnteredService, ...]:
        if not fit_into_one_record(services):
            raise ValueError(
                f"these are more than one record holds, {_LARGEST_RECORD:,} characters; give fewer services or ZIP "
                "codes, or make two partners of it"
            )
        return services

    def to_record(self, partner_id: UUID) -> PartnerRecorded:
        """The record of it, as others read it: without typed text."""
        return PartnerRecorded.model_validate({**self.model_dump(), "partner_id": partner_id})

    @property
    def eligibility_texts(self) -> dict[UUID, str]:
        """By service, what stands beside the record."""
        return {one.service_id: one.eligibility_text for one in self.services if one.eligibility_text}


class ListedPartner(EnteredPartner):
    """One partner of several."""

    partner_id: UUID
