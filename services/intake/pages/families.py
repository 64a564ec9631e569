"""`/f/{token}`: the one question a family is asked, and who would come to its door, in its language."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.event import Item
from schemas.vocabulary import Answerer
from services.intake import needs
from services.intake.domain.progress import familys_answer
from services.intake.pages.need_status import may_confirm
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OfFamily, OnDesk
from services.intake.store import families, keys
from services.intake.store.needs import HistoryEntry, NeedRow
from services.intake.visits import refuse_visit, visits_to_come

router = APIRouter(prefix="/f/{token}", route_class=PageRoute)


@router.get("")
async def show_question(request: Request, link: OfFamily, desk: OnDesk) -> Response:
    """Did it arrive? Or thanks, when that was answered."""
    need, history = await needs.read_need(desk.pool, link.need_id, None)
    now = datetime.now(UTC)
    async with desk.pool.acquire() as connection:
        sealed = await families.read_family(connection, link.need_id)
        announced = await visits_to_come(connection, link.need_id, now)
        _, zone = await keys.site_of(connection, need.site_id)
    family = await desk.seal.open(sealed, link.need_id) if sealed else None
    # Others may read along, and they know what they asked for.
    discreet = family is None or family.read_by_others or need.terms.is_sensitive
    return show(
        request,
        "family.html",
        own_language=family.language if family else None,
        stage=_stage_of(need, history),
        visits=announced,
        zone=zone,
        items=[] if discreet else _delivered(history),
        title="discreet_title" if discreet else "title",
    )


@router.post("")
async def answer(request: Request, token: str, link: OfFamily, desk: OnDesk) -> Response:
    """Yes or no. An answer to a question that is no longer open changes nothing."""
    need, history = await needs.read_need(desk.pool, link.need_id, None)
    said = (await request.form()).get("arrived")
    if said in {"yes", "no"} and _stage_of(need, history) == "ask":
        await needs.answer_for_family(desk.pool, link.need_id, None, Answerer.FAMILY, arrived=said == "yes")
    return RedirectResponse(f"/f/{token}", 303)


@router.post("/visits/{visit_id}/refuse")
async def refuse(token: str, visit_id: UUID, link: OfFamily, desk: OnDesk) -> Response:
    """Nobody comes. One tap, no reason asked."""
    await refuse_visit(desk.pool, link.need_id, None, visit_id, Answerer.FAMILY)
    return RedirectResponse(f"/f/{token}", 303)


def _stage_of(need: NeedRow, history: list[HistoryEntry]) -> str:
    if (arrived := familys_answer(entry.what for entry in history)) is not None:
        return "said_yes" if arrived else "said_no"
    return "ask" if may_confirm(need) and not need.withdrawn else "closed"


def _delivered(history: list[HistoryEntry]) -> list[Item]:
    asked = [entry for entry in history if entry.what == "outcomes.confirmation_requested"]
    return [Item.model_validate(item) for item in asked[-1].facts["delivered"]] if asked else []
