"""`/needs/{need_id}/calls`: whom to call about a need, in which order, what to say. Nothing of the family is in it."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.lists import format_list
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import ITEM_KINDS
from services.intake import needs, partners
from services.intake.changing import ask_first
from services.intake.domain.need import NeedEnded
from services.intake.domain.places import place_of
from services.intake.matching import About, match_need
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.matching import explain
from services.intake.pages.need_status import status_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.problems import NotHere
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.phoned import Asked, list_asked, person_to_call
from services.intake.store import changes
from services.intake.store.needs import NeedRow
from services.intake.store.people import Person

router = APIRouter(prefix="/needs/{need_id}/calls", route_class=PageRoute)

_MORE = About(most=10)


@dataclass(frozen=True)
class Call:
    """One call to make. `asked` is there for a partner whose answer can be written down right now."""

    partner: PartnerRecorded
    contact: Contact | None
    script: str
    """In the language of whoever picks up."""
    because: str = ""
    asked: Asked | None = None


@router.get("")
async def show_calls(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """First who is asked and has not answered, then who would be asked next."""
    async with desk.pool.acquire() as connection:
        seen = await changes.read_mark(connection, changes.need_marks, need_id)
    need, history = await needs.read_need(desk.pool, need_id, person.site_id)
    over = need.progress.status.ended or need.withdrawn
    async with desk.pool.acquire() as connection:
        asked = [] if over else await list_asked(connection, need_id)
    words = words_for(request, person.language)
    explanation = None if over else await explain(match_need(desk.pool, desk.matcher, need, _MORE), words)
    return show(
        request,
        "calls.html",
        own_language=person.language,
        person=person,
        need=need,
        seen=seen,
        over=over,
        status=status_of(need, history),
        asked=[Call(one.partner, one.contact, _script(need, person, one.contact, words), asked=one) for one in asked],
        next=[
            Call(one.partner, contact, _script(need, person, contact, words), one.because)
            for one in (explanation.best if explanation else [])
            for contact in [person_to_call(one.partner)]
        ],
        away=explanation is None and not over,
        problems={},
    )


@router.post("/{partner_id}")
async def ask_now(need_id: UUID, partner_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """They said yes before they were asked: they are asked now, so that their yes can be written down."""
    await needs.read_need(desk.pool, need_id, person.site_id)
    try:
        await partners.read_partner(desk.pool, partner_id)
    except partners.PartnerNotFound as error:
        raise NotHere from error
    with suppress(NeedEnded):  # The page says how it ended.
        await ask_first(desk.pool, need_id, person.site_id, partner_id)
    return RedirectResponse(f"/needs/{need_id}/calls", 303)


def _script(need: NeedRow, person: Person, contact: Contact | None, words: Words) -> str:
    spoken = Words(contact.language) if contact and contact.language in LANGUAGES else words
    place = place_of(need.terms.zip_code)
    items = [ITEM_KINDS[item.code].label(item.quantity, spoken.language) for item in need.terms.items]
    return spoken(
        "calls.script_sensitive" if need.terms.is_sensitive else "calls.script",
        contact=contact.name if contact else "…",
        name=person.name,
        site=person.site_name,
        items=format_list(items, locale=spoken.language),
        place=place.city if place else need.terms.zip_code,
        county=place.county_label if place else "",
        day=spoken.day(need.terms.needed_by.astimezone(ZoneInfo(person.time_zone)).date()),
    )
