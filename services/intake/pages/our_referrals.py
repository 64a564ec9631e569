"""`/our/refer` and `/our/referrals`: a partner refers a family of its own, and sees what was answered."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from schemas.vocabulary import UnmetCause
from services.intake import referring
from services.intake.pages.directory import show_found
from services.intake.pages.enterer import of_partner
from services.intake.pages.entering import enter_need, show_form
from services.intake.pages.page_route import PageRoute
from services.intake.pages.preview import show_preview, show_things
from services.intake.pages.rendering import show
from services.intake.pages.typed_need import Typed
from services.intake.pages.visitors import OnDesk, OurPartner
from services.intake.store.needs import NeedRow

router = APIRouter(prefix="/our", route_class=PageRoute)


@router.get("/refer")
async def begin(request: Request, reached: OurPartner, desk: OnDesk, first: UUID | None = None) -> Response:
    """An empty form; with a partner that is to be asked first, where one was picked."""
    typed = Typed(first=(str(first),) if first else ())
    return await show_form(request, desk, of_partner(reached), typed, {})


@router.post("/refer")
async def refer(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes a need in, which this partner referred."""
    return await enter_need(request, desk, of_partner(reached))


@router.post("/refer/things")
async def find_things(request: Request, reached: OurPartner) -> Response:
    """The things that the words typed so far may mean."""
    return await show_things(request, of_partner(reached))


@router.post("/refer/preview")
async def preview(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """How many could help with what is typed so far."""
    return await show_preview(request, desk, of_partner(reached))


@router.get("/directory")
async def show_directory(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """The programmes and partners to whom a family can be referred."""
    return await show_found(request, desk, of_partner(reached))


@router.get("/referrals")
async def list_referrals(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """What this partner referred, newest first."""
    found = await referring.list_referrals(desk.pool, reached.partner.partner_id)
    return show(
        request,
        "our_referrals.html",
        own_language=reached.contact.language,
        reached=reached,
        referrals=found,
        stands=_stands,
    )


@router.get("/referrals/{referral_id}")
async def show_referral(request: Request, referral_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """Where one stands, and what was answered."""
    referral = await referring.look_at(desk.pool, referral_id, reached.partner.partner_id)
    return show(
        request,
        "our_referral.html",
        own_language=reached.contact.language,
        reached=reached,
        referral=referral,
        need=referral.need,
        stands=_stands(referral.need),
    )


def _stands(need: NeedRow) -> str:
    """A key of the section `referral_status`. Why a family takes its yes back is not its referrer's to know."""
    closed = need.withdrawn or need.progress.cause in {UnmetCause.CANCELLED, UnmetCause.CONSENT_WITHDRAWN}
    return "closed" if closed else str(need.progress.status)
