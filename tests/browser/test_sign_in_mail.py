"""Sign-in links and letters leave by real SMTP; a mail server that is away or busy only delays them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake import letters, mailing, signing_in
from services.intake.settings import IntakeSettings
from services.intake.store import keys
from services.intake.store.keys import Coordinator
from services.intake.store.letters import Letter, add_letters
from services.runtime.database import Pool, open_pool
from switchboard.local.ports import find_free_port
from tests.browser.intake import SECRET, Mailbox
from tests.parts import DatabaseMaker
from tests.waiting import WITHIN_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL = "robin@school.example.org"
TWO = ("ada@church.example.org", "ben@church.example.org")
Send = Callable[[Pool, IntakeSettings], Awaitable[int]]


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


async def send_by(pool: Pool, mailbox: Mailbox, send: Send = signing_in.send_queued) -> int:
    mail = Controller(mailbox, hostname="127.0.0.1", port=find_free_port())
    mail.start()
    try:
        return await send(pool, settings_for(mail.port))
    finally:
        mail.stop()


class Slow(Mailbox):
    """A mail server that takes its time with each email."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.may_end = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.began.set()
        await asyncio.to_thread(self.may_end.wait, WITHIN_SECONDS)
        return await super().handle_DATA(server, session, envelope)


async def test_a_letter_that_another_copy_has_taken_meanwhile_is_left_to_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "_TIMEOUT_S", WITHIN_SECONDS)
    async with pool.acquire() as connection:
        await add_letters(connection, [Letter("welcome", to=(to, "Ada", "en"), facts={"by": "Sam"}) for to in TWO])
    slow, quick = Slow(), Mailbox()
    sending = asyncio.create_task(send_by(pool, slow, letters.send_due))
    assert await asyncio.to_thread(slow.began.wait, WITHIN_SECONDS)
    await pool.execute("UPDATE letters SET due_at = now()")
    assert await send_by(pool, quick, letters.send_due) == 2
    slow.may_end.set()
    # The one that was under way could not be called back; the other one has gone by now.
    assert (await sending, len(slow.texts), sorted(quick.texts)) == (1, 1, list(TWO))


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
