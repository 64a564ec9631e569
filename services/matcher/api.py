"""`/internal/v1/match`: who could help, asked by intake for people. A look into the index; nothing is written."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from pydantic import SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.matching import Match, MatchAnswer, MatchQuestion, MatchTally, NearMiss
from schemas.offers import OfferReasons
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.directory import Directory
from services.matcher.domain.eligible import Asked, Eligible, Nearly
from services.matcher.domain.programmes import ServiceKey
from services.matcher.domain.state import picked_to_be_first

_LARGEST_BODY = 128 * 1024
_AGAIN_AFTER_S = 2


def match_route(
    directory: Directory, closed: Callable[[], frozenset[ServiceKey]], caught_up: Callable[[], bool], api_key: SecretStr
) -> Route:
    """The route; `closed` are the programmes that take nobody.

    Before the directory has caught up it answers 503: who is not in it yet would be called missing.
    """
    expected = f"Bearer {api_key.get_secret_value()}".encode()

    async def match(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return _problem(HTTPStatus.UNAUTHORIZED, "Send the matcher's key.", {"WWW-Authenticate": "Bearer"})
        body = await _read_body(request)
        if body is None:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {_LARGEST_BODY // 1024} kB fit.")
        if not caught_up():
            return _problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The directory is still being read; try again.",
                {"Retry-After": str(_AGAIN_AFTER_S)},
            )
        try:
            question = MatchQuestion.model_validate_json(body)
        except ValidationError as error:
            wrong = sorted({".".join(str(part) for part in one["loc"]) or "body" for one in error.errors()})
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"This cannot be read: {', '.join(wrong)}.")
        told = answer(directory, question, closed(), datetime.now(UTC))
        return Response(told.model_dump_json(), media_type="application/json")

    return Route("/internal/v1/match", match, methods=["POST"])


def answer(directory: Directory, question: MatchQuestion, closed: frozenset[ServiceKey], now: datetime) -> MatchAnswer:
    """What the directory knows. While the coordinator's picks are asked first, they alone are the best."""
    asked = Asked(question.terms, question.terms.items, now, frozenset(question.asked_before), closed=closed)
    picked = picked_to_be_first(question.terms, now)
    best = directory.find(replace(asked, only=picked), question.most) or directory.find(asked, question.most)
    tally = directory.tally(asked)
    return MatchAnswer(
        tally=MatchTally(near=tally.near, eligible=tally.eligible, left_out=dict(tally.left_out)),
        best=tuple(_tell(one, question, directory.position) for one in best[: question.most]),
        near_misses=() if question.terms.is_sensitive else _tell_near_misses(directory.nearly(asked)),
        why_not=directory.why_not(question.partner_id, asked) if question.partner_id else {},
        directory_position=directory.position,
    )


def _tell_near_misses(nearly: Mapping[EligibilityRule, Nearly]) -> tuple[NearMiss, ...]:
    return tuple(
        NearMiss(
            rule=rule,
            partners=one.partners,
            nearest=one.nearest,
            distance_miles=None if one.distance_miles is None else round(one.distance_miles),
        )
        for rule, one in nearly.items()
    )


def _tell(one: Eligible, question: MatchQuestion, position: int) -> Match:
    return Match(
        partner_id=one.partner_id,
        service_id=one.service_id,
        items=one.items,
        distance_miles=None if question.terms.is_sensitive or one.distance_miles is None else round(one.distance_miles),
        reasons=OfferReasons(**one.reasons._asdict(), directory_position=position),
        score=one.score,
    )


async def _read_body(request: Request) -> bytes | None:
    """None where it is too large; then the rest is not read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)


def _problem(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return JSONResponse(document, status, headers, media_type="application/problem+json")
