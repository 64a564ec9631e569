"""`python -m switchboard.sinks`: serves until told to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP
from pydantic_settings import BaseSettings
from starlette.applications import Starlette

from services.runtime.serving import serve
from switchboard.sinks.kept import Box
from switchboard.sinks.mail import SIZE_LIMIT, MailHandler
from switchboard.sinks.pages import Pages
from switchboard.sinks.twilio import Texting


class SinkSettings(BaseSettings):
    """What the sinks are told by their environment."""

    bind_host: str = "127.0.0.1"
    sink_smtp_port: int = 1025
    sink_http_port: int = 8090
    sms_account_sid: str
    sms_auth_token: str
    sms_from: str = "+15005550006"
    sms_webhook_url: str
    intake_internal_url: str


def create_app(settings: SinkSettings) -> Starlette:
    """The pages and the API, with the SMTP server beside them."""
    box = Box()
    webhook = f"{settings.intake_internal_url}/webhooks/texts"
    texting = Texting(
        box, settings.sms_account_sid, settings.sms_auth_token, settings.sms_from, settings.sms_webhook_url, webhook
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        smtp = await asyncio.get_running_loop().create_server(
            lambda: SMTP(MailHandler(box), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, ident="Switchboard sink"),
            settings.bind_host,
            settings.sink_smtp_port,
        )
        async with smtp:
            yield

    return Starlette(routes=[*texting.routes(), *Pages(box, texting).routes()], lifespan=lifespan)


def main() -> None:
    """Serves until told to stop."""
    settings = SinkSettings()
    # Whoever waits for the next message would hold up the end.
    serve(create_app(settings), settings.bind_host, settings.sink_http_port, grace_seconds=1)


if __name__ == "__main__":
    main()
