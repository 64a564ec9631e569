"""The page on which somebody approves a need or sends it back, signed in or by a link."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.intake import approving
from services.intake.desk import Desk
from services.intake.domain.need import NotPossible
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Deciding
from services.intake.store import keys, staff
from services.intake.store.people import Person

_NO_REVISION = -1


async def show_deciding(
    request: Request,
    deciding: Deciding,
    place: str,
    desk: Desk,
    person: Person | None,
    problems: dict[str, str] | None = None,
    reason: str = "",
) -> Response:
    """The page as it is right now. `person` is who is signed in; None where a link was opened."""
    entered_by = deciding.need.entered_by
    async with desk.pool.acquire() as connection:
        site_name, _ = await keys.site_of(connection, deciding.need.site_id)
        coordinator = await staff.read_person(connection, entered_by) if entered_by else None
    return show(
        request,
        "approval.html",
        status_code=422 if problems else 200,
        own_language=deciding.language,
        deciding=deciding,
        place=place,
        person=person,
        site_name=site_name,
        entered_by=coordinator.name if coordinator else None,
        problems=problems or {},
        reason=reason,
    )


async def decide(
    request: Request, deciding: Deciding, place: str, desk: Desk, person: Person | None, *, approved: bool
) -> Response:
    """Takes the decision, and shows the page with it; or the form again, with what is wrong."""
    form, words = await request.form(), words_for(request, deciding.language)
    revision, reason = _read_number(str(form.get("revision", ""))), str(form.get("reason", "")).strip()
    need_id, by = deciding.need.need_id, deciding.person_id
    try:
        if approved:
            await approving.approve(desk.pool, need_id, by, revision)
        else:
            await approving.send_back(desk.pool, need_id, by, revision, reason)
    except approving.ChangedMeanwhile:
        problems = {"form": words("approval.changed")}
    except NotPossible:
        problems = {"reason": words("approval.bad_reason")}
    else:
        return RedirectResponse(place, 303)
    return await show_deciding(request, deciding, place, desk, person, problems, reason)


def _read_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else _NO_REVISION
