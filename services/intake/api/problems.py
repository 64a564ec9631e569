"""Every error of the API in one form: RFC 9457, with the fields that are wrong and the way out."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_type_hints

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from services.intake.answers import OfferNotFound
from services.intake.domain.asked import fields_in, never_asked_in
from services.intake.domain.need import NeedEnded, NeedNotFound, NotPossible
from services.intake.matching import MatcherAway
from services.intake.needs import KeyUsedOtherwise
from services.intake.partners import PartnerNotFound
from services.runtime.database import is_passing
from services.runtime.logs import get_logger

_log = get_logger(__name__)

_NOT_FOUND = (NeedNotFound, OfferNotFound, PartnerNotFound)


class ApiProblem(Exception):
    """Something the caller can mend."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(
    status: int, detail: str, errors: Sequence[dict[str, str]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """One problem document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Makes the app answer every error so."""
    for kind in _NOT_FOUND:
        app.add_exception_handler(kind, _not_found)
    app.add_exception_handler(ApiProblem, _api_problem)
    app.add_exception_handler(NotPossible, _not_possible)
    app.add_exception_handler(NeedEnded, _need_ended)
    app.add_exception_handler(KeyUsedOtherwise, _conflict)
    app.add_exception_handler(MatcherAway, _matcher_away)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _api_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiProblem)  # noqa: S101 - registered for this type
    return problem(error.status, error.detail, headers=error.headers)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return problem(404, "There is nothing here under this id that you may see.")


async def _not_possible(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotPossible)  # noqa: S101 - registered for this type
    return problem(422, "Some of this cannot be.", [{"field": error.field, "message": str(error)}])


async def _need_ended(_request: Request, _error: Exception) -> Response:
    return problem(409, "This need has ended; enter a new one.")


async def _conflict(_request: Request, error: Exception) -> Response:
    return problem(409, str(error))


async def _matcher_away(_request: Request, _error: Exception) -> Response:
    return problem(503, "The matcher does not answer right now; try again.", headers={"Retry-After": "2"})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    never_asked = dict.fromkeys(never_asked_in(error.body), "this is never asked; leave it out")
    wrong = {_field_of(one): _say(one, request) for one in error.errors()}
    errors = [{"field": field, "message": message} for field, message in (wrong | never_asked).items()]
    return problem(422, "Some fields are not right; each is named below.", errors)


def _field_of(error: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in error["loc"] if part != "body") or "body"


def _say(error: Mapping[str, Any], request: Request) -> str:
    """What is wrong, without the value: it may be a family's."""
    match error["type"]:
        case "extra_forbidden":
            fields = _fields_beside(error["loc"], request)
            return f"this is not one of the fields; {f'the fields are {fields}' if fields else 'leave it out'}"
        case "missing":
            return "this is needed"
        case "uuid_parsing":
            return "this is not an id"
    return str(error["msg"]).removeprefix("Value error, ")


def _fields_beside(place: Sequence[str | int], request: Request) -> str:
    """The names that may stand where an unknown one stood, by the model that the route reads; empty if it has none."""
    hints = get_type_hints(request.scope["endpoint"])
    bodies = [hint for name, hint in hints.items() if name != "return" and isinstance(hint, type)]
    within = [str(part) for part in place[1:-1] if isinstance(part, str)]
    paths = (path.split(".") for body in bodies if issubclass(body, BaseModel) for path, _ in fields_in(body))
    return ", ".join(path[-1] for path in paths if path[:-1] == within)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _unexpected(_request: Request, error: Exception) -> Response:
    if is_passing(error):
        _log.warning("database away", error=type(error).__name__)
        return problem(503, "The database is away for a moment; try again.", headers={"Retry-After": "2"})
    _log.error("request failed", exc_info=error)
    return problem(500, "Something is wrong on our side. Nothing was stored; trying again is safe.")
