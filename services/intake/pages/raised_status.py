"""`/raised/{token}`: how far what somebody raised has come, in plain words, and no family."""

from fastapi import APIRouter, Request, Response

from services.intake import needs
from services.intake.pages.need_status import status_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OnDesk, Raiser

router = APIRouter(prefix="/raised/{token}", route_class=PageRoute)


@router.get("")
async def show_status(request: Request, raiser: Raiser, desk: OnDesk) -> Response:
    """Where it stands, in plain words."""
    stands = f"closed_{raiser.closed}" if raiser.closed else "raised"
    if raiser.need_id is not None:
        need, history = await needs.read_need(desk.pool, raiser.need_id, raiser.site_id)
        stands = status_of(need, history)
    return show(request, "raised.html", raised=raiser, stands=stands, own_language=raiser.language)
