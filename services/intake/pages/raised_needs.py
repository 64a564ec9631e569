"""`/raised-needs`: what colleagues raised at the own site, to be completed into a need or closed."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake import raising
from services.intake.desk import Desk
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.typed_need import Typed
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.staff import NotYours
from services.intake.store import raised
from services.intake.store.people import Person
from services.intake.store.raised import Closed

router = APIRouter(prefix="/raised-needs", route_class=PageRoute)

REASONS = {one.value: one for one in Closed if one is not Closed.NOT_LOOKED_AT}


@router.get("")
async def show_waiting(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """What waits, the most urgent first. What a family needs stays sealed here."""
    async with desk.pool.acquire() as connection:
        waiting = await raised.list_waiting(connection, person.site_id)
    return show(request, "raised_needs.html", own_language=person.language, person=person, waiting=waiting)


@router.get("/{raised_id}")
async def show_raised(request: Request, raised_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """One, opened. What it has become, where somebody was quicker."""
    return await _show(request, raised_id, person, desk, {})


@router.post("/{raised_id}/close")
async def close(request: Request, raised_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """There will be no need of it."""
    why = REASONS.get(str((await request.form()).get("reason", "")))
    if why is None:
        problems = {"reason": words_for(request, person.language)("problem.reason")}
        return await _show(request, raised_id, person, desk, problems)
    await raising.close(desk.pool, raised_id, why, person)
    return RedirectResponse("/raised-needs", 303)


async def _show(request: Request, raised_id: UUID, person: Person, desk: Desk, problems: dict[str, str]) -> Response:
    async with desk.pool.acquire() as connection:
        row = await raised.read_raised(connection, raised_id)
    if row is None or row.site_id != person.site_id:
        raise NotYours
    if row.sealed is None:
        return RedirectResponse(f"/needs/{row.need_id}" if row.need_id else "/raised-needs", 303)
    opened = await raising.open_raised(desk.pool, desk.seal, raised_id, person.site_id)
    return show(
        request,
        "raised_need.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        raised=opened.row,
        details=opened.details,
        reasons=REASONS,
        problems=problems,
    )


async def begin_raised(desk: Desk, raised_id: UUID, person: Person) -> Typed:
    """A need's form that begins with what a colleague said. Raises NotYours for what waits no more."""
    opened = await raising.open_raised(desk.pool, desk.seal, raised_id, person.site_id)
    notes = f"{opened.details.what}\n{opened.details.student}\n{opened.row.name}, {opened.row.email}"
    return Typed(raised=str(raised_id), urgency=opened.row.urgency, notes=notes)


def is_id(text: str) -> bool:
    """Whether a text is an id, as forms carry them."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
