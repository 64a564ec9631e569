"""Where intake is wired together."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from schemas.topics import DELIVERIES, OFFERS, OUTCOMES, ServiceName
from services.intake.api import internal, needs, partners, texts
from services.intake.api.problems import add_problem_handlers, problem
from services.intake.bootstrap import bootstrap
from services.intake.desk import Desk
from services.intake.handlers import handle
from services.intake.pages import static_folder
from services.intake.pages.routes import pages_router
from services.intake.sealing import Seal
from services.intake.settings import IntakeSettings
from services.intake.signing_in import send_queued
from services.intake.store import keys
from services.runtime.consuming import Consumer
from services.runtime.database import open_pool
from services.runtime.health import health_routes
from services.runtime.inbox import pruning
from services.runtime.logs import configure_logging, get_logger
from services.runtime.loops import Loop
from services.runtime.parts import Part, running
from services.runtime.relay import Relay
from services.runtime.serving import serve
from services.runtime.tracing import begin_trace

_LARGEST_BODY = 64 * 1024
_LARGEST_BODIES = {"/v1/partners": 8 * 1024 * 1024}
"""Bytes that one request may carry, by path where a path takes more than others."""

_log = get_logger(__name__)


def main() -> None:
    """Serves until told to stop."""
    settings = IntakeSettings()
    configure_logging(ServiceName.INTAKE, settings.log_level)
    serve(create_app(settings), settings.bind_host, settings.intake_port)


def create_app(settings: IntakeSettings) -> FastAPI:
    """Intake: its parts run for as long as the app does."""
    parts: list[Part] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        kafka = settings.kafka_bootstrap_servers
        async with open_pool(settings.intake_database_url, settings.database_connections) as pool:
            await bootstrap(pool, settings)
            app.state.desk = Desk(pool, Seal(settings.wrapping_key), settings.signing_keys, settings)
            parts[:] = [
                Relay(ServiceName.INTAKE, settings.intake_database_url, kafka),
                Consumer(ServiceName.INTAKE, [OFFERS, OUTCOMES, DELIVERIES], kafka, pool, handle),
                Loop("sign-in mail", lambda: send_queued(pool, settings), every=0.5),
                pruning(pool, keys.forget_old),
            ]
            async with running(parts):
                yield

    app = FastAPI(
        title="Switchboard",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        routes=[*health_routes(parts)],
    )
    app.state.settings = settings
    for router in (needs.router, partners.router, texts.router, internal.router, pages_router()):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=static_folder), name="static")
    app.middleware("http")(_watch_over)
    add_problem_handlers(app)
    return app


async def _watch_over(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Bounds what comes in, begins its trace, logs what came of it: the route, never the path, which may be a link."""
    trace = begin_trace(request.headers.get("traceparent"))
    largest = _LARGEST_BODIES.get(request.url.path, _LARGEST_BODY)
    if "transfer-encoding" in request.headers:
        return problem(411, "Send the length of what you send: Content-Length.")
    if int(request.headers.get("content-length", "0") or 0) > largest:
        return problem(413, f"At most {largest // 1024} kB fit into one request.")
    started = monotonic()
    response = await answer(request)
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
