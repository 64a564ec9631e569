"""What a form is told while it is being written: things by their words, and who could help. Nothing of it is kept."""

from dataclasses import dataclass

from fastapi import Request, Response

from services.intake.desk import Desk
from services.intake.domain.finding import find_things
from services.intake.domain.need import NotPossible
from services.intake.explaining import Explanation
from services.intake.matching import About, match_facts
from services.intake.pages.enterer import Enterer
from services.intake.pages.languages import Words
from services.intake.pages.matching import SHOWN, explain
from services.intake.pages.need_form import BadForm, understand_facts
from services.intake.pages.rendering import show, words_for
from services.intake.pages.typed_need import Typed, read_ids, read_typed
from services.intake.store import staff


@dataclass(frozen=True)
class Looked:
    """What came of "Who could help?": an explanation, None while the matcher is away; or what has to be typed first."""

    explanation: Explanation | None
    missing: tuple[str, ...] = ()


async def show_things(request: Request, enterer: Enterer) -> Response:
    """The things that the words typed so far may mean."""
    text = str((await request.form()).get("find", ""))
    meant, asked = find_things(text), text.strip()
    return show(request, "things.html", own_language=enterer.language, enterer=enterer, meant=meant, asked=asked)


async def show_preview(request: Request, desk: Desk, enterer: Enterer) -> Response:
    """Who could help with what is typed so far, and who would be asked first."""
    typed = read_typed(await request.form())
    looked = await look(desk, enterer, typed, words_for(request, enterer.language))
    # What is missing is not wrong yet.
    shown = None if looked.missing else looked
    return show(request, "preview.html", own_language=enterer.language, enterer=enterer, looked=shown)


async def look(desk: Desk, enterer: Enterer, typed: Typed, words: Words) -> Looked:
    """Asks the matcher, as soon as enough is typed."""
    try:
        facts = understand_facts(typed, await zone_of(desk, enterer, typed), words)
        picked = next(iter(read_ids(typed.first)), None)
        about = About(most=SHOWN.most, partner_id=picked)
        asking = match_facts(desk.pool, desk.matcher, facts, enterer.site_id, about, enterer.referred_by)
        return Looked(await explain(asking, words))
    except BadForm as error:
        return Looked(None, tuple(error.problems.values()))
    except NotPossible as error:
        return Looked(None, (words(f"problem.{error.field}"),))


async def zone_of(desk: Desk, enterer: Enterer, typed: Typed) -> str:
    """By whose clock the last day ends: the school's, once one is named."""
    named = next(iter(read_ids((typed.site_id,))), None)
    if enterer.site_id is not None or named is None:
        return enterer.time_zone
    async with desk.pool.acquire() as connection:
        sites = await staff.list_sites(connection, named)
    return sites[0].time_zone if sites else enterer.time_zone
