"""`/needs/things` and `/needs/preview`: what a form is told while it is being written. Nothing of it is kept."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from services.intake.desk import Desk
from services.intake.domain.finding import find_things
from services.intake.domain.need import NotPossible
from services.intake.explaining import Explanation
from services.intake.matching import About, match_facts
from services.intake.pages.languages import Words
from services.intake.pages.matching import SHOWN, explain
from services.intake.pages.need_form import BadForm, understand_facts
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.typed_need import Typed, read_ids, read_typed
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store.people import Person

router = APIRouter(prefix="/needs", route_class=PageRoute)


@dataclass(frozen=True)
class Looked:
    """What came of "Who could help?": an explanation, None while the matcher is away; or what has to be typed first."""

    explanation: Explanation | None
    missing: tuple[str, ...] = ()


@router.post("/things")
async def show_things(request: Request, person: SignedIn) -> Response:
    """The things that the words typed so far may mean."""
    text = str((await request.form()).get("find", ""))
    return show(request, "things.html", own_language=person.language, meant=find_things(text), asked=text.strip())


@router.post("/preview")
async def show_preview(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Who could help with what is typed so far, and who would be asked first."""
    typed = read_typed(await request.form())
    looked = await look(desk, person, typed, words_for(request, person.language))
    # What is missing is not wrong yet.
    return show(request, "preview.html", own_language=person.language, looked=None if looked.missing else looked)


async def look(desk: Desk, person: Person, typed: Typed, words: Words) -> Looked:
    """Asks the matcher, as soon as enough is typed."""
    try:
        facts = understand_facts(typed, person.time_zone, words)
        picked = next(iter(read_ids(typed.first)), None)
        about = About(most=SHOWN.most, partner_id=picked)
        return Looked(await explain(match_facts(desk.pool, desk.matcher, facts, person.site_id, about), words))
    except BadForm as error:
        return Looked(None, tuple(error.problems.values()))
    except NotPossible as error:
        return Looked(None, (words(f"problem.{error.field}"),))
