"""`/needs/new`: the form for a need. Whatever happens on the way, nothing that was typed is lost."""

from datetime import UTC, datetime
from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

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
    PartnerKind,
    Urgency,
)
from services.intake import needs
from services.intake.desk import Desk
from services.intake.domain.family import PhoneOwner
from services.intake.domain.finding import find_things
from services.intake.domain.need import NotPossible
from services.intake.domain.partner_notes import TellsWhoTheyAre
from services.intake.needs import Entry, KeyUsedOtherwise
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.need_form import SPOKEN, BadForm, understand
from services.intake.pages.page_route import PageRoute
from services.intake.pages.preview import Looked, look
from services.intake.pages.raised_needs import begin_raised, is_id
from services.intake.pages.rendering import show, words_for
from services.intake.pages.typed_need import Typed, read_ids, read_typed
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store import partners
from services.intake.store.people import Person

router = APIRouter(prefix="/needs", route_class=PageRoute)


@router.get("/new")
async def show_form(
    request: Request, person: SignedIn, desk: OnDesk, first: UUID | None = None, raised: UUID | None = None
) -> Response:
    """An empty form; with a partner that is to be asked first, where one was picked; or what a colleague raised."""
    typed = await begin_raised(desk, raised, person) if raised else Typed()
    if first:
        typed.first = (str(first),)
    return await _show_form(request, person, desk, typed, {})


@router.post("/new")
async def enter_need(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Takes a need in; or shows the form again, with one more line, or with what is wrong."""
    form = await request.form()
    typed = read_typed(form)
    words = words_for(request, person.language)
    if (changed := _change_lines(typed, form, words)) is not None:
        answer = await _show_form(request, person, desk, typed, changed)
        # Who could help may have changed with it.
        answer.headers["HX-Trigger-After-Settle"] = "things-changed"
        return answer
    if "match" in form:
        return await _show_who_could_help(request, person, desk, typed)
    raised_id = UUID(typed.raised) if is_id(typed.raised) else None
    entry = Entry(f"person:{person.person_id}", person.site_id, person.person_id, typed.key, raised_id=raised_id)
    try:
        need = await needs.open_need(desk.pool, desk.seal, understand(typed, person.time_zone, words), entry)
    except BadForm as error:
        return await _show_form(request, person, desk, typed, error.problems)
    except TellsWhoTheyAre as error:
        text = "partner_notes.found" if error.may_stay else "partner_notes.take_out"
        found = words(text, found=", ".join(f"“{one.text}”" for one in error.found))
        problems = {"form": words("partner_notes.look"), "partner_notes_checked": found}
        return await _show_form(request, person, desk, typed, problems)
    except NotPossible as error:
        return await _show_form(request, person, desk, typed, {error.field: words(f"problem.{error.field}")})
    except KeyUsedOtherwise:
        typed.key = Typed().key
        return await _show_form(request, person, desk, typed, {"form": words("form.sent_already")})
    signs_now = typed.consent == ConsentKind.WRITTEN
    return RedirectResponse(f"/needs/{need.need_id}/consent" if signs_now else f"/needs/{need.need_id}", 303)


async def _show_who_could_help(request: Request, person: Person, desk: Desk, typed: Typed) -> Response:
    looked = await look(desk, person, typed, words_for(request, person.language))
    return await _show_form(request, person, desk, typed, {}, looked=looked)


def _change_lines(typed: Typed, form: FormData, words: Words) -> dict[str, str] | None:
    """Adds a line, where that was asked for: what is wrong with it, by field. None where it was not."""
    if "take_up" in form:
        return {}
    if "add_line" in form:
        typed.lines.append(("", "1"))
        return {}
    if "add" not in form and not typed.find:
        return None
    # Enter in the field that finds things means the one at the top.
    meant = find_things(typed.find)
    kind = ITEM_KINDS.get(str(form.get("add", ""))) or next(iter(meant.kinds), None)
    if kind is None:
        return {"find": words("problem.find")}
    typed.add_thing(kind, meant.quantity)
    typed.find = ""
    return {}


async def _show_form(
    request: Request, person: Person, desk: Desk, typed: Typed, problems: dict[str, str], looked: Looked | None = None
) -> Response:
    async with desk.pool.acquire() as connection:
        picked = await partners.partner_names(connection, read_ids(typed.first))
    words = words_for(request, person.language)
    names = Locale(words.language).languages
    return show(
        request,
        "need_new.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        typed=typed,
        problems=problems,
        looked=looked,
        picked=picked,
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
        partner_kinds=PartnerKind,
        channels=Channel,
        phone_owners=PhoneOwner,
        languages=LANGUAGES,
        today=datetime.now(UTC).date(),
    )
