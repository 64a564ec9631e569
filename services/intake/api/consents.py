"""`/v1/needs/{need_id}/consents` and `/disclosures`: what a family agreed to, and who looked."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from schemas.vocabulary import ConsentKind, IdentityRecord, PartnerKind
from services.intake import consents, needs
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.api.examples import CONSENT_ENTERED
from services.intake.consents import TakenBy
from services.intake.domain.consent import Consent, EnteredWrittenConsent, Purpose, SignedHow
from services.intake.domain.disclosure_log import LookPurpose, Who
from services.intake.store import consents as consent_rows
from services.intake.store import disclosures

router = APIRouter(prefix="/v1/needs/{need_id}", tags=["consents"])

_MOST_LOOKS = 1000

Writer = Annotated[Caller, Depends(Calling(Scope.NEEDS_WRITE))]
Reader = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ))]


class ConsentShown(BaseModel):
    """A consent as it was taken down, without the signer's name."""

    consent_id: UUID
    kind: ConsentKind
    purpose: Purpose
    records: list[IdentityRecord]
    partner_ids: list[UUID]
    partner_kinds: list[PartnerKind]
    excluded_kinds: list[PartnerKind]
    taken_by: str
    since: datetime
    until: datetime
    signed_how: SignedHow | None
    signed_on: date | None
    withdrawn_at: datetime | None


class LookShown(BaseModel):
    """One person was shown these records."""

    at: datetime
    who: Who
    who_id: UUID
    partner_id: UUID | None
    records: list[IdentityRecord]
    purpose: LookPurpose


@router.post("/consents", status_code=201, openapi_extra=CONSENT_ENTERED)
async def record_consent(need_id: UUID, entered: EnteredWrittenConsent, caller: Writer) -> ConsentShown:
    """Takes down what a family signed: whoever it names may learn who they are, after an award and with a code."""
    desk = caller.desk
    return show_consent(
        await consents.record_consent(desk.pool, desk.seal, need_id, caller.site_id, entered, TakenBy(caller.name))
    )


@router.get("/consents")
async def list_consents(need_id: UUID, caller: Reader) -> list[ConsentShown]:
    """All consents of a need, newest first."""
    await needs.read_need(caller.desk.pool, need_id, caller.site_id)
    async with caller.desk.pool.acquire() as connection:
        return [show_consent(one) for one in await consent_rows.consents_of(connection, need_id)]


@router.post("/consents/take-back", status_code=202)
async def take_back_disclosure(need_id: UUID, caller: Writer) -> list[ConsentShown]:
    """The family no longer wants to be known. The search for help goes on without a name."""
    await consents.take_back_disclosure(caller.desk.pool, need_id, caller.site_id)
    return await list_consents(need_id, caller)


@router.get("/disclosures")
async def list_looks(need_id: UUID, caller: Reader) -> list[LookShown]:
    """Who was shown who this family is, newest first."""
    await needs.read_need(caller.desk.pool, need_id, caller.site_id)
    async with caller.desk.pool.acquire() as connection:
        looks = await disclosures.list_looks(connection, need_id, _MOST_LOOKS, None)
    return [
        LookShown(
            at=look.at,
            who=look.who,
            who_id=look.who_id,
            partner_id=look.partner_id,
            records=list(look.records),
            purpose=look.purpose,
        )
        for look in looks
    ]


def show_consent(consent: Consent) -> ConsentShown:
    """What the API shows of a consent."""
    return ConsentShown(
        consent_id=consent.consent_id,
        kind=consent.kind,
        purpose=consent.purpose,
        records=sorted(consent.records),
        partner_ids=sorted(consent.partner_ids),
        partner_kinds=sorted(consent.partner_kinds),
        excluded_kinds=sorted(consent.excluded_kinds),
        taken_by=consent.taken_by,
        since=consent.since,
        until=consent.until,
        signed_how=consent.signed_how,
        signed_on=consent.signed_on,
        withdrawn_at=consent.withdrawn_at,
    )
