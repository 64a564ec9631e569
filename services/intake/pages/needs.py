"""`/needs`: the board, the form, and the page of one need. A coordinator sees the needs of the own site alone."""

from datetime import UTC, datetime

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS
from schemas.vocabulary import (
    AgeBand,
    Channel,
    Circumstance,
    Condition,
    ConsentKind,
    Fit,
    HandoverWay,
    IncomeBand,
    Urgency,
)
from services.intake import needs
from services.intake.desk import Desk
from services.intake.domain.family import PhoneOwner
from services.intake.domain.need import NotPossible
from services.intake.domain.partner_notes import TellsWhoTheyAre
from services.intake.domain.progress import NeedProgress
from services.intake.matching import match_facts
from services.intake.needs import Entry, KeyUsedOtherwise
from services.intake.pages.languages import LANGUAGES
from services.intake.pages.matching import SHOWN, Looked, explain
from services.intake.pages.need_form import SPOKEN, BadForm, Typed, read_typed, understand, understand_facts
from services.intake.pages.need_status import status_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store import families
from services.intake.store.needs import NeedFilter
from services.intake.store.people import Person
from services.intake.undelivered import list_to_deal_with

router = APIRouter(prefix="/needs", route_class=PageRoute)

_MOVING = (NeedProgress.OPEN, NeedProgress.ASKING, NeedProgress.CLAIMED)
_ENDED = tuple(progress for progress in NeedProgress if progress.ended)
_MOST_LIVE, _MOST_ENDED = 200, 20


@router.get("")
async def show_board(request: Request, person: SignedIn, desk: OnDesk, before: str | None = None) -> Response:
    """The site's needs: first what waits for the coordinator, then what moves, then what has ended."""
    site = person.site_id
    stuck = await needs.list_needs(desk.pool, NeedFilter(site, stuck=True), _MOST_LIVE, None)
    asked = await needs.list_needs(
        desk.pool, NeedFilter(site, (NeedProgress.CONFIRMING,), stuck=False), _MOST_LIVE, None
    )
    moving = await needs.list_needs(desk.pool, NeedFilter(site, _MOVING, stuck=False), _MOST_LIVE, None)
    try:
        ended = await needs.list_needs(desk.pool, NeedFilter(site, _ENDED), _MOST_ENDED, before)
    except NotPossible:
        return RedirectResponse("/needs", 303)
    waiting = stuck.needs + asked.needs
    groups = {"waiting": waiting, "moving": moving.needs, "closed": ended.needs}
    shown = [need.need_id for group in groups.values() for need in group]
    async with desk.pool.acquire() as connection:
        nameless = await families.needs_without_family(connection, shown)
        unasked = await families.needs_not_asked(connection, [need.need_id for need in waiting])
        undelivered = await list_to_deal_with(connection, site)
    # Where the family was asked, it may answer by itself: last.
    waiting.sort(key=lambda need: status_of(need, unasked=need.need_id in unasked) == NeedProgress.CONFIRMING)
    return show(
        request,
        "board.html",
        own_language=person.language,
        person=person,
        groups=groups,
        nameless=nameless,
        unasked=unasked,
        undelivered=undelivered,
        older=ended.cursor,
        status_of=status_of,
    )


@router.get("/new")
async def show_form(request: Request, person: SignedIn) -> Response:
    """An empty form."""
    return _show_form(request, person, Typed(), {})


@router.post("/new")
async def enter_need(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Takes a need in; or shows the form again, with one more line, or with what is wrong."""
    form = await request.form()
    typed = read_typed(form)
    words = words_for(request, person.language)
    if "add_line" in form:
        typed.lines.append(("", "1"))
        return _show_form(request, person, typed, {})
    if "match" in form:
        return await _show_who_could_help(request, person, desk, typed)
    entry = Entry(f"person:{person.person_id}", person.site_id, person.person_id, typed.key)
    try:
        need = await needs.open_need(desk.pool, desk.seal, understand(typed, person.time_zone, words), entry)
    except BadForm as error:
        return _show_form(request, person, typed, error.problems)
    except TellsWhoTheyAre as error:
        text = "partner_notes.found" if error.may_stay else "partner_notes.take_out"
        found = words(text, found=", ".join(f"“{one.text}”" for one in error.found))
        problems = {"form": words("partner_notes.look"), "partner_notes_checked": found}
        return _show_form(request, person, typed, problems)
    except NotPossible as error:
        return _show_form(request, person, typed, {error.field: words(f"problem.{error.field}")})
    except KeyUsedOtherwise:
        typed.key = Typed().key
        return _show_form(request, person, typed, {"form": words("form.sent_already")})
    signs_now = typed.consent == ConsentKind.WRITTEN
    return RedirectResponse(f"/needs/{need.need_id}/consent" if signs_now else f"/needs/{need.need_id}", 303)


async def _show_who_could_help(request: Request, person: Person, desk: Desk, typed: Typed) -> Response:
    words = words_for(request, person.language)
    try:
        facts = understand_facts(typed, person.time_zone, words)
        asking = match_facts(desk.pool, desk.matcher, facts, person.site_id, SHOWN)
        return _show_form(request, person, typed, {}, looked=Looked(await explain(asking, words)))
    except BadForm as error:
        missing = tuple(error.problems.values())
    except NotPossible as error:
        missing = (words(f"problem.{error.field}"),)
    return _show_form(request, person, typed, {}, looked=Looked(None, missing))


def _show_form(
    request: Request, person: Person, typed: Typed, problems: dict[str, str], looked: Looked | None = None
) -> Response:
    words = words_for(request, person.language)
    names = Locale(words.language).languages
    return show(
        request,
        "need_new.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        typed=typed,
        problems=problems,
        looked=looked,
        kinds_by_category={
            labels[words.language]: [kind for kind in ITEM_KINDS.values() if kind.category is category]
            for category, labels in CATEGORY_LABELS.items()
        },
        spoken=sorted(((code, names[code]) for code in SPOKEN), key=lambda one: (one[0] not in LANGUAGES, one[1])),
        urgencies=Urgency,
        bands=AgeBand,
        incomes=IncomeBand,
        circumstances=Circumstance,
        handover_ways=HandoverWay,
        conditions=Condition,
        fits=Fit,
        consents=ConsentKind,
        channels=Channel,
        phone_owners=PhoneOwner,
        languages=LANGUAGES,
        today=datetime.now(UTC).date(),
    )
