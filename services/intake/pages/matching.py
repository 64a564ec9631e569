"""`/needs/{need_id}/matching`: who else could help. A page of its own, so that a slow matcher holds up no other."""

from collections.abc import Awaitable
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.intake import needs
from services.intake.explaining import Explanation
from services.intake.matching import About, MatcherAway, Matching, match_need
from services.intake.pages.languages import Words
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/needs/{need_id}/matching", route_class=PageRoute)

SHOWN = About(most=5)


@router.get("")
async def show_matching(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Who else could help with what is still open, and what leaves out the others."""
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    explanation = await explain(match_need(desk.pool, desk.matcher, need, SHOWN), words_for(request, person.language))
    return show(
        request, "matching.html", own_language=person.language, person=person, need=need, explanation=explanation
    )


async def explain(asking: Awaitable[Matching], words: Words) -> Explanation | None:
    """What there is to say; None while the matcher is away."""
    try:
        return Explanation(await asking, words)
    except MatcherAway:
        return None
