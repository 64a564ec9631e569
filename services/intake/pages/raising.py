"""`/r/{token}`: half a minute for whoever works at a site."""

import secrets
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from schemas.vocabulary import Urgency
from services.intake.limits import TooOften, check_limits
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import AtSite, OnDesk
from services.intake.raising import EnteredRaised, raise_need, status_link

router = APIRouter(prefix="/r/{token}", route_class=PageRoute)

_PER_SITE, _PER_CLIENT = 40, 20
"""In a quarter of an hour. A whole school may share one client address."""


@dataclass
class TypedRaised:
    """The form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    what: str = ""
    urgency: str = Urgency.THIS_WEEK
    student: str = ""
    name: str = ""
    email: str = ""

    def understand(self) -> EnteredRaised:
        """What it means. Raises ValidationError."""
        return EnteredRaised.model_validate({name: value for name, value in vars(self).items() if name != "key"})


@router.get("")
async def show_form(request: Request, site: AtSite) -> Response:
    """An empty form."""
    return show(request, "raise.html", site=site, typed=TypedRaised(), problems={}, urgencies=Urgency)


@router.post("")
async def send(request: Request, site: AtSite, desk: OnDesk) -> Response:
    """Takes it in, and goes on to where it stands."""
    form, words = await request.form(), words_for(request)
    typed = TypedRaised(**{name: str(form.get(name, "")).strip() for name in vars(TypedRaised())})
    problems, status = {}, 422
    try:
        entered = typed.understand()
        client = request.client.host if request.client else ""
        await check_limits(desk.pool, {f"raise {site.site_id}": _PER_SITE, f"raise client {client}": _PER_CLIENT})
        row = await raise_need(desk.pool, desk.seal, site.site_id, entered, typed.key, words.language)
        link = desk.link_keys.sign(status_link(row.raised_id, row.raised_at))
        return RedirectResponse(f"/raised/{link}", 303)
    except ValidationError as error:
        problems = {name: words(f"raise_problem.{name}") for name in {str(one["loc"][0]) for one in error.errors()}}
    except TooOften:
        problems, status = {"form": words("raise_problem.too_many")}, 429
    return show(request, "raise.html", status_code=status, site=site, typed=typed, problems=problems, urgencies=Urgency)
