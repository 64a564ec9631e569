"""`/undelivered`: what did not arrive, and what to do instead. A coordinator sees the needs of the own site alone."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.undelivered import list_to_deal_with, settle

router = APIRouter(prefix="/undelivered", route_class=PageRoute)


@router.get("")
async def show_undelivered(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Everything that waits for somebody, oldest first."""
    async with desk.pool.acquire() as connection:
        undelivered = await list_to_deal_with(connection, person.site_id)
    return show(request, "undelivered.html", own_language=person.language, person=person, undelivered=undelivered)


@router.post("/{message_id}/settled")
async def write_down(message_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Somebody dealt with it."""
    await settle(desk.pool, message_id, person)
    return RedirectResponse("/undelivered", 303)
