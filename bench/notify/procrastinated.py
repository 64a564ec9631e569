"""Procrastinate's worker, `python -m bench.notify.procrastinated URL`: the same sends, by the same code.

A job holds the event and the contact. It reads the event, finds words, and sends them over connections that are kept.
Nothing is asked before the send, and nothing is written down after it but the job.
"""

import asyncio
import base64
import os
import sys
from datetime import timedelta
from uuid import UUID

import httpx
from procrastinate import App, PsycopgConnector, RetryStrategy

from schemas.links import LinkKeys, OfferLink
from schemas.offers import OfferMade
from schemas.partners import Contact
from schemas.vocabulary import Channel, MessagePurpose, RecipientKind
from services.notifier.composing import Composer
from services.notifier.domain.sending import Accepted
from services.notifier.email import Mailer
from services.notifier.reader import Reader
from services.notifier.rendering import Renderer
from services.notifier.texts import Texter

AT_ONCE, TASK = 50, "send"


class NotTaken(Exception):
    """The provider did not take it: Procrastinate is to try again."""


def make_app(url: str) -> App:
    """Procrastinate on that database."""
    return App(connector=PsycopgConnector(conninfo=url, min_size=2, max_size=8))


class Sends:
    """What a job does."""

    def __init__(self, client: httpx.AsyncClient, smtp_url: str, sms_api_url: str) -> None:
        self._mailer = Mailer(smtp_url)
        self._texter = Texter(client, sms_api_url, "AC0", "a token", "http://localhost")
        self._renderer, self._composer = Renderer(), Composer("switchboard@example.org")
        self._keys = LinkKeys.parse(f"k1:{base64.b64encode(bytes(32)).decode()}")

    async def send(self, message_id: str, event: str, contact: str, partner: str) -> None:
        """Sends one message. Raises NotTaken."""
        offer, person = OfferMade.model_validate_json(event), Contact.model_validate_json(contact)
        link = OfferLink(offer.need_id, offer.offer_id, person.contact_id, offer.terms.respond_by + timedelta(days=60))
        reader = Reader(
            RecipientKind.PARTNER,
            person.name,
            person.language,
            person.time_zone,
            partner,
            f"http://localhost/o/{self._keys.sign(link)}",
        )
        words = self._renderer.render(MessagePurpose.OFFER, offer, reader)
        if person.channels[0] is Channel.TEXT:
            attempt = await self._texter.send(UUID(message_id), "+15005550006", person.phone or "", words.text)
        else:
            letter = self._composer.compose(UUID(message_id), person.email or "", reader, words)
            attempt = await self._mailer.send(letter, 12)
        if not isinstance(attempt, Accepted):
            raise NotTaken(type(attempt).__name__)


async def _work(url: str, smtp_url: str, sms_api_url: str) -> None:
    app = make_app(url)
    async with httpx.AsyncClient(timeout=8, limits=httpx.Limits(max_connections=50)) as client:
        again = RetryStrategy(max_attempts=1000, wait=1)
        app.task(name=TASK, retry=again)(Sends(client, smtp_url, sms_api_url).send)
        async with app.open_async():
            await app.run_worker_async(concurrency=AT_ONCE, name=str(os.getpid()))


def main() -> None:
    """Works until told to stop."""
    asyncio.run(_work(sys.argv[1], os.environ["SMTP_URL"], os.environ["SMS_API_URL"]))


if __name__ == "__main__":
    main()
