"""`/a/{token}`: whether an address is its reader's. One tap; before it, nothing but this question goes there."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake import contacts
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OfAddress, OnDesk

router = APIRouter(prefix="/a/{token}", route_class=PageRoute)


@router.get("")
async def show_question(request: Request, asked: OfAddress) -> Response:
    """Is this you? Or thanks, when that was answered."""
    found = [one for one in asked.partner.contacts if one.contact_id == asked.question.contact_id]
    return show(
        request,
        "address.html",
        own_language=found[0].language if found else None,
        partner=asked.partner,
        channel=asked.question.channel,
        confirmed=asked.question.confirmed,
        is_change=asked.question.then_channel is not None,
        # In full: whoever is asked has to see whether it is right.
        new=asked.question.then_address,
    )


@router.post("")
async def confirm(token: str, asked: OfAddress, desk: OnDesk) -> Response:
    """Yes, it is. Saying it again changes nothing."""
    await contacts.confirm_address(desk.pool, desk.seal, asked.question)
    return RedirectResponse(f"/a/{token}", 303)
