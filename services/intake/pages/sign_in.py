"""`/`, `/sign-in`, `/sign-out`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake import signing_in
from services.intake.domain.contacts import Reached
from services.intake.domain.reaching import read_email
from services.intake.pages.cookies import Cookie, drop_cookie, put_cookie
from services.intake.pages.page_route import SESSION_S, PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Entered, OnDesk
from services.intake.store.people import Role

router = APIRouter(route_class=PageRoute)

_BOARD = "/needs"
_WANTED = (
    *(f"{_BOARD}/", "/partners", "/undelivered", "/raised-needs", "/approvals"),
    *("/people", "/sites", "/applications", "/imports"),
)
"""How the pages begin that somebody who works here may be brought back to."""
_PARTNERS_DOOR = "/our"
"""And how all pages of a partner's contact begin."""
_DOORS = {
    Role.COORDINATOR: _BOARD,
    Role.SUPERVISOR: "/people",
    Role.ADMINISTRATOR: "/people",
    Role.DISTRICT: "/disclosures",
}


@router.get("/")
async def choose_door(visitor: Entered) -> Response:
    """The page that who is signed in is there for; the sign-in page for everybody else."""
    return RedirectResponse(_PARTNERS_DOOR if isinstance(visitor, Reached) else _DOORS[visitor.role], 303)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Asks for the email address."""
    return show(request, "sign_in.html", email="", problems={})


@router.post("/sign-in")
async def ask_for_link(request: Request, desk: OnDesk) -> Response:
    """Says the same whether we know the address or not."""
    typed, words = str((await request.form()).get("email", "")).strip(), words_for(request)
    try:
        email = read_email(typed)
        client = request.client.host if request.client else ""
        await signing_in.ask_for_link(desk.pool, email, words.language, client)
    except ValueError:
        problems = {"email": words("sign_in.bad_email")}
        return show(request, "sign_in.html", status_code=422, email=typed, problems=problems)
    except signing_in.TooManyAttempts:
        problems = {"email": words("sign_in.too_many")}
        return show(request, "sign_in.html", status_code=429, email=typed, problems=problems)
    return RedirectResponse("/sign-in/sent", 303)


@router.get("/sign-in/sent")
async def show_sent(request: Request) -> Response:
    """Where to look for the link."""
    return show(request, "sign_in_sent.html")


@router.get("/sign-in/{token}")
async def show_link(request: Request, token: str, desk: OnDesk) -> Response:
    """A button. Mail scanners open links, so opening it uses nothing up."""
    if not await signing_in.is_link(desk.pool, token):
        return show(request, "sign_in_gone.html", status_code=410)
    return show(request, "sign_in_link.html")


@router.post("/sign-in/{token}")
async def enter(request: Request, token: str, desk: OnDesk) -> Response:
    """Signs in, and goes on to the page that was wanted."""
    session = await signing_in.sign_in(desk.pool, token)
    if session is None:
        return show(request, "sign_in_gone.html", status_code=410)
    wanted = request.cookies.get(Cookie.WANTED, "")
    visitor = await signing_in.who_is(desk.pool, session)
    theirs = (_PARTNERS_DOOR,) if isinstance(visitor, Reached) else _WANTED
    answer = RedirectResponse(wanted if wanted.startswith(theirs) else "/", 303)
    put_cookie(request, answer, Cookie.SESSION, session, seconds=SESSION_S)
    drop_cookie(request, answer, Cookie.WANTED)
    return answer


@router.post("/sign-out")
async def leave(request: Request, desk: OnDesk) -> Response:
    """Ends the session."""
    if (session := request.cookies.get(Cookie.SESSION)) is not None:
        await signing_in.sign_out(desk.pool, session)
    answer = RedirectResponse("/sign-in", 303)
    drop_cookie(request, answer, Cookie.SESSION)
    return answer
