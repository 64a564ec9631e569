"""`/needs/{need_id}/offers/{offer_id}/phoned`: what a partner said by phone, written down."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.vocabulary import DeclineReason
from services.intake import answers
from services.intake.pages.one_need import show_page
from services.intake.pages.page_route import PageRoute
from services.intake.pages.quantities import read_quantities
from services.intake.pages.rendering import words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.phoned import answer_by_phone

router = APIRouter(prefix="/needs/{need_id}/offers/{offer_id}", route_class=PageRoute)


@router.post("/phoned")
async def write_down(request: Request, need_id: UUID, offer_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """They said yes, to these quantities, or they said no."""
    who, offer = await answer_by_phone(desk.pool, need_id, person.site_id, offer_id)
    form = await request.form()
    match form.get("said"):
        case "yes":
            lines = read_quantities(form, offer.terms.items)
            if lines is None:
                problems = {f"phoned-{offer_id}": words_for(request, person.language)("problem.lines")}
                return await show_page(request, need_id, person, desk, problems, form)
            await answers.accept_offer(desk.pool, who, lines)
        case "no":
            await answers.say_no(desk.pool, who, DeclineReason.OTHER)
    back = "/calls" if form.get("back") == "calls" else ""
    return RedirectResponse(f"/needs/{need_id}{back}", 303)
