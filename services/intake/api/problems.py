"""Every error of the API in one form: RFC 9457, with the fields that are wrong and the way out."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from services.intake.answers import OfferNotFound
from services.intake.domain.need import NeedEnded, NeedNotFound, NotPossible
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


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    errors = [
        {"field": ".".join(str(part) for part in one["loc"] if part != "body") or "body", "message": _say(one)}
        for one in error.errors()
    ]
    return problem(422, "Some fields are not right; each is named below.", errors)


def _say(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field; leave it out"
        case "missing":
            return "this is needed"
    return str(error["msg"]).removeprefix("Value error, ")


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _unexpected(_request: Request, error: Exception) -> Response:
    if is_passing(error):
        _log.warning("database away", error=type(error).__name__)
        return problem(503, "The database is away for a moment; try again.", headers={"Retry-After": "2"})
    _log.error("request failed", exc_info=error)
    return problem(500, "Something is wrong on our side. Nothing was stored; trying again is safe.")
