"""Sending against real servers that misbehave: SMTP, a texting API and intake's address door, on a real database."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.envelope import Envelope as EventEnvelope
from schemas.event import Event, Item, Programme
from schemas.examples import EXAMPLES
from schemas.handovers import CodeRequested, ConsentEnded, HandoverEvent, VisitPlanned, VisitRefused
from schemas.links import LinkKeys
from schemas.offers import OfferMade, OfferWithdrawn
from schemas.outcomes import ClaimAwarded, ClaimRefused, ConfirmationRequested, NeedStuck, ReferralAnswered
from schemas.partners import Contact, PartnerRecorded
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import (
    Answerer,
    Channel,
    PartnerKind,
    ReferralAnswer,
    RefusalReason,
    StuckCause,
    Urgency,
    WithdrawalReason,
)
from services.notifier.addresses import Addresses
from services.notifier.composing import Composer
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.sending import NotNow
from services.notifier.email import Letter, Mailer
from services.notifier.handing_over import Courier
from services.notifier.handlers import handle
from services.notifier.providers import Provider
from services.notifier.providers import Providers as Carriers
from services.notifier.rendering import Renderer
from services.notifier.resolving import Resolver
from services.notifier.sender import Sender
from services.notifier.store import queue
from services.notifier.texts import Texter
from services.runtime.database import Pool, open_pool
from services.runtime.messages import Message
from services.runtime.tracing import new_traceparent
from switchboard.local.ports import find_free_port
from tests.parts import DatabaseMaker
from tests.waiting import eventually

MADE = next(one for one in EXAMPLES if isinstance(one, OfferMade))
QUESTION = ConfirmationRequested(need_id=MADE.need_id, delivered=MADE.terms.items, attempt=1)
CODE = "739105"
CANARY = "Zephyrine Quillfeather"


@dataclass
class MailServer:
    """A real SMTP server that answers as it is told to."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    drop_after_data: bool = False
    pause_before_answer: float = 0
    taken: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await asyncio.sleep(self.pause_before_answer)  # how slow the server is
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self.data.startswith("250"):
            self.taken.append(envelope.content)
        if self.drop_after_data and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return self.data


@dataclass
class Providers:
    """Intake's address door and a texting API in one small server."""

    text_status: int = 201
    takes_before_it_fails: bool = False
    final_status: str = "delivered"
    texts: list[dict[str, str]] = field(default_factory=list)
    address_status: int = 200
    nobody_for: str = ""
    family: dict[str, Any] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    code_status: int = 200
    codes: list[str] = field(default_factory=list)
    questions: dict[str, dict[str, str]] = field(default_factory=dict)
    """By id, which address a question is about: channel and address."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/internal/v1/needs/{need_id}/addresses/{who}", self.address),
                Route("/internal/v1/offers/{offer_id}/contacts/{contact_id}/code", self.code, methods=["POST"]),
                Route("/internal/v1/questions/{question_id}", self.asked_address),
                Route("/2010-04-01/Accounts/AC1/Messages.json", self.send, methods=["POST"]),
                Route("/2010-04-01/Accounts/AC1/Messages.json", self.list, methods=["GET"]),
            ]
        )

    async def address(self, request: Request) -> Response:
        if request.path_params["who"] == self.nobody_for:
            return Response(status_code=404)
        family = request.path_params["who"] == "family"
        about = {"reference": "482913", "site_name": "Lincoln", "language": "es" if family else "en"}
        staff = {"name": "Casey", "email": "c@example.org", "phone": "+17185550100"}
        person = {"name": CANARY, "phone": "+13475550177"} if family else staff
        channels = ["text"] if family else ["email", "text"]
        agreed = {"channels": channels} | (self.family if family else {})
        return JSONResponse(about | person | agreed, status_code=self.address_status)

    async def code(self, request: Request) -> Response:
        self.codes.append(request.path_params["contact_id"])
        return JSONResponse({"code": CODE}, status_code=self.code_status)

    async def asked_address(self, request: Request) -> Response:
        asked = self.questions.get(request.path_params["question_id"])
        return JSONResponse(asked) if asked else Response(status_code=404)

    async def send(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.asked.append(form)
        if self.hold is not None:
            await self.hold.wait()
        if self.text_status == 201 or self.takes_before_it_fails:
            self.texts.append(form)
        return JSONResponse({"sid": f"SM{len(self.texts)}", "status": "queued"}, status_code=self.text_status)

    async def list(self, _request: Request) -> Response:
        listed = [
            {"sid": f"SM{number}", "body": text["Body"], "status": self.final_status}
            for number, text in enumerate(self.texts, start=1)
        ]
        return JSONResponse({"messages": listed})


@dataclass
class PostRoom:
    """A notifier's parts, without Kafka."""

    pool: Pool
    sender: Sender
    resolver: Resolver
    mail: MailServer
    mailer: Mailer
    providers: Providers
    database_url: str
    versions: int = 0

    async def hears(self, *events: Event) -> None:
        for event in events:
            self.versions += 1
            key = getattr(event, "partner_id", None) if isinstance(event, PartnerRecorded) else event.need_id  # type: ignore[attr-defined]
            envelope = EventEnvelope(
                uuid4(), event.type, "test", datetime.now(UTC), str(key), self.versions, new_traceparent()
            )
            async with self.pool.acquire() as connection, connection.transaction():
                await handle(connection, [Message("offers", event, envelope)])

    def night(self) -> None:
        """These are quiet hours from now on, where the readers are."""
        hour = datetime.now(ZoneInfo("America/New_York")).hour
        self.sender._quiet = QuietHours(hour, (hour + 3) % 24)  # noqa: SLF001 - as if a setting said so

    async def die_in_the_middle(self, *, perhaps_sent: bool) -> None:
        await self.pool.execute(
            "UPDATE messages SET status = 'sending', attempts = 1, perhaps_sent = $1, "
            "lease_until = now() - interval '1 second'",
            perhaps_sent,
        )

    async def no_callback_came(self) -> None:
        await self.pool.execute("UPDATE messages SET accepted_at = accepted_at - interval '1 minute'")

    async def statuses(self) -> list[str]:
        rows = await self.pool.fetch("SELECT status FROM messages ORDER BY created_at, purpose")
        return [row["status"] for row in rows]

    async def outcomes(self) -> dict[str, list[str]]:
        """By recipient, what became of each message, and why."""
        rows = await self.pool.fetch("SELECT recipient, status, problem FROM messages ORDER BY created_at")
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["recipient"], []).append(" ".join(filter(None, (row["status"], row["problem"]))))
        return found

    async def deliveries(self) -> str:
        rows = await self.pool.fetch("SELECT value, headers FROM outbox ORDER BY id")
        return " ".join(row["headers"] + row["value"].decode() for row in rows)


@pytest_asyncio.fixture
async def room(postgres: DatabaseMaker) -> AsyncIterator[PostRoom]:
    async with open_post_room(await postgres("notifier")) as opened:
        yield opened


@asynccontextmanager
async def open_post_room(database_url: str) -> AsyncIterator[PostRoom]:
    """Those parts on a database of their own, until the block ends."""
    mail, providers, smtp_port, http_port = MailServer(), Providers(), find_free_port(), find_free_port()
    server = uvicorn.Server(uvicorn.Config(providers.app(), "127.0.0.1", http_port, log_config=None))
    serving = asyncio.create_task(server.serve())
    smtp = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mail, enable_SMTPUTF8=True), "127.0.0.1", smtp_port
    )

    async def started() -> bool:
        return server.started

    await eventually(started)
    url = f"http://127.0.0.1:{http_port}"
    mailer = Mailer(f"smtp://127.0.0.1:{smtp_port}")
    async with open_pool(database_url, 4) as pool, httpx.AsyncClient(timeout=30) as client:
        texter = Texter(client, url, "AC1", "token", "https://switchboard.example.org")
        carriers = Carriers([Provider("mail", mailer), Provider("texts", texter, numbers={"+15005550006": None})])
        sender = Sender(
            pool,
            carriers,
            Addresses(client, url, "key"),
            Courier(pool, carriers, Renderer(), Composer("Switchboard <switchboard@example.org>")),
            keys=LinkKeys({"k1": b"s" * 32}),
            public_url="https://switchboard.example.org",
            quiet=QuietHours(0, 0),
        )
        yield PostRoom(pool, sender, Resolver(pool, [texter]), mail, mailer, providers, database_url)
    await mailer.close()
    smtp.close()
    server.should_exit = True
    await serving


def partner(**changes: Any) -> PartnerRecorded:
    contact = Contact(contact_id=uuid4(), name="Ada", email="ada@church.example.org", phone="+17185550141")
    record = PartnerRecorded(
        partner_id=MADE.partner_id, name="Second Street", kind=PartnerKind.CHURCH, contacts=(contact,)
    )
    return record.model_copy(update={"contacts": (contact.model_copy(update=changes),)})


def withdrawal_of(made: OfferMade) -> OfferWithdrawn:
    return OfferWithdrawn(
        need_id=made.need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        reason=WithdrawalReason.FILLED,
    )


def offer(**changes: Any) -> OfferMade:
    soon = datetime.now(UTC) + timedelta(hours=8)
    terms = MADE.terms.model_copy(update={"respond_by": soon, "needed_by": soon} | changes)
    return MADE.model_copy(update={"terms": terms})


async def test_an_offer_goes_out_once_however_often_it_is_looked_for(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    assert [await room.sender.send_due() for _ in range(3)] == [1, 0, 0]
    assert await room.statuses() == ["accepted"]
    [email] = room.mail.taken
    assert b"Auto-Submitted: auto-generated" in email
    assert b"https://switchboard.example.org/o/" in email.replace(b"=\r\n", b"")
    assert "switchboard.deliveries.accepted.v1" in await room.deliveries()


async def test_an_offer_that_comes_before_its_partner_waits_for_it(room: PostRoom) -> None:
    await room.hears(offer())
    await room.sender.send_due()
    assert await room.statuses() == ["queued"]
    await room.hears(partner())

    async def sent() -> bool:
        await room.sender.send_due()
        return await room.statuses() == ["accepted"]

    await eventually(sent)


@pytest.mark.parametrize(
    ("rcpt", "data", "status"),
    [
        ("451 try later", "250 OK", "queued"),
        ("250 OK", "421 closing", "queued"),
        ("550 no such user", "250 OK", "bounced"),
        ("250 OK", "554 spam", "bounced"),
    ],
)
async def test_each_answer_of_a_mail_server_has_its_own_consequence(
    room: PostRoom, rcpt: str, data: str, status: str
) -> None:
    room.mail.rcpt, room.mail.data = rcpt, data
    await room.hears(partner(), offer())
    await room.sender.send_due()
    assert await room.statuses() == [status]
    room.mail.rcpt = room.mail.data = "250 OK"
    again = offer().model_copy(update={"offer_id": uuid4()})
    await room.hears(again)
    await room.sender.send_due()
    no_such_address = rcpt.startswith("550")
    assert len(room.mail.taken) == (0 if no_such_address else 1), "a refused address is written to no more"


async def test_a_server_that_hangs_up_after_the_data_leaves_it_unknown_and_unrepeated(room: PostRoom) -> None:
    room.mail.drop_after_data = True
    await room.hears(partner(), offer())
    for _ in range(3):
        await room.sender.send_due()
    assert await room.statuses() == ["unknown"]
    assert len(room.mail.taken) == 1
    assert "switchboard.deliveries.unknown.v1" in await room.deliveries()


@pytest.mark.parametrize(("answer", "status"), [(201, "accepted"), (429, "queued"), (500, "unknown"), (400, "bounced")])
async def test_each_answer_of_a_texting_api_has_its_own_consequence(room: PostRoom, answer: int, status: str) -> None:
    room.providers.text_status = answer
    await room.hears(partner(channels=(Channel.TEXT,)), offer())
    await room.sender.send_due()
    assert await room.statuses() == [status]


@pytest.mark.parametrize("taken", [True, False])
async def test_a_text_of_unknown_fate_is_looked_up_and_sent_again_only_if_nobody_took_it(
    room: PostRoom, *, taken: bool
) -> None:
    room.providers.text_status, room.providers.takes_before_it_fails = 500, taken
    await room.hears(partner(channels=(Channel.TEXT,)), offer())
    await room.sender.send_due()
    assert await room.statuses() == ["unknown"]
    assert await room.resolver.look_up_texts() == 0, "the listing is given time to show it"
    await room.pool.execute("UPDATE messages SET due_at = due_at - interval '11 seconds'")
    room.providers.text_status = 201
    assert await room.resolver.look_up_texts() == 1
    await room.sender.send_due()
    assert await room.statuses() == ["accepted"]
    assert len(room.providers.texts) == 1
    assert (await room.deliveries()).count("switchboard.deliveries.unknown.v1") == 1


async def test_a_text_is_known_to_have_arrived_when_the_provider_says_so(room: PostRoom) -> None:
    await room.hears(partner(channels=(Channel.TEXT,)), offer())
    await room.sender.send_due()
    await room.resolver.learn_texts()
    assert await room.statuses() == ["accepted"], "the provider is given time to call back"
    await room.no_callback_came()
    await room.resolver.learn_texts()
    assert await room.statuses() == ["delivered"]
    [text] = room.providers.texts
    assert "YES 41" in text["Body"]


async def test_a_sender_that_dies_in_the_middle_is_flagged_before_anything_is_sent_again(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    await room.die_in_the_middle(perhaps_sent=True)
    await room.sender.send_due()
    assert room.mail.taken == []
    assert await room.resolver.expire_leases() == 1
    assert "switchboard.deliveries.unknown.v1" in await room.deliveries()
    await room.sender.send_due()
    assert await room.statuses() == ["accepted"]


async def test_a_sender_that_dies_before_anything_set_out_leaves_nothing_unknown(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    await room.die_in_the_middle(perhaps_sent=False)
    assert await room.resolver.expire_leases() == 1
    assert "switchboard.deliveries.unknown.v1" not in await room.deliveries()
    await room.sender.send_due()
    assert await room.statuses() == ["accepted"]


async def test_what_perhaps_went_out_is_not_called_unsent_and_its_withdrawal_is_told(room: PostRoom) -> None:
    made = offer()
    await room.hears(partner(), made)
    await room.die_in_the_middle(perhaps_sent=True)
    await room.hears(withdrawal_of(made))
    assert await room.resolver.expire_leases() == 1

    async def both_settled() -> bool:
        await room.sender.send_due()
        return await room.statuses() == ["unknown", "accepted"]

    await eventually(both_settled)
    [email] = room.mail.taken
    assert b"No answer needed any more" in email


async def test_who_is_in_a_hurry_goes_before_all_who_came_earlier(room: PostRoom) -> None:
    await room.hears(partner(), *(offer() for _ in range(5)), offer(urgency=Urgency.TODAY))
    async with room.pool.acquire() as connection:
        [first] = await queue.claim_due(connection, 1)
        others = await queue.claim_due(connection, 10)
    assert [first.urgent, *(one.urgent for one in others)] == [True, *[False] * 5]


async def test_of_what_cannot_wait_coordinator_and_backup_are_told_by_text_at_night(room: PostRoom) -> None:
    room.night()
    stuck = NeedStuck(need_id=MADE.need_id, cause=StuckCause.NOBODY_LEFT, open_items=MADE.terms.items)
    await room.hears(partner(), stuck)
    await room.sender.send_due()
    assert await room.outcomes() == {"coordinator": ["queued"]}
    await room.hears(stuck.model_copy(update={"cause": StuckCause.NOBODY_YET}))
    await room.sender.send_due()
    assert await room.outcomes() == {"coordinator": ["queued", "accepted"], "backup": ["accepted"]}
    assert room.mail.taken == []
    assert len({text["Body"] for text in room.providers.texts}) == 2
    assert all("for tonight" in text["Body"] for text in room.providers.texts)


async def test_who_lost_the_lease_before_sending_does_not_send(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    async with room.pool.acquire() as connection:
        [message] = await queue.claim_due(connection, 10)
        to = queue.Way(message.message_id, message.attempts, Channel.EMAIL, None, "mail", None, "ready", b"")
        assert await queue.save_ways(connection, [to]) == {message.message_id}
        await connection.execute("UPDATE messages SET lease_until = now() + interval '1 second'")
        assert await queue.save_ways(connection, [to]) == set(), "it could end while the message is on its way"
        await connection.execute("UPDATE messages SET attempts = 2, lease_until = now() + interval '1 minute'")
        assert await queue.save_ways(connection, [to]) == set(), "somebody else has it"


async def test_what_was_taken_is_written_down_while_another_still_waits(room: PostRoom) -> None:
    room.providers.hold = asyncio.Event()
    question = ConfirmationRequested(need_id=MADE.need_id, delivered=MADE.terms.items, attempt=1)
    await room.hears(partner(), offer(), question)
    sending = asyncio.create_task(room.sender.send_due())

    async def the_email_is_written() -> bool:
        return sorted(await room.statuses()) == ["accepted", "sending"]

    await eventually(the_email_is_written)
    room.providers.hold.set()
    await sending
    assert await room.statuses() == ["accepted", "accepted"]


async def test_two_texts_with_the_same_words_do_not_share_the_one_that_went_out(room: PostRoom) -> None:
    room.providers.text_status = 500
    made = offer()
    await room.hears(partner(channels=(Channel.TEXT,)), made, made)
    await room.sender.send_due()
    room.providers.text_status = 201
    # Of two alike, the provider took one.
    await room.pool.execute("UPDATE messages SET due_at = due_at - interval '11 seconds'")
    assert room.providers.asked[0]["Body"] == room.providers.asked[1]["Body"]
    room.providers.texts.append(room.providers.asked[0])
    assert await room.resolver.look_up_texts() == 2
    await room.sender.send_due()
    assert await room.statuses() == ["accepted", "accepted"]
    assert len(room.providers.texts) == 2
    assert await room.pool.fetchval("SELECT count(DISTINCT provider_id) FROM messages") == 2


async def test_an_address_that_no_mail_server_can_read_is_not_perhaps_sent(room: PostRoom) -> None:
    await room.hears(partner(email="ada@exämple.org"), offer())
    await room.sender.send_due()
    assert await room.statuses() == ["queued"]
    assert "switchboard.deliveries.unknown.v1" not in await room.deliveries()


async def test_mails_that_wait_for_a_slow_server_are_not_taken_for_sent(room: PostRoom) -> None:
    room.mail.pause_before_answer = 30
    letter = Letter("us@example.org", "them@example.org", "<1@example.org>", b"To: them@example.org\r\n\r\n")
    attempts = await asyncio.gather(*(room.mailer.send(letter, within=1) for _ in range(8)))
    assert all(isinstance(attempt, NotNow) for attempt in attempts)
    assert room.mail.taken == []


async def test_what_is_no_longer_true_is_not_said(room: PostRoom) -> None:
    made = offer()
    await room.hears(partner(), made, withdrawal_of(made))

    async def both_settled() -> bool:
        await room.sender.send_due()
        return await room.statuses() == ["suppressed", "suppressed"]

    await eventually(both_settled)
    assert room.mail.taken == []


async def test_an_award_names_the_coordinator_and_a_question_reaches_the_family(room: PostRoom) -> None:
    made = offer()
    award = ClaimAwarded(
        need_id=made.need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        awarded=({"line": 1, "quantity": 1},),
        contact_by=datetime.now(UTC) + timedelta(hours=3),
    )
    question = ConfirmationRequested(need_id=made.need_id, delivered=made.terms.items[:1], attempt=1)
    await room.hears(partner(), award, question)
    await room.sender.send_due()
    assert sorted(await room.statuses()) == ["accepted"] * 3
    assert all(CANARY.encode() not in email for email in room.mail.taken)
    assert sum(b"Casey" in email for email in room.mail.taken) == 2
    [text] = room.providers.texts
    assert "482913" in text["Body"]
    assert "2 camas individuales" in text["Body"]
    kept = await room.pool.fetchval("SELECT string_agg(messages::text, ' ') FROM messages")
    assert CANARY not in kept + await room.deliveries()


@pytest.mark.parametrize("channel", Channel)
async def test_of_a_sensitive_need_nothing_that_leaves_us_says_what_it_is(room: PostRoom, channel: Channel) -> None:
    items = (Item(line=1, code="shelter.night", quantity=3),)
    made = offer(items=items, sensitive=True, place="Kings County, NY", distance_miles=None)
    award = ClaimAwarded(
        need_id=made.need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        awarded=({"line": 1, "quantity": 3},),
        contact_by=datetime.now(UTC) + timedelta(hours=3),
    )
    question = ConfirmationRequested(need_id=made.need_id, delivered=items, attempt=1, sensitive=True)
    await room.hears(partner(channels=(channel,)), made)
    await room.sender.send_due()
    await room.hears(award, question)
    await room.sender.send_due()
    assert await room.statuses() == ["accepted"] * 4
    emails = [message_from_bytes(raw, policy=policy.default) for raw in room.mail.taken]
    subjects = " ".join(email["Subject"] for email in emails)
    to_partner = [email for email in emails if "ada@church.example.org" in email["To"]]
    bodies = [part.get_content() for email in to_partner for part in email.iter_parts()]
    texts = [text["Body"] for text in room.providers.texts]
    assert len(emails) + len(texts) == 4
    assert len(bodies) == (4 if channel is Channel.EMAIL else 0)
    for said in (subjects, *bodies, *texts):
        assert not re.search("shelter|refugio|night|noche", said, re.IGNORECASE)
    assert not re.search("Kings|Brooklyn", " ".join((subjects, *texts)))


REFERRER = PartnerRecorded(
    partner_id=uuid4(),
    name="Harbor Clinic",
    kind=PartnerKind.AGENCY,
    contacts=(Contact(contact_id=uuid4(), name="Noor", email="noor@clinic.example.org", phone="+17185550166"),),
)


def referral_answer(answer: ReferralAnswer, **terms: Any) -> ReferralAnswered:
    made = offer(**terms)
    return ReferralAnswered(
        need_id=made.need_id,
        offer_id=made.offer_id,
        partner_id=made.partner_id,
        terms=made.terms,
        referred_by=REFERRER.partner_id,
        answer=answer,
    )


SEAT = {
    "items": (Item(line=1, code="after_school.seat", quantity=1),),
    "programme": Programme(seats=20, begins=date(2026, 9, 1), ends=date(2027, 6, 18)),
}


@pytest.mark.parametrize(
    ("answer", "terms", "said"),
    [
        (ReferralAnswer.ENROLLED, SEAT, "Second Street has answered: yes, the family is enrolled."),
        (ReferralAnswer.WAITLISTED, SEAT, "Second Street has answered: the family is on the wait list."),
        (ReferralAnswer.DECLINED, SEAT, "Second Street has answered: not this time."),
        (ReferralAnswer.INELIGIBLE, SEAT, "Second Street has answered: their rules do not allow it for this family."),
        (ReferralAnswer.ENROLLED, {}, "Second Street has answered: yes, they are taking it on."),
        (ReferralAnswer.ENROLLED, SEAT | {"sensitive": True}, "The answer is: yes, they are taking it on."),
    ],
)
async def test_whoever_refers_hears_each_answer_and_gets_no_link_to_it(
    room: PostRoom, answer: ReferralAnswer, terms: dict[str, Any], said: str
) -> None:
    await room.hears(partner(), REFERRER, referral_answer(answer, **terms))
    await room.sender.send_due()
    [email] = [message_from_bytes(raw, policy=policy.default) for raw in room.mail.taken]
    assert "noor@clinic.example.org" in email["To"]
    for part in email.iter_parts():
        text = part.get_content()
        assert said in text
        assert "482913" in text
        assert "Casey" in text
        assert not re.search("/o/|after-school programme|Brooklyn", text)
        assert CANARY not in text
        assert ("Second Street" in text) is not terms.get("sensitive", False)


async def test_whoever_refers_and_chose_texts_gets_one(room: PostRoom) -> None:
    contact = REFERRER.contacts[0].model_copy(update={"channels": (Channel.TEXT,), "language": "es"})
    await room.hears(partner(), REFERRER.model_copy(update={"contacts": (contact,)}))
    await room.hears(referral_answer(ReferralAnswer.WAITLISTED, **SEAT))
    await room.sender.send_due()
    [text] = room.providers.texts
    assert text["To"] == "+17185550166"
    assert text["Body"].endswith("Second Street respondio: la familia esta en la lista de espera.")


async def test_a_programme_without_a_seat_left_is_told_why_its_yes_counts_for_nothing(room: PostRoom) -> None:
    made = offer(**SEAT)
    about = {name: getattr(made, name) for name in ("need_id", "offer_id", "partner_id", "terms")}
    await room.hears(partner(), ClaimRefused(**about, reason=RefusalReason.NO_SEAT_LEFT))
    await room.sender.send_due()
    [email] = [message_from_bytes(raw, policy=policy.default) for raw in room.mail.taken]
    for part in email.iter_parts():
        assert "all seats of this term are taken" in part.get_content()
        assert "faster" not in part.get_content()


async def test_of_a_need_that_is_gone_nobody_hears_an_answer(room: PostRoom) -> None:
    room.providers.address_status = 404
    await room.hears(partner(), REFERRER, referral_answer(ReferralAnswer.ENROLLED, **SEAT))
    await room.sender.send_due()
    assert await room.outcomes() == {"partner": ["suppressed no_longer_true"]}


async def test_who_may_not_hear_of_a_family_any_more_gets_no_answer(room: PostRoom) -> None:
    await room.hears(partner(), REFERRER, referral_answer(ReferralAnswer.ENROLLED, **SEAT))
    room.providers.nobody_for = "coordinator_for_referrer"
    await room.sender.send_due()
    assert await room.outcomes() == {"partner": ["suppressed no_longer_true"]}
    assert room.mail.taken == []


async def test_an_address_door_that_is_closed_is_waited_for(room: PostRoom) -> None:
    room.providers.address_status = 503
    await room.hears(ConfirmationRequested(need_id=MADE.need_id, delivered=MADE.terms.items, attempt=1))
    await room.sender.send_due()
    assert await room.statuses() == ["queued"]


async def test_a_phone_that_others_read_gets_words_that_say_nothing(room: PostRoom) -> None:
    room.providers.family = {"discreet": True, "email": "family@example.org"}
    await room.hears(QUESTION)
    await room.sender.send_due()
    room.providers.family["channels"] = ["email"]
    await room.hears(QUESTION)
    await room.sender.send_due()
    assert await room.statuses() == ["accepted", "accepted"]
    [text], [email] = room.providers.texts, room.mail.taken
    letter = message_from_bytes(email, policy=policy.default)
    words = [part.get_content() for part in letter.walk() if not part.is_multipart()]
    assert len(words) == 2
    for said in (*words, text["Body"]):
        assert re.search("lo que pidi[oó] a su escuela", said)
        assert "/f/" in said
        assert not [one for one in QUESTION.delivered if ITEM_KINDS[one.code].label(one.quantity, "es") in said]
    assert "SI 482913" in text["Body"]


async def test_a_family_is_written_to_in_its_own_hours_alone(room: PostRoom) -> None:
    start = (datetime.now(ZoneInfo("America/New_York")).hour + 12) % 24
    others = {"start": start, "end": start + 1}
    room.providers.family = {"contact_hours": others}
    await room.hears(QUESTION)
    await room.sender.send_due()
    assert await room.statuses() == ["queued"]
    due_at = await room.pool.fetchval("SELECT due_at FROM messages")
    assert due_at.astimezone(ZoneInfo("America/New_York")).hour == start
    assert room.providers.asked == []

    # Had it to be said before they begin, it is the coordinator's turn.
    await room.pool.execute("UPDATE messages SET due_at = now(), deadline = now() + interval '1 second'")
    await room.sender.send_due()
    await room.sender.send_due()
    assert await room.outcomes() == {"family": ["failed deadline_passed"], "coordinator": ["accepted"]}
    room.providers.family = {"contact_hours": {"start": 0, "end": 24}}
    await room.hears(QUESTION)
    await room.sender.send_due()
    assert len(room.providers.texts) == 1


@pytest.mark.parametrize("agreed", [{"channels": []}, {"phone": None}, {"channels": ["email"]}])
async def test_where_a_family_cannot_be_asked_its_coordinator_is_at_once_and_once(
    room: PostRoom, agreed: dict[str, Any]
) -> None:
    room.providers.family = agreed
    await room.hears(QUESTION)
    for _ in range(3):
        await room.sender.send_due()
    assert await room.outcomes() == {"family": ["suppressed opted_out"], "coordinator": ["accepted"]}
    [email] = room.mail.taken
    assert b"please ask the family" in email
    assert CANARY.encode() not in email
    assert room.providers.asked == []


async def test_a_question_that_did_not_arrive_is_the_coordinators(room: PostRoom) -> None:
    room.providers.final_status = "undelivered"
    await room.hears(QUESTION)
    await room.sender.send_due()
    for _ in range(2):
        await room.no_callback_came()
        await room.resolver.learn_texts()
        await room.sender.send_due()
    assert await room.outcomes() == {"family": ["bounced not_reached"], "coordinator": ["accepted"]}


async def test_nobody_is_sent_to_ask_a_family_that_said_stop(room: PostRoom) -> None:
    room.providers.address_status = 404
    await room.hears(QUESTION)
    for _ in range(2):
        await room.sender.send_due()
    assert await room.outcomes() == {"family": ["suppressed no_address"]}


async def test_hostile_names_make_no_headers_and_no_markup(room: PostRoom) -> None:
    name = "<script>x</script> 🎈 Bcc: x@example.org"
    await room.hears(partner(name=name), offer())
    await room.sender.send_due()
    [email] = room.mail.taken
    assert b"\r\nBcc:" not in email
    assert b"<script>" not in email.partition(b"text/html")[2]


def handover(kind: type[HandoverEvent], contact: Contact, **changes: Any) -> HandoverEvent:
    example = next(one for one in EXAMPLES if type(one) is kind)
    assert isinstance(example, HandoverEvent)
    return example.model_copy(
        update={
            "partner_id": MADE.partner_id,
            "contact_id": contact.contact_id,
            "offer_id": MADE.offer_id,
            "need_id": MADE.need_id,
        }
        | changes
    )


def visit(contact: Contact, begins: timedelta = timedelta(hours=10), **changes: Any) -> HandoverEvent:
    at = datetime.now(UTC) + begins
    return handover(VisitPlanned, contact, begins=at, ends=at + timedelta(hours=1), **changes)


async def test_a_code_goes_to_the_email_of_who_asked_at_any_hour_and_stands_nowhere(room: PostRoom) -> None:
    record = partner(channels=(Channel.TEXT,))
    colleague = Contact(contact_id=uuid4(), name="Bo", email="bo@church.example.org")
    both = record.model_copy(update={"contacts": (colleague, *record.contacts)})
    room.night()
    expires = datetime.now(UTC) + timedelta(minutes=10)
    await room.hears(both, handover(CodeRequested, record.contacts[0], expires=expires))
    await room.sender.send_due()
    [email] = room.mail.taken
    assert b"ada@church.example.org" in email
    assert CODE.encode() in email
    assert (room.providers.texts, room.providers.codes) == ([], [str(record.contacts[0].contact_id)])
    kept = await room.pool.fetch("SELECT messages::text AS row FROM messages")
    assert CODE not in str([row["row"] for row in kept]) + await room.deliveries()


async def test_a_code_that_nobody_waits_for_any_more_is_not_sent(room: PostRoom) -> None:
    record = partner()
    room.providers.code_status = 404
    expires = datetime.now(UTC) + timedelta(minutes=10)
    await room.hears(record, handover(CodeRequested, record.contacts[0], expires=expires))
    await room.sender.send_due()
    assert (await room.statuses(), room.mail.taken) == (["suppressed"], [])


async def test_a_visit_is_not_told_in_hours_that_are_not_the_familys_though_it_is_soon(room: PostRoom) -> None:
    record = partner()
    start = (datetime.now(ZoneInfo("America/New_York")).hour + 12) % 24
    room.providers.family = {"contact_hours": {"start": start, "end": start + 1}}
    await room.hears(record, visit(record.contacts[0], timedelta(hours=16)))
    await room.sender.send_due()
    assert room.providers.texts == []
    assert await room.outcomes() == {"family": ["queued"], "coordinator": ["accepted"]}


async def test_a_visit_that_was_refused_is_told_of_no_more_and_its_visitor_hears_so_at_night(room: PostRoom) -> None:
    record = partner()
    planned = visit(record.contacts[0])
    assert isinstance(planned, VisitPlanned)
    refused = handover(
        VisitRefused, record.contacts[0], visit_id=planned.visit_id, begins=planned.begins, by=Answerer.COORDINATOR
    )
    room.night()
    await room.hears(record, planned, refused)
    await room.sender.send_due()
    assert await room.outcomes() == {
        "family": ["suppressed no_longer_true"],
        "coordinator": ["suppressed no_longer_true"],
        "partner": ["accepted"],
    }
    [email] = room.mail.taken
    assert b"Please do not come" in email


async def test_where_a_partner_cannot_be_told_to_stay_away_its_coordinator_is(room: PostRoom) -> None:
    record = partner(email="nobody@dead.example.org", phone=None)
    room.mail.rcpt = "550 no such user"
    await room.hears(record, handover(ConsentEnded, record.contacts[0]))
    await room.sender.send_due()
    room.mail.rcpt = "250 OK"
    await room.sender.send_due()
    assert await room.outcomes() == {"partner": ["bounced address_refused"], "coordinator": ["accepted"]}
    [email] = room.mail.taken
    assert b"please call Second Street now" in email.replace(b"=\r\n", b"")
