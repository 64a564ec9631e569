"""What holds for every page: the headers that keep it private, and a kind page when something is wrong."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from services.intake.answers import OfferNotFound
from services.intake.domain.need import NeedNotFound
from services.intake.domain.own_record import Gone
from services.intake.pages.cookies import Cookie, is_https, put_cookie
from services.intake.pages.foreign_forms import FIELD, refuse_foreign_forms
from services.intake.pages.problems import NotHere, NotYet, OutOfOrder, PageProblem, SignInNeeded
from services.intake.pages.rendering import show
from services.intake.partners import PartnerNotFound
from services.intake.staff import NotYours
from services.runtime.logs import get_logger

_log = get_logger(__name__)

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
_WANTED_FOR_S = 15 * 60
SESSION_S = 7 * 24 * 3600
_HTTPS_FOR_A_YEAR = "max-age=31536000; includeSubDomains"


def add_kind_pages(app: FastAPI) -> None:
    """People who come to where no page is get one, too; programs are told as before.

    A form's own address leads back to the page that it stands on: that is where another language is looked for.
    """
    tell_programs = app.exception_handlers[HTTPException]

    async def tell(request: Request, error: HTTPException) -> Response:
        if "text/html" not in request.headers.get("accept", "") or error.status_code not in {404, 405}:
            told = tell_programs(request, error)
            return told if isinstance(told, Response) else await told
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            url = request.url
            return RedirectResponse(url.replace(path=url.path.rpartition("/")[0] or "/", scheme="", netloc=""), 303)
        answer = _explain(request, NotHere())
        _keep_private(request, answer)
        return answer

    app.add_exception_handler(HTTPException, tell)  # type: ignore[arg-type]


class KindRoute(APIRoute):
    """A route that answers people: with a page, whatever goes wrong, and privately."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps FastAPI's own."""
        handle = super().get_route_handler()

        async def handle_kindly(request: Request) -> Response:
            try:
                answer = await handle(request)
            except SignInNeeded:
                answer = await _keep_what_was_typed(request) or _ask_to_sign_in(request)
            except PageProblem as problem:
                answer = _explain(request, problem)
            except (Gone, NeedNotFound, NotYours, OfferNotFound, PartnerNotFound, RequestValidationError):
                answer = _explain(request, NotHere())
            except Exception as error:  # noqa: BLE001 - people get a page, whatever it is
                _log.error("page failed", exc_info=error)
                answer = _explain(request, OutOfOrder())
            _keep_private(request, answer)
            return answer

        return handle_kindly


class PageRoute(KindRoute):
    """A route of a page: it takes no form that another site made, and stands in no schema."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - as FastAPI's
        guards = [Depends(refuse_foreign_forms), *(options.pop("dependencies", None) or ())]
        super().__init__(path, endpoint, **options | {"dependencies": guards, "include_in_schema": False})


def _explain(request: Request, problem: PageProblem) -> Response:
    signed_in = Cookie.SESSION in request.cookies
    answer = show(request, "gone.html", status_code=problem.status, text=problem.text, signed_in=signed_in)
    if isinstance(problem, NotYet):
        answer.headers["Refresh"] = "1"
    return answer


async def _keep_what_was_typed(request: Request) -> Response | None:
    """A page that holds the form that somebody sent whose session had ended, to be sent again; None for an empty one.

    It is given back to the browser it came from, and stands nowhere else.
    """
    if request.method != "POST" or ("hx-request" in request.headers and "hx-boosted" not in request.headers):
        return None
    sent = (await request.form()).multi_items()
    fields = [(name, value) for name, value in sent if isinstance(value, str)]
    # A browser lets nobody but its user choose a file.
    files = [(name, value.filename) for name, value in sent if not isinstance(value, str) and value.filename]
    if not files and not any(value for name, value in fields if name != FIELD):
        return None
    return show(request, "signed_out.html", status_code=422, fields=fields, files=files)


def _ask_to_sign_in(request: Request) -> Response:
    if "hx-request" in request.headers and "hx-boosted" not in request.headers:
        # A part of a page: what was typed on it stays, and a page that only shows something asks by itself.
        return Response(status_code=401, headers={"HX-Refresh": "true"} if request.method == "GET" else {})
    answer = RedirectResponse("/sign-in", 303)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        put_cookie(request, answer, Cookie.WANTED, request.url.path, seconds=_WANTED_FOR_S)
    return answer


def _keep_private(request: Request, answer: Response) -> None:
    answer.headers.update(_HEADERS)
    if is_https(request):
        answer.headers["Strict-Transport-Security"] = _HTTPS_FOR_A_YEAR
    if (renewed := getattr(request.state, "renewed_session", None)) is not None:
        put_cookie(request, answer, Cookie.SESSION, renewed, seconds=SESSION_S)
