"""`/needs/new`: a coordinator's form for a need, and what it is told while it is being written."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.intake.pages.enterer import at_site
from services.intake.pages.entering import enter_need, show_form
from services.intake.pages.page_route import PageRoute
from services.intake.pages.preview import show_preview, show_things
from services.intake.pages.raised_needs import begin_raised
from services.intake.pages.typed_need import Typed
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/needs/new", route_class=PageRoute)


@router.get("")
async def begin(
    request: Request, person: SignedIn, desk: OnDesk, first: UUID | None = None, raised: UUID | None = None
) -> Response:
    """An empty form; with a partner that is to be asked first, where one was picked; or what a colleague raised."""
    typed = await begin_raised(desk, raised, person) if raised else Typed()
    if first:
        typed.first = (str(first),)
    return await show_form(request, desk, at_site(person), typed, {})


@router.post("")
async def enter(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Takes a need in."""
    return await enter_need(request, desk, at_site(person))


@router.post("/things")
async def find_things(request: Request, person: SignedIn) -> Response:
    """The things that the words typed so far may mean."""
    return await show_things(request, at_site(person))


@router.post("/preview")
async def preview(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """Who could help with what is typed so far, and who would be asked first."""
    return await show_preview(request, desk, at_site(person))
