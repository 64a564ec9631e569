"""`/applications`: the organizations that ask to join, for the network's administrator to accept or refuse."""

from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.taxonomy import CATEGORY_LABELS
from services.intake import applying
from services.intake.desk import Desk
from services.intake.domain.need import NotPossible
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Administrator, OnDesk
from services.intake.store import applications
from services.intake.store.people import Person

router = APIRouter(prefix="/applications", route_class=PageRoute)


@router.get("")
async def show_waiting(request: Request, person: Administrator, desk: OnDesk) -> Response:
    """What waits, the oldest first."""
    async with desk.pool.acquire() as connection:
        waiting = await applications.list_waiting(connection)
    return show(request, "applications.html", own_language=person.language, person=person, waiting=waiting)


@router.get("/{application_id}")
async def show_application(request: Request, application_id: UUID, person: Administrator, desk: OnDesk) -> Response:
    """One, with all that it says."""
    return await _show(request, application_id, person, desk, {})


@router.post("/{application_id}/accept")
async def accept(application_id: UUID, person: Administrator, desk: OnDesk) -> Response:
    """It becomes a partner."""
    await applying.accept(desk.pool, desk.seal, application_id, person)
    return RedirectResponse("/applications", 303)


@router.post("/{application_id}/refuse")
async def refuse(request: Request, application_id: UUID, person: Administrator, desk: OnDesk) -> Response:
    """It does not."""
    reason = str((await request.form()).get("reason", "")).strip()
    try:
        await applying.refuse(desk.pool, application_id, person, reason)
    except NotPossible:
        problems = {"reason": words_for(request, person.language)("join_problem.reason")}
        return await _show(request, application_id, person, desk, problems)
    return RedirectResponse("/applications", 303)


async def _show(
    request: Request, application_id: UUID, person: Person, desk: Desk, problems: dict[str, str]
) -> Response:
    row, entered = await applying.read_application(desk.pool, application_id)
    if row.state != "waiting":
        return RedirectResponse("/applications", 303)
    language = words_for(request, person.language).language
    names = Locale(language).languages
    return show(
        request,
        "application.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        row=row,
        entered=entered,
        categories=[CATEGORY_LABELS[one][language] for one in entered.categories],
        spoken=[names.get(code, code) for code in entered.languages],
        problems=problems,
    )
