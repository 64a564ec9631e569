"""`/v1/partners`: each partner's whole record."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.partners import Contact, PartnerRecorded, Service
from services.intake import partners
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.api.examples import PARTNER_ENTERED, PARTNERS_ENTERED
from services.intake.domain.need import NotPossible
from services.intake.domain.partner import EnteredPartner, ListedPartner
from services.runtime.database import Pool

router = APIRouter(prefix="/v1/partners", tags=["partners"])

MOST_PARTNERS = 5000

Writer = Annotated[Caller, Depends(Calling(Scope.PARTNERS_WRITE))]
Reader = Annotated[Caller, Depends(Calling(Scope.PARTNERS_READ))]


class NamedPartner(EnteredPartner):
    """A partner's record, whole: what is left out is gone."""

    partner_id: UUID | None = None
    """The path's, if any: so that what was read can be sent back."""


class EnteredPartners(BaseModel):
    """Several partners' records, each whole."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    partners: tuple[ListedPartner, ...] = Field(min_length=1, max_length=MOST_PARTNERS)


class RecordedPartners(BaseModel):
    """What became of several records."""

    new: int
    replaced: int


class ReadService(Service):
    """One thing that a partner does, with what stands beside its record."""

    eligibility_text: str | None = None


class ReadPartner(ListedPartner):
    """A partner as it was entered: what is read can be sent back."""

    services: tuple[ReadService, ...] = ()  # type: ignore[assignment]  # it was checked when it came in
    contacts: tuple[Contact, ...] = ()  # type: ignore[assignment]  # the same


class PartnerPage(BaseModel):
    """Partners by id. `next` goes into `after` for the page after; null at the end."""

    partners: list[ReadPartner]
    next: UUID | None


@router.put("/{partner_id}", responses={201: {"model": ReadPartner}}, openapi_extra=PARTNER_ENTERED)
async def put_partner(partner_id: UUID, entered: NamedPartner, caller: Writer, response: Response) -> ReadPartner:
    """Records a partner: 201 when it is new, 200 when it replaces what was there."""
    if entered.partner_id not in {None, partner_id}:
        raise NotPossible("partner_id", "this is another partner's than the path's; write the same, or leave it out")
    record = entered.to_record(partner_id)
    texts = {partner_id: entered.eligibility_texts}
    if await partners.record_partners(caller.desk.pool, caller.desk.seal, [record], texts):
        response.status_code = 201
    return await _read_partner(caller.desk.pool, partner_id)


@router.put("", openapi_extra=PARTNERS_ENTERED)
async def put_partners(entered: EnteredPartners, caller: Writer) -> RecordedPartners:
    """Records several partners: all of them, or, when any of them is wrong, none."""
    records = [one.to_record(one.partner_id) for one in entered.partners]
    if len({record.partner_id for record in records}) < len(records):
        raise NotPossible("partners", "each partner_id may be named once")
    texts = {one.partner_id: one.eligibility_texts for one in entered.partners}
    new = await partners.record_partners(caller.desk.pool, caller.desk.seal, records, texts)
    return RecordedPartners(new=len(new), replaced=len(records) - len(new))


@router.get("/{partner_id}")
async def get_partner(partner_id: UUID, caller: Reader) -> ReadPartner:
    """A partner's record, with what it says of who is helped."""
    return await _read_partner(caller.desk.pool, partner_id)


@router.get("")
async def list_partners(
    caller: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100, after: UUID | None = None
) -> PartnerPage:
    """All partners."""
    found = await partners.list_partners(caller.desk.pool, limit, after)
    shown = await _with_texts(caller.desk.pool, found)
    return PartnerPage(partners=shown, next=found[-1].partner_id if len(found) == limit else None)


@router.delete("/{partner_id}", status_code=204)
async def delete_partner(partner_id: UUID, caller: Writer) -> None:
    """Removes a partner: its open offers are withdrawn, its contacts are forgotten everywhere."""
    await partners.remove_partner(caller.desk.pool, partner_id)


async def _read_partner(pool: Pool, partner_id: UUID) -> ReadPartner:
    [shown] = await _with_texts(pool, [await partners.read_partner(pool, partner_id)])
    return shown


async def _with_texts(pool: Pool, records: Sequence[PartnerRecorded]) -> list[ReadPartner]:
    texts = await partners.read_eligibility_texts(pool, [record.partner_id for record in records])
    return [
        ReadPartner.model_validate(
            {
                **record.model_dump(),
                "services": [
                    {**service.model_dump(), "eligibility_text": texts.get((record.partner_id, service.service_id))}
                    for service in record.services
                ],
            }
        )
        for record in records
    ]
