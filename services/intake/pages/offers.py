"""`/o/{token}`: the page where a partner says "we can take this", without an account."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from schemas.vocabulary import AnswerChannel, DeclineReason, PartOfDay, ReleaseReason, ShortfallCause
from services.intake import answers
from services.intake.answers import Answering
from services.intake.domain.scheduling import may_try_again
from services.intake.identity import Claimant, what_is_permitted
from services.intake.pages.live import stream_changes
from services.intake.pages.offer_stage import Stage, may_undo, stage_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.quantities import read_handed_over, read_quantities
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Invitation, Invited, OnDesk
from services.intake.store import changes, families, keys
from services.intake.store import needs as need_rows
from services.intake.store import offers as offer_rows

router = APIRouter(prefix="/o/{token}", route_class=PageRoute)

_Reason = TypeVar("_Reason", bound=Enum)
_OF_A_PROGRAMME = (DeclineReason.WAITLISTED, DeclineReason.INELIGIBLE, DeclineReason.OTHER)
"""What a programme answers besides a yes, each with a button of its own."""
_OF_A_SERVICE = tuple(one for one in DeclineReason if one not in _OF_A_PROGRAMME[:2])
"""Why others say no."""


@router.get("")
async def show_offer(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """The page, as the matcher's decision stands right now."""
    return await _show(request, token, invited, desk, {})


@router.get("/live")
async def stream_offer(request: Request, invited: Invitation, desk: OnDesk) -> Response:
    """Says when there is something new to see."""
    return stream_changes(request, desk, changes.offer_marks, invited.offer.offer_id)


@router.post("/accept")
async def accept(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We can take these quantities."""
    if await _stage(invited, desk) is Stage.OPEN:
        form = await request.form()
        lines = read_quantities(form, invited.offer.terms.items)
        if lines is None:
            return await _show(request, token, invited, desk, _problem(request, invited, "lines"), form)
        await answers.accept_offer(desk.pool, _answering(invited), lines)
    return _back_to(token)


@router.post("/decline")
async def decline(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """Not this time."""
    if await _stage(invited, desk) is Stage.OPEN:
        reason = _read_reason(await request.form(), DeclineReason)
        if reason is None or (reason in _OF_A_PROGRAMME[:2] and invited.offer.terms.programme is None):
            return await _show(request, token, invited, desk, _problem(request, invited, "reason"))
        await answers.decline_offer(desk.pool, _answering(invited), reason)
    return _back_to(token)


@router.post("/contacted")
async def report_contacted(token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We have spoken with the coordinator."""
    if await _stage(invited, desk) is Stage.AWARDED:
        await answers.report_contacted(desk.pool, _answering(invited))
    return _back_to(token)


@router.post("/not-reached")
async def report_not_reached(token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We tried, and could not reach the family."""
    if await _stage(invited, desk) is Stage.AWARDED:
        await answers.report_not_reached(desk.pool, _answering(invited))
    return _back_to(token)


@router.post("/schedule")
async def schedule(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We hand it over on that day."""
    if await _stage(invited, desk) is Stage.AWARDED:
        form = await request.form()
        try:
            day, part = date.fromisoformat(str(form.get("day", ""))), PartOfDay(str(form.get("part", "")))
            await answers.report_scheduled(desk.pool, _answering(invited), day, part)
        except ValueError:
            problems = {"day": words_for(request, invited.contact.language)("problem.handover_day")}
            return await _show(request, token, invited, desk, problems, form)
    return _back_to(token)


@router.post("/completed")
async def report_completed(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """It is done: this much of it, and why not all."""
    if await _stage(invited, desk) is Stage.AWARDED:
        form = await request.form()
        given = read_handed_over(form, invited.offer.awarded_items)
        if given is None or given.unexplained:
            words = words_for(request, invited.contact.language)
            problems = {"completed": words("problem.lines" if given is None else "problem.shortfall")}
            return await _show(request, token, invited, desk, problems, form)
        await answers.report_completed(desk.pool, _answering(invited), given.quantities, given.shortfalls)
    return _back_to(token)


@router.post("/undo")
async def undo(token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We said yes by mistake."""
    async with desk.pool.acquire() as connection:
        given = await offer_rows.answers_to(connection, invited.offer.offer_id)
    if may_undo(invited.offer, given, datetime.now(UTC)):
        await answers.undo_claim(desk.pool, _answering(invited))
    return _back_to(token)


@router.post("/release")
async def release(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """We have to hand it back."""
    if await _stage(invited, desk) is Stage.AWARDED:
        reason = _read_reason(await request.form(), ReleaseReason)
        if reason is None:
            return await _show(request, token, invited, desk, _problem(request, invited, "release"))
        await answers.release_claim(desk.pool, _answering(invited), reason)
    return _back_to(token)


async def _show(
    request: Request,
    token: str,
    invited: Invited,
    desk: OnDesk,
    problems: Mapping[str, str],
    typed: FormData | None = None,
) -> Response:
    who = Claimant(invited.offer, invited.partner, invited.contact, None)
    permitted = await what_is_permitted(desk.pool, who) if invited.offer.state == "awarded" else frozenset()
    async with desk.pool.acquire() as connection:
        seen = await changes.read_mark(connection, changes.offer_marks, invited.offer.offer_id)
        given = await offer_rows.answers_to(connection, invited.offer.offer_id)
        coordinator = await keys.coordinator_of(connection, invited.offer.need_id)
        need = await need_rows.read_need(connection, invited.offer.need_id, None)
        scheduled = await offer_rows.read_answer(connection, invited.offer.offer_id, "scheduled")
        not_reached = await offer_rows.read_answer(connection, invited.offer.offer_id, "not_reached")
    now = datetime.now(UTC)
    stage = stage_of(invited.offer, given, now)
    return show(
        request,
        "offer.html",
        status_code=422 if problems else 200,
        own_language=invited.contact.language,
        token=token,
        invited=invited,
        offer=invited.offer,
        stage=stage,
        contacted="contacted" in given,
        scheduled_day=date.fromisoformat(scheduled.facts["day"]) if scheduled else None,
        scheduled_part=scheduled.facts["part"] if scheduled else None,
        tries=not_reached.facts["attempt"] if not_reached else 0,
        may_try_again=not_reached is None or may_try_again(not_reached.at, now),
        parts_of_day=PartOfDay,
        may_undo=may_undo(invited.offer, given, now),
        awarded=invited.offer.awarded_items,
        coordinator=coordinator,
        may_know_family=bool(permitted),
        need=need,
        partner_notes=await _partner_notes(invited, desk) if stage in {Stage.AWARDED, Stage.DONE} else None,
        seen=seen,
        decline_reasons=_OF_A_SERVICE,
        programme_answers=_OF_A_PROGRAMME,
        release_reasons=ReleaseReason,
        shortfall_causes=ShortfallCause,
        typed=typed or {},
        problems=problems,
    )


async def _partner_notes(invited: Invited, desk: OnDesk) -> str | None:
    """What the coordinator wrote for whoever was awarded the need. Nothing else leaves the seal."""
    need_id = invited.offer.need_id
    async with desk.pool.acquire() as connection:
        need = await need_rows.read_need(connection, need_id, None)
        sealed = await families.read_family(connection, need_id)
    if need is None or need.withdrawn or sealed is None:
        return None
    return (await desk.seal.open(sealed, need_id)).partner_notes


async def _stage(invited: Invited, desk: OnDesk) -> Stage:
    async with desk.pool.acquire() as connection:
        given = await offer_rows.answers_to(connection, invited.offer.offer_id)
    return stage_of(invited.offer, given, datetime.now(UTC))


def _read_reason(form: FormData, kind: type[_Reason]) -> _Reason | None:
    try:
        return kind(str(form.get("reason", "")))
    except ValueError:
        return None


def _problem(request: Request, invited: Invited, name: str) -> dict[str, str]:
    text = "lines" if name in {"lines", "completed"} else "reason"
    return {name: words_for(request, invited.contact.language)(f"problem.{text}")}


def _answering(invited: Invited) -> Answering:
    offer = invited.offer
    return Answering(offer.need_id, offer.offer_id, invited.contact.contact_id, AnswerChannel.LINK)


def _back_to(token: str) -> Response:
    return RedirectResponse(f"/o/{token}", 303)
