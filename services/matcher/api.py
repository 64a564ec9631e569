"""`/internal/v1/…`: who could help, and why somebody was not asked, by intake for people. Nothing is written."""

import hmac
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

from pydantic import SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.event import Part
from schemas.matching import Match, MatchAnswer, MatchQuestion, MatchTally, NearMiss, WhyNotAnswer, WhyNotQuestion
from schemas.offers import OfferReasons
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.directory import Directory
from services.matcher.domain.eligible import Asked, Eligible, Nearly
from services.matcher.domain.programmes import ServiceKey
from services.matcher.domain.state import picked_to_be_first

_LARGEST_QUESTION, _LARGEST_QUESTIONS = 128 * 1024, 1024 * 1024
"""In bytes: about one need, and about many."""
_AGAIN_AFTER_S = 2

_Question = TypeVar("_Question", bound=Part)


def internal_routes(
    directory: Directory, closed: Callable[[], frozenset[ServiceKey]], caught_up: Callable[[], bool], api_key: SecretStr
) -> list[Route]:
    """The routes; `closed` are the programmes that take nobody.

    Before the directory has caught up they answer 503: who is not in it yet would be called missing.
    """
    door = _Door(f"Bearer {api_key.get_secret_value()}".encode(), caught_up)

    def match(question: MatchQuestion) -> MatchAnswer:
        return answer(directory, question, closed(), datetime.now(UTC))

    def why_not(question: WhyNotQuestion) -> WhyNotAnswer:
        return count_why_not(directory, question, closed())

    return [
        door.route("/internal/v1/match", MatchQuestion, match, _LARGEST_QUESTION),
        door.route("/internal/v1/why-not", WhyNotQuestion, why_not, _LARGEST_QUESTIONS),
    ]


@dataclass(frozen=True)
class _Door:
    """Lets intake in."""

    expected: bytes
    caught_up: Callable[[], bool]

    def route(self, path: str, kind: type[_Question], reply: Callable[[_Question], Part], largest_body: int) -> Route:
        """A route that answers questions of a kind."""

        async def handle(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self.expected):
                return _problem(HTTPStatus.UNAUTHORIZED, "Send the matcher's key.", {"WWW-Authenticate": "Bearer"})
            body = await _read_body(request, largest_body)
            if body is None:
                return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {largest_body // 1024} kB fit.")
            if not self.caught_up():
                return _problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "The directory is still being read; try again.",
                    {"Retry-After": str(_AGAIN_AFTER_S)},
                )
            try:
                question = kind.model_validate_json(body)
            except ValidationError as error:
                wrong = sorted({".".join(str(part) for part in one["loc"]) or "body" for one in error.errors()})
                return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"This cannot be read: {', '.join(wrong)}.")
            return Response(reply(question).model_dump_json(), media_type="application/json")

        return Route(path, handle, methods=["POST"])


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


def count_why_not(directory: Directory, question: WhyNotQuestion, closed: frozenset[ServiceKey]) -> WhyNotAnswer:
    """What leaves one partner out of these needs."""
    first = Counter[EligibilityRule | None]()
    for need in question.needs:
        asked = Asked(need.terms, need.terms.items, need.at, closed=closed)
        by_service = directory.why_not(question.partner_id, asked).values()
        if any(EligibilityRule.AREA not in rules for rules in by_service):
            first[_furthest(by_service)] += 1
    in_area, eligible = first.total(), first.pop(None, 0)
    return WhyNotAnswer(in_area=in_area, eligible=eligible, left_out={rule: first[rule] for rule in first if rule})


def _furthest(by_service: Collection[Sequence[EligibilityRule]]) -> EligibilityRule | None:
    """The first rule that fails, of the service that gets furthest; None where one fails none."""
    if not all(by_service):
        return None
    return max((rules[0] for rules in by_service), key=list(EligibilityRule).index)


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


async def _read_body(request: Request, largest: int) -> bytes | None:
    """None where it is too large; then the rest is not read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            return None
    return bytes(body)


def _problem(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return JSONResponse(document, status, headers, media_type="application/problem+json")
