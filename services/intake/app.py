"""Where intake is wired together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from schemas.topics import ServiceName, topics_read_by
from services.intake import metrics
from services.intake.api import (
    answers,
    clearances,
    consents,
    gaps,
    internal,
    mail,
    matching,
    needs,
    partners,
    stopping,
    taxonomy,
    texts,
)
from services.intake.api.problems import add_problem_handlers
from services.intake.approving import look_at_due
from services.intake.bootstrap import bootstrap
from services.intake.desk import Desk
from services.intake.doors import guarded_routes
from services.intake.erasing import erase_due
from services.intake.gaps import report_due
from services.intake.gate import Gate
from services.intake.handlers import handle
from services.intake.letters import send_due
from services.intake.matching import Matcher
from services.intake.pages import static_folder
from services.intake.pages.page_route import add_kind_pages
from services.intake.pages.routes import add_pages
from services.intake.raising import close_forgotten
from services.intake.settings import IntakeSettings
from services.intake.signing_in import send_queued
from services.intake.store import codes, contacts, keys, not_asked, receipts
from services.intake.watching import Watch
from services.runtime.consuming import Consumer
from services.runtime.database import Connection, open_pool
from services.runtime.figures import measuring
from services.runtime.health import health_routes
from services.runtime.inbox import pruning
from services.runtime.logs import configure_logging
from services.runtime.loops import Loop, Once
from services.runtime.parts import Part, running
from services.runtime.relay import Relay
from services.runtime.serving import serve


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
        async with (
            open_pool(settings.intake_database_url, settings.database_connections) as pool,
            httpx.AsyncClient() as client,
        ):
            matcher = Matcher(client, settings.matcher_internal_url, settings.matcher_api_key.get_secret_value())
            app.state.desk = Desk(pool, settings.seal, settings.signing_keys, settings, matcher, Watch(pool))
            parts[:] = [
                Once("bootstrap", lambda: bootstrap(pool, settings)),
                Relay(ServiceName.INTAKE, settings.intake_database_url, kafka),
                Consumer(ServiceName.INTAKE, topics_read_by(ServiceName.INTAKE), kafka, pool, handle),
                Loop("sign-in mail", lambda: send_queued(pool, settings), every=0.5),
                Loop("letters", lambda: send_due(pool, settings), every=1),
                Loop("erasing", lambda: erase_due(pool, timedelta(days=settings.identity_kept_days)), every=60),
                Loop("approvals", lambda: look_at_due(pool), every=5),
                Loop("raised needs", lambda: close_forgotten(pool), every=600, vital=False),
                Loop("gap report", lambda: report_due(pool), every=600, vital=False),
                pruning(pool, forget_old),
                measuring(pool, metrics.measure),
            ]
            async with running(parts):
                yield

    app = FastAPI(
        title="Switchboard",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # It would send people, link and all, to whatever host the request names, and without https.
        redirect_slashes=False,
        routes=[*health_routes(parts)],
    )
    app.state.settings = settings
    for routes in (
        needs,
        answers,
        matching,
        consents,
        partners,
        clearances,
        taxonomy,
        gaps,
        texts,
        mail,
        stopping,
        internal,
    ):
        app.router.routes.extend(routes.router.routes)
    add_pages(app)
    app.mount("/static", StaticFiles(directory=static_folder), name="static")
    app.middleware("http")(Gate())
    add_problem_handlers(app)
    add_kind_pages(app)
    guarded_routes(app)
    return app


async def forget_old(connection: Connection) -> None:
    """Drops what counts no more."""
    await keys.forget_old(connection)
    await codes.forget_old(connection)
    await receipts.forget_old(connection)
    await contacts.forget_old(connection)
    await not_asked.forget_old(connection)
