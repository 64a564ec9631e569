"""`/needs/{need_id}/households/{other_id}`: two needs are of the same household, or not after all."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from services.intake import households
from services.intake.pages.page_route import PageRoute
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/needs/{need_id}/households/{other_id}", route_class=PageRoute)


@router.post("/link")
async def link(need_id: UUID, other_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """It is the same household."""
    await households.link_needs(desk.pool, need_id, other_id, person)
    return RedirectResponse(f"/needs/{need_id}", 303)


@router.post("/unlink")
async def unlink(need_id: UUID, other_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """It is not the same after all."""
    await households.unlink_needs(desk.pool, need_id, other_id, person)
    return RedirectResponse(f"/needs/{need_id}", 303)
