"""`/v1/needs`: enter, read, list, take back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.needs import NeedTerms
from schemas.vocabulary import Answerer, CancelReason, StuckCause, UnmetCause, Urgency
from services.intake import changing, households, needs, referring
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.api.examples import NEED, NEED_ENTERED
from services.intake.domain.need import EnteredNeed
from services.intake.domain.progress import NeedProgress
from services.intake.store.needs import HistoryEntry, NeedFilter, NeedRow

router = APIRouter(prefix="/v1/needs", tags=["needs"])

Writer = Annotated[Caller, Depends(Calling(Scope.NEEDS_WRITE))]
Reader = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ))]
WriterOrReferrer = Annotated[Caller, Depends(Calling(Scope.NEEDS_WRITE, partners_too=True))]
ReaderOrReferrer = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ, partners_too=True))]


class NeedShown(BaseModel):
    """A need as its coordinator sees it. Nothing of the family."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEED]})

    need_id: UUID
    reference: str
    status: NeedProgress
    stuck: StuckCause | None
    cause: UnmetCause | None
    created_at: datetime
    terms: NeedTerms


class ReferralShown(BaseModel):
    """A need as the partner that referred it sees it: where it stands. What was sent is not shown again."""

    need_id: UUID
    reference: str
    status: NeedProgress
    created_at: datetime


class HistoryShown(BaseModel):
    """One thing that happened."""

    at: datetime
    source: str
    what: str
    facts: dict[str, Any]


class PossibleDuplicates(BaseModel):
    """Other needs that have not ended and may be of the same household.

    `own_site` are needs that the key may see, the newest 20 of a site. `elsewhere`: there may be one that it may not.
    """

    own_site: list[UUID]
    elsewhere: bool


class NeedWithHistory(NeedShown):
    """A need and all that happened to it, oldest first."""

    history: list[HistoryShown]
    possible_duplicates: PossibleDuplicates


class NeedPage(BaseModel):
    """Needs, newest first. `next` goes into `cursor` for the page after; null at the end."""

    needs: list[NeedShown]
    next: str | None


class Cancellation(BaseModel):
    """Why a need is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "met_elsewhere"}]})

    reason: CancelReason


class LineChanged(BaseModel):
    """How many of a line are needed now."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=1, le=50)
    quantity: int = Field(ge=1, le=100_000)


class Changes(BaseModel):
    """What is different now; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"quantities": [{"line": 1, "quantity": 3}]}]}
    )

    quantities: tuple[LineChanged, ...] = Field(default=(), max_length=50)
    needed_by: AwareDatetime | None = None


class Confirmation(BaseModel):
    """Whether it arrived, as the coordinator knows."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"arrived": True}]})

    arrived: bool


@router.post("", status_code=201, openapi_extra=NEED_ENTERED)
async def enter_need(
    entered: EnteredNeed,
    caller: WriterOrReferrer,
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> NeedShown:
    """Takes a need in. The same `Idempotency-Key` and body within 30 days give the same answer, and no second need.

    With a partner's key it is a referral: `site_id` has to be named, and the partner hears what is answered.
    """
    entry = needs.Entry(caller.name, caller.site_id, key=idempotency_key, referred_by=caller.partner_id)
    need = await needs.open_need(caller.desk.pool, caller.desk.seal, entered, entry)
    response.headers["Location"] = f"/v1/needs/{need.need_id}"
    return show_need(need)


@router.get("")
async def list_needs(
    caller: Reader,
    status: Annotated[list[NeedProgress] | None, Query()] = None,
    stuck: bool | None = None,
    urgency: Urgency | None = None,
    site_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> NeedPage:
    """The needs that the key may see, newest first."""
    if caller.site_id is not None and site_id not in {None, caller.site_id}:
        return NeedPage(needs=[], next=None)
    wanted = NeedFilter(caller.site_id or site_id, tuple(status or ()), stuck, urgency)
    page = await needs.list_needs(caller.desk.pool, wanted, limit, cursor)
    return NeedPage(needs=[show_need(need) for need in page.needs], next=page.cursor)


@router.get("/{need_id}")
async def read_need(need_id: UUID, caller: ReaderOrReferrer) -> NeedWithHistory | ReferralShown:
    """A need with its history; with a partner's key, where a need that it referred stands."""
    if caller.partner_id is not None:
        referral = await referring.read_referral(caller.desk.pool, need_id, caller.partner_id)
        return ReferralShown(
            need_id=need_id,
            reference=referral.reference,
            status=referral.progress.status,
            created_at=referral.created_at,
        )
    need, history = await needs.read_need(caller.desk.pool, need_id, caller.site_id)
    household = await households.find_household(caller.desk.pool, need, caller.site_id)
    return NeedWithHistory(
        **show_need(need).model_dump(),
        history=[_show_entry(entry) for entry in history],
        possible_duplicates=PossibleDuplicates(
            own_site=[other.need_id for other in household.possible], elsewhere=household.elsewhere
        ),
    )


@router.post("/{need_id}/change", status_code=202)
async def change_need(need_id: UUID, changes: Changes, caller: Writer) -> NeedShown:
    """Changes quantities or the last day: open offers are withdrawn, partners are asked anew, who claimed keeps it."""
    quantities = {one.line: one.quantity for one in changes.quantities}
    return show_need(
        await changing.change_need(caller.desk.pool, need_id, caller.site_id, quantities, changes.needed_by)
    )


@router.post("/{need_id}/cancel", status_code=202)
async def cancel_need(need_id: UUID, cancellation: Cancellation, caller: Writer) -> NeedShown:
    """Takes a need back: open offers are withdrawn, whoever had claimed is told."""
    return show_need(await needs.cancel_need(caller.desk.pool, need_id, caller.site_id, cancellation.reason))


@router.post("/{need_id}/withdraw-consent", status_code=202)
async def withdraw_consent(need_id: UUID, caller: Writer) -> NeedShown:
    """The family no longer agrees: everything stops."""
    return show_need(await needs.withdraw_consent(caller.desk.pool, need_id, caller.site_id))


@router.post("/{need_id}/confirmation", status_code=202)
async def confirm(need_id: UUID, confirmation: Confirmation, caller: Writer) -> NeedShown:
    """Says for the family whether it arrived. It is recorded as the coordinator's word."""
    need, _ = await needs.answer_for_family(
        caller.desk.pool, need_id, caller.site_id, Answerer.COORDINATOR, arrived=confirmation.arrived
    )
    return show_need(need)


def show_need(need: NeedRow) -> NeedShown:
    """What the API shows of a need."""
    return NeedShown(
        need_id=need.need_id,
        reference=need.reference,
        status=need.progress.status,
        stuck=need.progress.stuck,
        cause=need.progress.cause,
        created_at=need.created_at,
        terms=need.terms,
    )


def _show_entry(entry: HistoryEntry) -> HistoryShown:
    return HistoryShown(at=entry.at, source=entry.source, what=entry.what, facts=entry.facts)
