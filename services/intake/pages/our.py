"""`/our`: what a partner's contact sees who is signed in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.links import OfferLink
from services.intake.domain.not_asked import NOT_ON_FORMS, tell
from services.intake.matching import MatcherAway
from services.intake.not_asked import look
from services.intake.our_offers import read_our_offers
from services.intake.pages.live import stream_changes
from services.intake.pages.page_route import PageRoute
from services.intake.pages.problems import NotHere
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OnDesk, OurPartner
from services.intake.store import changes, offers

router = APIRouter(prefix="/our", route_class=PageRoute)

_LINK_LASTS = timedelta(hours=2)
"""Long enough to answer, and no longer: whoever signs out leaves no open door in the browser's history."""


@router.get("")
async def show_home(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """What waits for them, what they hold, and how it ended."""
    now = datetime.now(UTC)
    async with desk.pool.acquire() as connection:
        seen = await changes.read_mark(connection, changes.partner_marks, reached.partner.partner_id)
    return show(
        request,
        "our_home.html",
        own_language=reached.contact.language,
        reached=reached,
        ours=await read_our_offers(desk.pool, reached, now),
        seen=seen,
    )


@router.get("/live")
async def stream_home(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Says when there is something new to see."""
    return stream_changes(request, desk, changes.partner_marks, reached.partner.partner_id)


@router.get("/not-asked")
async def show_not_asked(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """What left the partner out lately, and what it can change."""
    try:
        made = await look(desk.pool, desk.matcher, reached.partner.partner_id, datetime.now(UTC))
    except MatcherAway:
        made = None
    return show(
        request,
        "our_not_asked.html",
        own_language=reached.contact.language,
        reached=reached,
        made=made,
        told=tell(made.figures) if made else None,
        not_on_forms=NOT_ON_FORMS,
    )


@router.get("/offers/{offer_id}")
async def open_offer(offer_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """On to the page of what the partner is asked or holds, by a link that is made for this contact now."""
    now = datetime.now(UTC)
    async with desk.pool.acquire() as connection:
        found = await offers.offers_to(connection, reached.partner.partner_id, since=now)
    offer = next((one.offer for one in found if one.offer.offer_id == offer_id), None)
    if offer is None:
        raise NotHere
    link = OfferLink(offer.need_id, offer_id, reached.contact.contact_id, now + _LINK_LASTS)
    return RedirectResponse(f"/o/{desk.link_keys.sign(link)}", 303)
