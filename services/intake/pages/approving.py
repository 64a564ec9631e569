"""`/approve/{token}`: a need to approve or send back, from the email. Opening it decides nothing."""

from fastapi import APIRouter, Request, Response

from services.intake.pages.deciding import decide, show_deciding
from services.intake.pages.page_route import PageRoute
from services.intake.pages.visitors import Approver, OnDesk

router = APIRouter(prefix="/approve/{token}", route_class=PageRoute)


@router.get("")
async def show_need(request: Request, token: str, approver: Approver, desk: OnDesk) -> Response:
    """The need, without its family."""
    return await show_deciding(request, approver, f"/approve/{token}", desk, None)


@router.post("/approve")
async def approve(request: Request, token: str, approver: Approver, desk: OnDesk) -> Response:
    """It may go out."""
    return await decide(request, approver, f"/approve/{token}", desk, None, approved=True)


@router.post("/send-back")
async def send_back(request: Request, token: str, approver: Approver, desk: OnDesk) -> Response:
    """The coordinator has to settle something first."""
    return await decide(request, approver, f"/approve/{token}", desk, None, approved=False)
