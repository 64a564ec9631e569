"""Sign-in links leave by real SMTP; a mail server that is away or busy only delays them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake import signing_in
from services.intake.settings import IntakeSettings
from services.intake.store import keys
from services.intake.store.keys import Coordinator
from services.runtime.database import Pool, open_pool
from switchboard.local.ports import find_free_port
from tests.browser.intake import SECRET, Mailbox
from tests.parts import DatabaseMaker

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = "robin@school.example.org"


class Refusing(Mailbox):
    """A mail server that answers every recipient with this."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self._answer = answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope, _address: str, _options: list[str]
    ) -> str:
        return self._answer


@pytest_asyncio.fixture(loop_scope="session")
async def pool(postgres: DatabaseMaker) -> AsyncIterator[Pool]:
    url = await postgres("intake")
    async with open_pool(url, 2) as opened:
        person = Coordinator(uuid4(), uuid4(), "Róbin", EMAIL, None, "es", "Lincoln", "America/New_York")
        async with opened.acquire() as connection:
            await keys.save_site(connection, person.site_id, "Lincoln", person.time_zone, "11201")
            await keys.save_person(connection, person)
        await signing_in.ask_for_link(opened, EMAIL, "es", "127.0.0.1")
        yield opened


def settings_for(port: int) -> IntakeSettings:
    return IntakeSettings(
        kafka_bootstrap_servers="none:1",
        intake_database_url="unused",
        public_url="http://switchboard.test",
        smtp_url=f"smtp://127.0.0.1:{port}",
        email_from="switchboard@example.org",
        sms_auth_token=SECRET,
        link_keys="unused",
        service_keys=f"k1:{SECRET}",
        lookup_key=SECRET,
        notifier_api_key=SECRET,
        matcher_internal_url="http://127.0.0.1:1",
        matcher_api_key=SECRET,
    )


async def send_by(pool: Pool, mailbox: Mailbox) -> int:
    mail = Controller(mailbox, hostname="127.0.0.1", port=find_free_port())
    mail.start()
    try:
        return await signing_in.send_queued(pool, settings_for(mail.port))
    finally:
        mail.stop()


async def waiting(pool: Pool) -> int:
    """How many links wait. Whatever waits is made due, so that no test has to."""
    async with pool.acquire() as connection:
        status = await connection.execute("UPDATE sign_in_emails SET due_at = now()")
    return int(status.removeprefix("UPDATE "))


async def test_a_mail_server_that_is_away_only_delays_the_link(pool: Pool) -> None:
    mailbox = Mailbox()
    assert await signing_in.send_queued(pool, settings_for(find_free_port())) == 0
    assert await waiting(pool) == 1
    assert await send_by(pool, mailbox) == 1
    assert (await waiting(pool), len(mailbox.texts[EMAIL])) == (0, 1)
    assert "Hola Róbin" in mailbox.texts[EMAIL][0]
    assert await send_by(pool, mailbox) == 0


async def test_a_link_that_is_being_sent_is_left_alone_by_the_other_copies(pool: Pool) -> None:
    assert await signing_in.send_queued(pool, settings_for(find_free_port())) == 0
    mailbox = Mailbox()
    assert await send_by(pool, mailbox) == 0
    assert mailbox.texts == {}


@pytest.mark.parametrize(("answer", "left"), [("450 busy, come back", 1), ("550 no such mailbox", 0)])
async def test_what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not(
    pool: Pool, answer: str, left: int
) -> None:
    await send_by(pool, Refusing(answer))
    assert await waiting(pool) == left
