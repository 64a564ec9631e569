"""`/needs/{need_id}/change`: another quantity, or another last day."""

from collections.abc import Mapping
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from schemas.event import Item
from services.intake import needs
from services.intake.changing import change_need
from services.intake.domain.need import NeedEnded, NotPossible
from services.intake.pages.one_need import show_page
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import words_for
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/needs/{need_id}", route_class=PageRoute)

_MOST_DIGITS = 6


@router.post("/change")
async def change(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Takes the numbers and the day as they are typed now."""
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    form = await request.form()
    try:
        quantities = _read_quantities(form, need.terms.items)
        needed_by = _read_day(form, need.terms.needed_by, person.time_zone)
        await change_need(desk.pool, need_id, person.site_id, quantities, needed_by, str(form.get("seen", "")))
    except NotPossible as error:
        place = error.field if error.field == "needed_by" else "quantities"
        problems = {f"change-{place}": words_for(request, person.language)(f"change.bad_{error.field}")}
        return await show_page(request, need_id, person, desk, problems, form)
    except NeedEnded:
        pass  # The page says how it ended.
    return RedirectResponse(f"/needs/{need_id}", 303)


def _read_quantities(form: FormData, items: tuple[Item, ...]) -> Mapping[int, int]:
    typed = {item.line: str(form.get(f"line-{item.line}", item.quantity)).strip() for item in items}
    if not all(one.isascii() and one.isdigit() and len(one) <= _MOST_DIGITS for one in typed.values()):
        raise NotPossible("quantities", "write numbers")
    return {line: int(one) for line, one in typed.items()}


def _read_day(form: FormData, before: datetime, zone: str) -> datetime | None:
    """The whole of that day, where the family lives; None where it is the day that it was."""
    try:
        day = date.fromisoformat(str(form.get("needed_by", "")).strip())
    except ValueError as error:
        raise NotPossible("needed_by", "choose a day") from error
    there = ZoneInfo(zone)
    return None if day == before.astimezone(there).date() else datetime.combine(day, time(23, 59), there)
