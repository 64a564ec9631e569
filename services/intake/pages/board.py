"""`/needs`: the board. A coordinator sees the needs of the own site alone, what waits for them first."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake import board
from services.intake.domain.need import NotPossible
from services.intake.domain.next_step import Step
from services.intake.pages.need_status import status_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/needs", route_class=PageRoute)

_WHERE = {
    Step.CALL_TONIGHT: "/calls",
    Step.CALL: "/calls",
    Step.CALL_SOON: "/calls",
    Step.CHANGE: "/matching",
    Step.REACH: "/family",
    Step.LOOK_AT_VISIT: "#visits",
    Step.MEND: "",
    Step.FIND_OUT_WHOSE: "#family",
}
"""Below a need's own page. All else is answered at its question whether help arrived."""


@router.get("")
async def show_board(
    request: Request, person: SignedIn, desk: OnDesk, before: str | None = None, *, ended: bool = False
) -> Response:
    """First what waits for the coordinator, then what moves; what has ended where it is asked for."""
    now = datetime.now(UTC)
    try:
        found = await board.read_board(desk.pool, person.site_id, now, before)
    except NotPossible:
        return RedirectResponse("/needs", 303)
    return show(
        request,
        "board.html",
        own_language=person.language,
        person=person,
        board=found,
        ended=ended or before is not None,
        status_of=status_of,
        where=lambda step: _WHERE.get(step, "#arrived"),
    )
