"""`/o/{token}/family`: who the family is, where it chose so: after an award, a code and a written consent."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from schemas.vocabulary import IdentityRecord
from services.intake import identity
from services.intake.domain.disclosing import Withheld
from services.intake.domain.need import NotPossible
from services.intake.domain.reaching import mask
from services.intake.identity import Card, Claimant
from services.intake.pages.cookies import Cookie, put_cookie
from services.intake.pages.page_route import PageRoute
from services.intake.pages.problems import NotHere
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Invitation, Invited, OnDesk
from services.intake.store import codes, visits
from services.intake.store.codes import OPENING_LASTS
from services.intake.visits import is_ahead

router = APIRouter(prefix="/o/{token}/family", route_class=PageRoute)


@router.get("")
async def show_family(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """The family, as far as this browser may see it now; else how to get there. Each look is written down."""
    return await _show(request, token, invited, desk, {})


@router.post("/code")
async def ask_for_code(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """Has a code sent to the contact's own address, whoever pressed the button."""
    try:
        await identity.ask_for_code(desk.pool, _claimant(request, invited))
    except identity.TooManyCodes:
        problems = {"code": words_for(request, invited.contact.language)("identity.too_many")}
        return await _show(request, token, invited, desk, problems)
    return _back(token)


@router.post("")
async def enter_code(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """Opens the family to this browser for a quarter of an hour."""
    typed = str((await request.form()).get("code", ""))
    opening = await identity.enter_code(desk.pool, desk.seal, _claimant(request, invited), typed)
    if opening is None:
        problems = {"code": words_for(request, invited.contact.language)("identity.wrong_code")}
        return await _show(request, token, invited, desk, problems)
    answer = _back(token)
    put_cookie(request, answer, Cookie.OPENING, opening, seconds=int(OPENING_LASTS.total_seconds()))
    return answer


@router.post("/visit")
async def plan(request: Request, token: str, invited: Invitation, desk: OnDesk) -> Response:
    """Plans a visit. Family and coordinator are told at once, and can refuse."""
    words = words_for(request, invited.contact.language)
    try:
        begins, ends = _read_times(await request.form(), invited.contact.time_zone)
        await identity.plan_visit(desk.pool, _claimant(request, invited), begins, ends)
    except NotPossible as error:
        return await _show(request, token, invited, desk, {"visit": words(f"identity.visit_{error.field}")})
    return _back(token)


async def _show(request: Request, token: str, invited: Invited, desk: OnDesk, problems: dict[str, str]) -> Response:
    who = _claimant(request, invited)
    seen = await identity.see(desk.pool, desk.seal, who)
    if isinstance(seen, Withheld) and seen is not Withheld.CODE_NEEDED:
        raise NotHere
    card = seen if isinstance(seen, Card) else None
    permitted = await identity.what_is_permitted(desk.pool, who)
    offer, contact, now = invited.offer, invited.contact, datetime.now(ZoneInfo(invited.contact.time_zone))
    async with desk.pool.acquire() as connection:
        awaited = await codes.asked_at(connection, offer.offer_id, contact.contact_id) is not None
        cleared = (await visits.clearances_of(connection, offer.partner_id)).get(contact.contact_id)
        planned = [one for one in await visits.visits_of(connection, offer.need_id) if one.offer_id == offer.offer_id]
    answer = show(
        request,
        "identity.html",
        status_code=422 if problems else 200,
        own_language=contact.language,
        token=token,
        card=card,
        awaited=awaited,
        address=mask(contact.email or contact.phone or ""),
        visit=next((one for one in planned if is_ahead(one, now)), None),
        visit_possible=card is not None and IdentityRecord.ADDRESS in permitted and not offer.terms.sensitive,
        cleared=cleared is not None and cleared.until >= now.date(),
        zone=contact.time_zone,
        today=now.date(),
        language_names=Locale(words_for(request, contact.language).language).languages,
        problems=problems,
    )
    if card:
        # Nobody who finds the page open later sees it.
        answer.headers["Refresh"] = str(int(OPENING_LASTS.total_seconds()))
    return answer


def _claimant(request: Request, invited: Invited) -> Claimant:
    return Claimant(invited.offer, invited.partner, invited.contact, request.cookies.get(Cookie.OPENING))


def _read_times(form: FormData, zone: str) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(str(form.get("day", "")))
        begins, ends = (
            datetime.combine(day, time.fromisoformat(str(form.get(name, ""))), ZoneInfo(zone)).astimezone(UTC)
            for name in ("begins", "ends")
        )
    except (ValueError, OverflowError) as error:
        raise NotPossible("begins", "say the day, and from when to when") from error
    return begins, ends


def _back(token: str) -> Response:
    return RedirectResponse(f"/o/{token}/family", 303)
