"""A partner as somebody enters it."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.partners import (
    Contact,
    CountyArea,
    Name,
    NationArea,
    PartnerRecorded,
    RadiusArea,
    Service,
    StateArea,
    ZipListArea,
)
from schemas.vocabulary import Interest, PartnerKind, PartnerStatus
from services.intake.domain.reaching import Email, Phone, Zip


class EnteredRadiusArea(RadiusArea):
    """Within so many miles of a ZIP code that exists."""

    zip_code: Zip


class EnteredZipListArea(ZipListArea):
    """These ZIP codes, which exist."""

    zip_codes: tuple[Zip, ...] = Field(min_length=1, max_length=2000)


EnteredArea = Annotated[
    EnteredRadiusArea | EnteredZipListArea | CountyArea | StateArea | NationArea, Field(discriminator="kind")
]


class EnteredService(Service):
    """One thing that a partner does."""

    model_config = ConfigDict(extra="forbid")

    area: EnteredArea
    zip_code: Zip | None = None


class EnteredContact(Contact):
    """A person who answers for a partner, with phone and email as people type them."""

    model_config = ConfigDict(extra="forbid")

    email: Email | None = None
    phone: Phone | None = None


class EnteredPartner(BaseModel):
    """A partner's record, whole: what is left out is gone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Name
    kind: PartnerKind
    status: PartnerStatus = PartnerStatus.ACTIVE
    services: tuple[EnteredService, ...] = Field(default=(), max_length=500)
    contacts: tuple[EnteredContact, ...] = Field(default=(), max_length=20)
    messages_per_week: int = Field(default=10, ge=0, le=200)
    open_offers: int = Field(default=5, ge=0, le=100)
    sensitive_needs: bool = False
    conflicts: tuple[Interest, ...] = Field(default=(), max_length=5)

    def to_record(self, partner_id: UUID) -> PartnerRecorded:
        """The record of it."""
        return PartnerRecorded.model_validate({**self.model_dump(), "partner_id": partner_id})


class ListedPartner(EnteredPartner):
    """One partner of several."""

    partner_id: UUID
