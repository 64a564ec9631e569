"""`/approvals`: the needs that wait for who is signed in, to approve or send back."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.intake.pages.deciding import decide, show_deciding
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import Anybody, OnDesk, deciding
from services.intake.store import approvals

router = APIRouter(prefix="/approvals", route_class=PageRoute)


@router.get("")
async def show_waiting(request: Request, person: Anybody, desk: OnDesk) -> Response:
    """What waits, the nearest end first."""
    async with desk.pool.acquire() as connection:
        waiting = await approvals.list_for(connection, person.person_id)
    found = [await deciding(desk, need_id, person.person_id, person.language) for need_id in waiting]
    return show(request, "approvals.html", own_language=person.language, person=person, waiting=found)


@router.get("/{need_id}")
async def show_need(request: Request, need_id: UUID, person: Anybody, desk: OnDesk) -> Response:
    """One need, without its family."""
    one = await deciding(desk, need_id, person.person_id, person.language)
    return await show_deciding(request, one, f"/approvals/{need_id}", desk, person)


@router.post("/{need_id}/approve")
async def approve(request: Request, need_id: UUID, person: Anybody, desk: OnDesk) -> Response:
    """It may go out."""
    one = await deciding(desk, need_id, person.person_id, person.language)
    return await decide(request, one, f"/approvals/{need_id}", desk, person, approved=True)


@router.post("/{need_id}/send-back")
async def send_back(request: Request, need_id: UUID, person: Anybody, desk: OnDesk) -> Response:
    """The coordinator has to settle something first."""
    one = await deciding(desk, need_id, person.person_id, person.language)
    return await decide(request, one, f"/approvals/{need_id}", desk, person, approved=False)
