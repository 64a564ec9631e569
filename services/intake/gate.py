"""What every request passes on its way in."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from fastapi import Request, Response
from prometheus_client import Counter
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from services.intake.api import mail
from services.intake.api.problems import problem
from services.runtime.logs import get_logger
from services.runtime.tracing import begin_trace

AT_ONCE = 100
"""More than wait for a second at what one process takes: past it, coming again is quicker than waiting."""
_LARGEST_BODY = 64 * 1024
_LARGEST_BODIES = {
    "/v1/partners": 8 * 1024 * 1024,
    "/imports": 5 * 1024 * 1024,
    mail.PATH: mail.LARGEST_MAIL,
}
"""Bytes that one request may carry, by path where a path takes more than others."""
_ALWAYS_OPEN = ("/health/", "/metrics")
_AGAIN_AFTER_S = 1
_BODY_WITHIN_S = 20
"""So long may a body take to arrive, from a phone in a basement too."""

TURNED_AWAY = Counter("switchboard_requests_turned_away_total", "Requests that met a full house")

_log = get_logger(__name__)


class Gate:
    """Bounds what comes in, begins its trace, logs what came of it: the route, never the path, which may be a link."""

    def __init__(self) -> None:
        self._in_hand = 0

    async def __call__(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answers, or refuses before anything is read."""
        trace = begin_trace(request.headers.get("traceparent"))
        # Whole before it counts as in hand: else a few bodies that never come would shut the house.
        if (refusal := _too_large(request) or await _too_slow(request) or self._full(request)) is not None:
            return refusal
        started = monotonic()
        self._in_hand += 1
        try:
            response = await answer(request)
        finally:
            self._in_hand -= 1
        route = request.scope.get("route")
        _log.info(
            "request",
            method=request.method,
            route=getattr(route, "path", "none"),
            status=response.status_code,
            took_ms=round(1000 * (monotonic() - started), 1),
            trace_id=trace,
        )
        return response

    def _full(self, request: Request) -> Response | None:
        if self._in_hand < AT_ONCE or request.url.path.startswith(_ALWAYS_OPEN):
            return None
        TURNED_AWAY.inc()
        return _say_full(request)


def _too_large(request: Request) -> Response | None:
    if "transfer-encoding" in request.headers:
        return problem(411, "Send the length of what you send: Content-Length.")
    largest = _LARGEST_BODIES.get(request.url.path, _LARGEST_BODY)
    if int(request.headers.get("content-length", "0") or 0) > largest:
        if "text/html" in request.headers.get("accept", ""):
            most = f"{largest // 1024} kB"
            said = f"This is too large: at most {most}.\n\nEs demasiado grande: {most} como máximo."
            return PlainTextResponse(said, 413)
        return problem(413, f"At most {largest // 1024} kB fit into one request.")
    return None


async def _too_slow(request: Request) -> Response | None:
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            await request.body()
    except (TimeoutError, ClientDisconnect):
        return problem(408, "What you send did not arrive. Nothing was stored; try again.")
    return None


def _say_full(request: Request) -> Response:
    headers = {"Retry-After": str(_AGAIN_AFTER_S)}
    if "text/html" in request.headers.get("accept", ""):
        said = "Many people are here right now. Please try again in a moment.\n\nHay muchas personas. Intente de nuevo."
        return PlainTextResponse(said, 503, headers)
    return problem(503, "Too many requests are in hand. Nothing was stored; try again.", headers=headers)
