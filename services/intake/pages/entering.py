"""The form for a need, whoever enters it. Whatever happens on the way, nothing that was typed is lost."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request, Response
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
from services.intake.needs import KeyUsedOtherwise
from services.intake.pages.directory import languages_to_choose
from services.intake.pages.enterer import Enterer
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.need_form import BadForm, understand
from services.intake.pages.preview import Looked, look, zone_of
from services.intake.pages.raised_needs import is_id
from services.intake.pages.rendering import show, words_for
from services.intake.pages.typed_need import Typed, read_ids, read_typed
from services.intake.referring import MOST_OPEN, TooManyReferrals
from services.intake.store import partners, staff


async def enter_need(request: Request, desk: Desk, enterer: Enterer) -> Response:
    """Takes a need in; or shows the form again, with one more line, or with what is wrong."""
    form = await request.form()
    typed = read_typed(form)
    words = words_for(request, enterer.language)
    if (changed := _change_lines(typed, form, words)) is not None:
        answer = await show_form(request, desk, enterer, typed, changed)
        # Who could help may have changed with it.
        answer.headers["HX-Trigger-After-Settle"] = "things-changed"
        return answer
    if "match" in form:
        looked = await look(desk, enterer, typed, words)
        return await show_form(request, desk, enterer, typed, {}, looked=looked)
    entry = enterer.entry(typed.key, UUID(typed.raised) if is_id(typed.raised) else None)
    try:
        entered = understand(typed, await zone_of(desk, enterer, typed), words)
        need = await needs.open_need(desk.pool, desk.seal, entered, entry)
    except KeyUsedOtherwise:
        typed.key = Typed().key
        return await show_form(request, desk, enterer, typed, {"form": words("form.sent_already")})
    except (BadForm, TellsWhoTheyAre, NotPossible) as error:
        no_school = {} if enterer.site_id or typed.site_id else {"site_id": words("problem.site_id")}
        return await show_form(request, desk, enterer, typed, no_school | _explain(error, words))
    signs_now = typed.consent == ConsentKind.WRITTEN and ConsentKind.WRITTEN in enterer.consents
    return RedirectResponse(f"{enterer.needs}/{need.need_id}{'/consent' if signs_now else ''}", 303)


def _explain(error: BadForm | TellsWhoTheyAre | NotPossible, words: Words) -> dict[str, str]:
    """What is wrong, by field."""
    match error:
        case BadForm():
            return error.problems
        case TellsWhoTheyAre():
            text = "partner_notes.found" if error.may_stay else "partner_notes.take_out"
            found = words(text, found=", ".join(f"“{one.text}”" for one in error.found))
            return {"form": words("partner_notes.look"), "partner_notes_checked": found}
        case TooManyReferrals():
            return {"form": words("refer.too_many", count=MOST_OPEN)}
        case NotPossible():
            return {error.field: words(f"problem.{error.field}")}


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


async def show_form(
    request: Request, desk: Desk, enterer: Enterer, typed: Typed, problems: dict[str, str], looked: Looked | None = None
) -> Response:
    """The form as it was typed."""
    async with desk.pool.acquire() as connection:
        picked = await partners.partner_names(connection, read_ids(typed.first))
        sites = [] if enterer.site_id else await staff.list_sites(connection, None)
    words = words_for(request, enterer.language)
    return show(
        request,
        "need_new.html",
        status_code=422 if problems else 200,
        own_language=enterer.language,
        person=enterer.person,
        reached=enterer.reached,
        enterer=enterer,
        typed=typed,
        problems=problems,
        looked=looked,
        picked=picked,
        sites=sites,
        kinds_by_category={
            labels[words.language]: [kind for kind in ITEM_KINDS.values() if kind.category is category]
            for category, labels in CATEGORY_LABELS.items()
        },
        spoken=languages_to_choose(words),
        urgencies=Urgency,
        bands=AgeBand,
        incomes=IncomeBand,
        circumstances=Circumstance,
        handover_ways=HandoverWay,
        conditions=Condition,
        fits=Fit,
        partner_kinds=PartnerKind,
        channels=Channel,
        phone_owners=PhoneOwner,
        languages=LANGUAGES,
        today=datetime.now(UTC).date(),
    )
