"""`/v1/partners/{partner_id}/contacts/{contact_id}/clearance`: who checked a partner's person, and until when."""

from datetime import date
from enum import StrEnum, auto
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.callers import Caller, Calling, Scope
from services.intake.domain.need import NotPossible
from services.intake.partners import PartnerNotFound
from services.intake.store import partners, visits
from services.intake.store.visits import Clearance, Visit
from services.intake.visits import call_off_of

router = APIRouter(prefix="/v1/partners/{partner_id}/contacts/{contact_id}/clearance", tags=["partners"])

Writer = Annotated[Caller, Depends(Calling(Scope.PARTNERS_WRITE))]


class ClearanceKind(StrEnum):
    """What was checked."""

    BACKGROUND_CHECK = auto()
    FINGERPRINTS = auto()
    CHILD_ABUSE_REGISTRY = auto()


class EnteredClearance(BaseModel):
    """What was checked, by whom, and until when it counts, that day included."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [{"kind": "fingerprints", "checked_by": "Department of Education", "until": "2027-08-31"}]
        },
    )

    kind: ClearanceKind
    checked_by: str = Field(min_length=2, max_length=120)
    until: date


@router.put("")
async def record_clearance(
    partner_id: UUID, contact_id: UUID, entered: EnteredClearance, caller: Writer
) -> EnteredClearance:
    """Records that a person was checked. Only such a person is told an address, or may visit a family."""
    clearance = Clearance(partner_id, contact_id, entered.kind, entered.checked_by, entered.until)

    def stands(visit: Visit) -> bool:
        return visit.contact_id != contact_id or visit.ends.date() <= entered.until

    async with caller.desk.pool.acquire() as connection, connection.transaction():
        record = (await partners.lock_partners(connection, [partner_id])).get(partner_id)
        if record is None:
            raise PartnerNotFound
        if contact_id not in {contact.contact_id for contact in record.contacts}:
            raise NotPossible("contact_id", "this partner has no such contact; record it with its contacts first")
        await visits.save_clearance(connection, clearance, caller.name)
        await call_off_of(connection, [partner_id], stands)
    return entered


@router.delete("", status_code=204)
async def drop_clearance(partner_id: UUID, contact_id: UUID, caller: Writer) -> None:
    """Takes a clearance back, from now on, and with it the visits that this person has planned."""
    async with caller.desk.pool.acquire() as connection, connection.transaction():
        await partners.lock_partners(connection, [partner_id])
        if not await visits.drop_clearance(connection, partner_id, contact_id):
            raise PartnerNotFound
        await call_off_of(connection, [partner_id], lambda visit: visit.contact_id != contact_id)
