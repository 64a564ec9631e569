"""`/join`: an organization says who it is and how it could help. Nothing is asked of it before somebody has looked."""

import secrets
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from schemas.taxonomy import CATEGORY_LABELS
from schemas.vocabulary import PartnerKind
from services.intake.applying import EnteredApplication, apply
from services.intake.limits import TooOften, check_limits
from services.intake.pages.directory import languages_to_choose
from services.intake.pages.languages import LANGUAGES
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk

router = APIRouter(prefix="/join", route_class=PageRoute)

TRAP = "website"
"""A field that nobody sees, hears or reaches by keyboard: what fills it in is no person."""
_PER_CLIENT, _IN_ALL = 5, 60
"""In a quarter of an hour."""
_DEFAULT_MILES = "10"


@dataclass
class TypedApplication:
    """The form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    name: str = ""
    kind: str = ""
    categories: tuple[str, ...] = ()
    zip_code: str = ""
    miles: str = _DEFAULT_MILES
    languages: tuple[str, ...] = ()
    about: str = ""
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"

    def understand(self) -> EnteredApplication:
        """What it means. Raises ValidationError."""
        said = {name: value for name, value in vars(self).items() if name != "key"}
        return EnteredApplication.model_validate({**said, "phone": self.phone or None})


@router.get("")
async def show_form(request: Request) -> Response:
    """An empty form."""
    return _show(request, TypedApplication(language=words_for(request).language), {})


@router.post("")
async def send(request: Request, desk: OnDesk) -> Response:
    """Takes it in, and says what happens next."""
    form, words = await request.form(), words_for(request)
    typed = _read(form)
    try:
        entered = typed.understand()
        client = request.client.host if request.client else ""
        await check_limits(desk.pool, {f"join client {client}": _PER_CLIENT, "join": _IN_ALL})
    except ValidationError as error:
        names = {str(one["loc"][0]) for one in error.errors()}
        return _show(request, typed, {name: words(f"join_problem.{name}") for name in names})
    except TooOften:
        return _show(request, typed, {"form": words("join_problem.too_many")}, 429)
    if not form.get(TRAP):
        await apply(desk.pool, entered, typed.key)
    return RedirectResponse("/join/sent", 303)


@router.get("/sent")
async def show_sent(request: Request) -> Response:
    """What happens next."""
    return show(request, "join_sent.html")


def _read(form: FormData) -> TypedApplication:
    typed = TypedApplication()
    for name, value in vars(typed).items():
        many = tuple(str(one) for one in form.getlist(name))
        setattr(typed, name, many if isinstance(value, tuple) else str(form.get(name, "")).strip())
    return typed


def _show(request: Request, typed: TypedApplication, problems: dict[str, str], status: int = 422) -> Response:
    words = words_for(request)
    return show(
        request,
        "join.html",
        status_code=status if problems else 200,
        typed=typed,
        problems=problems,
        kinds=PartnerKind,
        categories=[(category, labels[words.language]) for category, labels in CATEGORY_LABELS.items()],
        spoken=languages_to_choose(words),
        languages=LANGUAGES,
        trap=TRAP,
    )
