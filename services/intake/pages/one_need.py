"""`/needs/{need_id}`: what was asked, where it stands, what happened, and what the coordinator can do."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from schemas.vocabulary import AgeBand, Answerer, CancelReason
from services.intake import approving, households, needs
from services.intake.changing import mark_of
from services.intake.desk import Desk
from services.intake.domain.disclosure_log import Who
from services.intake.domain.need import NeedEnded, NotPossible
from services.intake.pages import timeline
from services.intake.pages.live import stream_changes
from services.intake.pages.messages import tell_messages
from services.intake.pages.need_status import may_confirm, status_of, was_confirmed, was_erased
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.phoned import list_asked
from services.intake.store import changes, consents, disclosures, families, partners
from services.intake.store.approvals import list_deciders, read_approval
from services.intake.store.people import Person
from services.intake.undelivered import list_to_deal_with
from services.intake.visits import visits_to_come

router = APIRouter(prefix="/needs/{need_id}", route_class=PageRoute)

_MOST_LOOKS = 1000


@router.get("")
async def show_need(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """The page of one need."""
    return await show_page(request, need_id, person, desk, {})


async def show_page(
    request: Request,
    need_id: UUID,
    person: Person,
    desk: Desk,
    problems: Mapping[str, str],
    typed: FormData | None = None,
) -> Response:
    """The page as it is right now, with what is wrong in a form of it, as it was typed. Raises NeedNotFound."""
    async with desk.pool.acquire() as connection:
        # Read before the rest, so that what comes in between is shown by the next change.
        seen = await changes.read_mark(connection, changes.need_marks, need_id)
    need, history = await needs.read_need(desk.pool, need_id, person.site_id)
    now = datetime.now(UTC)
    picked = need.terms.first_ask.partner_ids if need.terms.first_ask else ()
    async with desk.pool.acquire() as connection:
        names = await partners.partner_names(connection, [*timeline.partner_ids(history, need.terms), *picked])
        agreed = await consents.consents_of(connection, need_id)
        looks = await disclosures.list_looks(connection, need_id, _MOST_LOOKS, None)
        announced = await visits_to_come(connection, need_id, now)
        nameless = await families.needs_without_family(connection, [need_id])
        unasked = await families.needs_not_asked(connection, [need_id])
        asked = await list_asked(connection, need_id)
        approval = await read_approval(connection, need_id) if need.progress.status.unpublished else None
        deciders = await list_deciders(connection, need_id) if approval else []
        undelivered = await list_to_deal_with(connection, person.site_id, need_id)
    words = words_for(request, person.language)
    confirmed = was_confirmed(history)
    return show(
        request,
        "need.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        need=need,
        seen=seen,
        status=status_of(need, history, unasked=need_id in unasked and not nameless),
        status_of=status_of,
        asked_first=timeline.name_partners(picked, names, words),
        told=timeline.tell(history, need.terms, names, words),
        messages=tell_messages(history, names, words),
        undelivered=undelivered,
        has_family=not nameless,
        erased=was_erased(history),
        visits=announced,
        signed=next((one for one in agreed if one.records and one.is_live(now)), None),
        knowing=list({look.who_id: look for look in looks if look.who is Who.CONTACT}.values()),
        same_household=await households.find_household(desk.pool, need, person.site_id),
        may_confirm=may_confirm(need) and not confirmed,
        settling=confirmed and not need.progress.status.ended,
        ended=need.progress.status.ended,
        asked=[] if need.withdrawn else asked,
        approval=approval,
        deciders=deciders,
        problems=problems,
        typed=typed or {},
        mark_of=mark_of,
        language_names=Locale(words.language).languages,
        household=[(band, count) for band in AgeBand if (count := need.terms.household.count(band))],
    )


@router.get("/live")
async def stream_need(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Says when there is something new to see."""
    await needs.read_need(desk.pool, need_id, person.site_id)
    return stream_changes(request, desk, changes.need_marks, need_id)


@router.post("/arrived")
async def answer_for_family(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """It arrived, or it did not, as the coordinator knows."""
    need, history = await needs.read_need(desk.pool, need_id, person.site_id)
    answer = (await request.form()).get("arrived")
    if answer in {"yes", "no"} and may_confirm(need) and not was_confirmed(history):
        await needs.answer_for_family(desk.pool, need_id, person.site_id, Answerer.COORDINATOR, arrived=answer == "yes")
    return _back_to(need_id)


@router.get("/cancel")
async def ask_before_cancelling(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Why, and are you sure."""
    return await _show_question(request, need_id, person, desk, problems={})


@router.post("/cancel")
async def cancel(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Takes the need back."""
    try:
        reason = CancelReason(str((await request.form()).get("reason", "")))
    except ValueError:
        problems = {"reason": words_for(request, person.language)("problem.reason")}
        return await _show_question(request, need_id, person, desk, problems=problems)
    with suppress(NeedEnded):  # The page says how it ended.
        await needs.cancel_need(desk.pool, need_id, person.site_id, reason)
    return _back_to(need_id)


@router.post("/ask-approval")
async def ask_again(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Once more, after it was not approved."""
    try:
        await approving.ask_again(desk.pool, need_id, person.site_id)
    except NotPossible:
        problems = {"change-needed_by": words_for(request, person.language)("change.bad_needed_by")}
        return await show_page(request, need_id, person, desk, problems)
    except NeedEnded:
        pass  # The page says how it ended.
    return _back_to(need_id)


@router.get("/withdraw-consent")
async def ask_before_withdrawing(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Are you sure."""
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    return show(request, "need_withdraw.html", own_language=person.language, person=person, need=need)


@router.post("/withdraw-consent")
async def withdraw_consent(need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """The family says stop."""
    await needs.withdraw_consent(desk.pool, need_id, person.site_id)
    return _back_to(need_id)


async def _show_question(
    request: Request, need_id: UUID, person: SignedIn, desk: OnDesk, *, problems: dict[str, str]
) -> Response:
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    return show(
        request,
        "need_cancel.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        need=need,
        reasons=CancelReason,
        problems=problems,
    )


def _back_to(need_id: UUID) -> Response:
    return RedirectResponse(f"/needs/{need_id}", 303)
