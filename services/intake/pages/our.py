"""`/our`: what a partner's contact sees who is signed in."""

from fastapi import APIRouter, Request, Response

from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OurPartner

router = APIRouter(prefix="/our", route_class=PageRoute)


@router.get("")
async def show_home(request: Request, reached: OurPartner) -> Response:
    """What waits for them."""
    return show(request, "our_home.html", own_language=reached.contact.language, reached=reached)
