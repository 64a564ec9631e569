"""Who looked: `/needs/{need_id}/looks` for a family's own copy, `/disclosures` for the district."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.intake import needs
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import Officer, OnDesk, SignedIn
from services.intake.store import consents, disclosures

router = APIRouter(route_class=PageRoute)

_AT_ONCE = 100
_MOST = 1000


@router.get("/needs/{need_id}/looks")
async def show_looks(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """All looks at one family, and what it agreed to: to read out, or to print for them."""
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    async with desk.pool.acquire() as connection:
        looks = await disclosures.list_looks(connection, need_id, _MOST, None)
        agreed = await consents.consents_of(connection, need_id)
    return show(
        request, "looks.html", own_language=person.language, person=person, need=need, looks=looks, agreed=agreed
    )


@router.get("/disclosures")
async def show_log(request: Request, person: Officer, desk: OnDesk, before: int | None = None) -> Response:
    """The district's log: all sites, newest first, no family."""
    async with desk.pool.acquire() as connection:
        looks = await disclosures.list_looks(connection, None, _AT_ONCE, before)
    older = looks[-1].sequence if len(looks) == _AT_ONCE else None
    return show(request, "disclosures.html", own_language=person.language, person=person, looks=looks, older=older)
