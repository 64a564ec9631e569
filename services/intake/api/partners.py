"""`/v1/partners`: each partner's whole record."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.partners import Contact, Name, PartnerRecorded, RadiusArea, Service, ZipListArea
from schemas.vocabulary import PartnerKind, PartnerStatus
from services.intake import partners
from services.intake.api.callers import Caller, Scope, calling_with
from services.intake.api.examples import PARTNER_ENTERED
from services.intake.domain.need import NotPossible
from services.intake.domain.reaching import read_email, read_phone, read_zip

router = APIRouter(prefix="/v1/partners", tags=["partners"])

Writer = Annotated[Caller, Depends(calling_with(Scope.PARTNERS_WRITE))]
Reader = Annotated[Caller, Depends(calling_with(Scope.PARTNERS_READ))]


class EnteredPartner(BaseModel):
    """A partner's record, whole: what is left out is gone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    kind: PartnerKind
    status: PartnerStatus = PartnerStatus.ACTIVE
    services: tuple[Service, ...] = Field(default=(), max_length=500)
    contacts: tuple[Contact, ...] = Field(default=(), max_length=20)
    messages_per_week: int = Field(default=10, ge=0, le=200)
    open_offers: int = Field(default=5, ge=0, le=100)
    sensitive_needs: bool = False


class PartnerPage(BaseModel):
    """Partners by id. `next` goes into `after` for the page after; null at the end."""

    partners: list[PartnerRecorded]
    next: UUID | None


@router.put("/{partner_id}", responses={201: {"model": PartnerRecorded}}, openapi_extra=PARTNER_ENTERED)
async def put_partner(partner_id: UUID, entered: EnteredPartner, caller: Writer, response: Response) -> PartnerRecorded:
    """Records a partner: 201 when it is new, 200 when it replaces what was there."""
    record = PartnerRecorded(partner_id=partner_id, **_checked(entered).model_dump())
    if await partners.record_partner(caller.desk.pool, caller.desk.seal, record):
        response.status_code = 201
    return await partners.read_partner(caller.desk.pool, partner_id)


@router.get("/{partner_id}")
async def get_partner(partner_id: UUID, caller: Reader) -> PartnerRecorded:
    """A partner's record."""
    return await partners.read_partner(caller.desk.pool, partner_id)


@router.get("")
async def list_partners(
    caller: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100, after: UUID | None = None
) -> PartnerPage:
    """All partners."""
    found = await partners.list_partners(caller.desk.pool, limit, after)
    return PartnerPage(partners=found, next=found[-1].partner_id if len(found) == limit else None)


@router.delete("/{partner_id}", status_code=204)
async def delete_partner(partner_id: UUID, caller: Writer) -> None:
    """Removes a partner: its open offers are withdrawn, its contacts are forgotten everywhere."""
    await partners.remove_partner(caller.desk.pool, partner_id)


def _checked(entered: EnteredPartner) -> EnteredPartner:
    contacts = tuple(
        contact.model_copy(
            update={
                "email": _try(read_email, contact.email, f"contacts.{position}.email"),
                "phone": _try(read_phone, contact.phone, f"contacts.{position}.phone"),
            }
        )
        for position, contact in enumerate(entered.contacts)
    )
    for position, service in enumerate(entered.services):
        for zip_code in _zip_codes(service):
            _try(read_zip, zip_code, f"services.{position}.zip_code")
    return entered.model_copy(update={"contacts": contacts})


def _zip_codes(service: Service) -> list[str]:
    named = [service.zip_code] if service.zip_code else []
    match service.area:
        case RadiusArea(zip_code=zip_code):
            named.append(zip_code)
        case ZipListArea(zip_codes=zip_codes):
            named += zip_codes
    return named


def _try(read: Callable[[str], str], text: str | None, field: str) -> str | None:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise NotPossible(field, str(error)) from error
