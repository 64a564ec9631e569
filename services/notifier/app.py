"""Where the notifier is wired together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import httpx
from starlette.applications import Starlette

from schemas.topics import ServiceName, topics_read_by
from services.notifier import metrics
from services.notifier.addresses import Addresses
from services.notifier.composing import Composer
from services.notifier.email import Mailer
from services.notifier.handing_over import Courier
from services.notifier.handlers import handle
from services.notifier.providers import Provider, Providers
from services.notifier.rendering import Renderer
from services.notifier.resolving import Resolver
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.store.receipts import forget_old
from services.notifier.texts import Texter
from services.runtime.consuming import Consumer
from services.runtime.database import Pool, open_pool
from services.runtime.figures import measuring
from services.runtime.health import health_routes
from services.runtime.inbox import pruning
from services.runtime.logs import configure_logging
from services.runtime.loops import Loop, Once
from services.runtime.parts import Part, running
from services.runtime.relay import Relay
from services.runtime.serving import serve

_CALL_TIMEOUT_S = 8
_SENDERS = 2
"""One set is made while another waits for the slowest of its receivers."""


def main() -> None:
    """Serves until told to stop."""
    settings = NotifierSettings()
    configure_logging(ServiceName.NOTIFIER, settings.log_level)
    serve(create_app(settings), settings.bind_host, settings.notifier_port)


def create_app(settings: NotifierSettings) -> Starlette:
    """The notifier: its parts run for as long as the app does."""
    parts: list[Part] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with (
            open_pool(settings.notifier_database_url, settings.database_connections) as pool,
            httpx.AsyncClient(timeout=_CALL_TIMEOUT_S) as to_intake,
            httpx.AsyncClient(timeout=_CALL_TIMEOUT_S) as to_texts,
        ):
            providers = make_providers(settings, to_texts)
            parts[:] = _make_parts(settings, pool, to_intake, providers)
            async with running(parts):
                yield
            await providers.close()

    return Starlette(routes=health_routes(parts), lifespan=lifespan)


def make_providers(settings: NotifierSettings, client: httpx.AsyncClient) -> Providers:
    """Those that the settings name."""
    return Providers(
        [
            *(
                Provider(one.name, Mailer(one.url.get_secret_value()), one.weight, one.per_second)
                for one in settings.mail_carriers
            ),
            *(
                Provider(
                    one.name,
                    Texter(client, one.url, one.account, one.token.get_secret_value(), settings.public_url),
                    one.weight,
                    one.per_second,
                    {each.number: each.per_second for each in one.numbers},
                )
                for one in settings.text_carriers
            ),
        ]
    )


def _make_parts(settings: NotifierSettings, pool: Pool, client: httpx.AsyncClient, providers: Providers) -> list[Part]:
    kafka = settings.kafka_bootstrap_servers
    wording = settings.wording
    sender = Sender(
        pool,
        providers,
        Addresses(client, settings.intake_internal_url, settings.notifier_api_key.get_secret_value()),
        Courier(
            pool,
            providers,
            Renderer(wording),
            Composer(settings.email_from, settings.email_reply_to or wording.brand.reply_to),
        ),
        keys=settings.signing_keys,
        public_url=settings.public_url,
        quiet=settings.quiet_hours,
        window=timedelta(minutes=settings.offer_window_minutes),
    )
    resolver = Resolver(pool, providers.texters)
    return [
        Relay(ServiceName.NOTIFIER, settings.notifier_database_url, kafka),
        Consumer(ServiceName.NOTIFIER, topics_read_by(ServiceName.NOTIFIER), kafka, pool, handle),
        *(Loop(f"sending {number}", sender.send_due, every=0.05) for number in range(1, _SENDERS + 1)),
        Once("providers", partial(providers.register, pool)),
        Loop("expired leases", resolver.expire_leases, every=5),
        Loop("messages that wait too long", resolver.let_go, every=5),
        Loop("texts of unknown fate", resolver.look_up_texts, every=5),
        Loop("texts in transit", resolver.learn_texts, every=60),
        pruning(pool, forget_old),
        measuring(pool, metrics.measure),
    ]
