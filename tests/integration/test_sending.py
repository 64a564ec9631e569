"""The send machine under load and trouble: several providers, several notifiers, bursts; real servers and database."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.links import LinkKeys
from schemas.offers import OfferMade
from schemas.vocabulary import Channel, DeliveryProblem, Fate, Urgency
from services.notifier.composing import Composer
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.sending import Attempt, NotNow, NotWanted, Refused, Trouble, Unclear
from services.notifier.email import Letter, Mailer
from services.notifier.handing_over import Courier
from services.notifier.providers import Provider, Providers
from services.notifier.rendering import Renderer
from services.notifier.resolving import Resolver
from services.notifier.sender import Sender
from services.notifier.store import queue
from services.notifier.texts import Texter
from switchboard.local.folders import CHECKOUT
from switchboard.local.ports import find_free_port
from tests.integration import test_notifier as post
from tests.integration.test_receipts import report
from tests.waiting import eventually

room = post.room
WINDOW = timedelta(minutes=10)
NUMBER = {"+15005550006": None}


def sender_of(room: post.PostRoom, providers: Sequence[Provider] = (), window: timedelta = timedelta(0)) -> Sender:
    """One more notifier beside the room's own, on the same database."""
    own = room.sender
    carriers = Providers(providers) if providers else own._providers  # noqa: SLF001
    return Sender(
        room.pool,
        carriers,
        own._addresses,  # noqa: SLF001
        Courier(room.pool, carriers, Renderer(), Composer("Switchboard <switchboard@example.org>")),
        keys=LinkKeys({"k1": b"s" * 32}),
        public_url="https://switchboard.example.org",
        quiet=QuietHours(0, 0),
        window=window,
    )


def offers(count: int, **changes: Any) -> list[OfferMade]:
    return [
        post.offer(number=number, **changes).model_copy(update={"offer_id": uuid4(), "need_id": uuid4()})
        for number in range(1, count + 1)
    ]


def ids_of(emails: Sequence[bytes]) -> list[str]:
    return [found[1].decode() for email in emails if (found := re.search(rb"(?i)message-id:\s*<(\S+)@", email))]


def links_in(email: bytes) -> int:
    plain = email.replace(b"=\r\n", b"").partition(b"text/html")[0]
    return plain.count(b"https://switchboard.example.org/o/")


async def columns(room: post.PostRoom, column: str) -> list[Any]:
    rows = await room.pool.fetch(f"SELECT {column} FROM messages ORDER BY created_at, message_id")  # noqa: S608
    return [row[0] for row in rows]


async def told(room: post.PostRoom, *command: str) -> tuple[int, str]:
    """What `switchboard providers` says, and how it ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "switchboard", "providers", *command),
        cwd=CHECKOUT,
        env={"NOTIFIER_DATABASE_URL": room.database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def close_windows(room: post.PostRoom) -> None:
    await room.pool.execute("UPDATE parcels SET due_at = now()")


async def test_a_burst_of_offers_to_one_contact_is_at_most_two_messages(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    first, *others = offers(5)
    await room.hears(post.partner(), first)
    await sender.send_due()
    for one in others:
        await room.hears(one)
        await sender.send_due()
    assert sorted(await room.statuses()) == ["accepted"] + ["queued"] * 4
    assert await columns(room, "attempts") == [1, 0, 0, 0, 0], "waiting costs nothing"
    assert await sender.send_due() == 0
    await close_windows(room)
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 5
    assert [links_in(email) for email in room.mail.taken] == [1, 4]
    parcels, provider_ids = await columns(room, "parcel_id"), await columns(room, "provider_id")
    assert len(set(parcels)) == len(set(provider_ids)) == 2
    assert ids_of(room.mail.taken) == [str(parcels[0]), str(parcels[1])]


async def test_what_comes_at_the_same_moment_goes_in_one_message_and_the_next_waits_again(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    await room.hears(post.partner(), *offers(3))
    await sender.send_due()
    await room.hears(*offers(1))
    await close_windows(room)
    await sender.send_due()
    await room.hears(*offers(2))
    for _ in range(2):
        await sender.send_due()
    assert [links_in(email) for email in room.mail.taken] == [3, 1]
    assert (await room.statuses()).count("queued") == 2


async def test_what_is_urgent_or_would_be_answered_too_late_waits_for_nothing(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    soon = datetime.now(UTC) + timedelta(minutes=30)
    await room.hears(post.partner(), *offers(1))
    await sender.send_due()
    await room.hears(*offers(1, urgency=Urgency.TODAY), *offers(1, respond_by=soon), *offers(1))
    await sender.send_due()
    assert sorted(await room.statuses()) == ["accepted"] * 3 + ["queued"]
    assert [links_in(email) for email in room.mail.taken] == [1, 1, 1]


async def test_an_offer_withdrawn_while_it_waits_drops_out_and_nobody_hears_of_it(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    first, second, third = offers(3)
    await room.hears(post.partner(), first)
    await sender.send_due()
    await room.hears(second, third)
    await sender.send_due()
    await room.hears(post.withdrawal_of(second))
    for _ in range(2):
        await sender.send_due()

    async def cancelled() -> bool:
        await sender.send_due()
        return sorted(await room.statuses()) == ["accepted", "queued", "suppressed", "suppressed"]

    await eventually(cancelled)
    await close_windows(room)
    await sender.send_due()
    assert [links_in(email) for email in room.mail.taken] == [1, 1]


async def test_a_parcel_that_is_tried_again_is_the_same_parcel(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    room.mail.data = "451 later"
    await room.hears(post.partner(), *offers(3))
    await sender.send_due()
    assert await room.statuses() == ["queued"] * 3
    assert await sender.send_due() == 0, "not before its time"
    room.mail.data = "250 OK"
    await close_windows(room)
    await sender.send_due()
    await close_windows(room)
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 3
    [email] = room.mail.taken
    assert links_in(email) == 3
    assert ids_of([email]) == [str(one) for one in {*await columns(room, "parcel_id")}]


async def test_after_a_crash_a_parcel_goes_again_under_the_same_id(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    await room.hears(post.partner(), *offers(3))
    await sender.send_due()
    await room.die_in_the_middle(perhaps_sent=True)
    await room.resolver.expire_leases()
    await room.pool.execute("DELETE FROM parcels")
    await room.resolver.let_go()
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 3
    first, again = room.mail.taken
    assert ids_of([first]) == ids_of([again])
    assert links_in(again) == 3


async def test_a_list_of_offers_by_text_is_one_text_of_two_segments_at_most(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    await room.hears(post.partner(channels=(Channel.TEXT,)), *offers(2))
    await sender.send_due()
    await room.hears(*offers(2, sensitive=True))
    await close_windows(room)
    await sender.send_due()
    first, second = (text["Body"] for text in room.providers.texts)
    assert first.startswith("2 requests wait for you: 1: ")
    assert second.startswith("2 requests. The first: https://")
    assert not re.search("bed|Brooklyn", second)


async def test_a_list_by_text_that_was_perhaps_taken_is_looked_up_and_is_all_of_theirs(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    room.providers.text_status, room.providers.takes_before_it_fails = 500, True
    await room.hears(post.partner(channels=(Channel.TEXT,)), *offers(2))
    await sender.send_due()
    assert await room.statuses() == ["unknown"] * 2
    await room.pool.execute("UPDATE messages SET due_at = due_at - interval '11 seconds'")
    await room.pool.execute("DELETE FROM parcels")
    await room.resolver.look_up_texts()
    await room.resolver.let_go()
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 2
    assert await columns(room, "provider_id") == ["SM1", "SM1"]
    assert len(room.providers.texts) == 1
    await room.no_callback_came()
    await room.resolver.learn_texts()
    assert await room.statuses() == ["delivered"] * 2


async def test_offers_that_went_out_as_one_and_bounced_go_on_as_one(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    church = post.partner()
    ben = church.contacts[0].model_copy(update={"contact_id": uuid4(), "email": "ben@church.example.org"})
    await room.hears(church.model_copy(update={"contacts": (*church.contacts, ben)}), *offers(2))
    await sender.send_due()
    [parcel_id] = set(await columns(room, "parcel_id"))
    await report(room, parcel_id, Fate.BOUNCED)
    assert await room.statuses() == ["queued"] * 2
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 2
    first, second = room.mail.taken
    assert (links_in(first), links_in(second)) == (2, 2)
    assert b"ben@church.example.org" in second
    assert len(set(ids_of(room.mail.taken))) == 2


async def test_who_wants_them_once_a_day_gets_them_at_that_hour_but_not_too_late(room: post.PostRoom) -> None:
    sender = sender_of(room, window=WINDOW)
    zone = ZoneInfo("America/New_York")
    hour = (datetime.now(zone).hour + 3) % 24
    tomorrow, soon = (datetime.now(UTC) + timedelta(hours=hours) for hours in (48, 3.5))
    await room.hears(post.partner(digest_hour=hour), *offers(2, respond_by=tomorrow), *offers(1, respond_by=soon))
    await sender.send_due()
    assert sorted(await room.statuses()) == ["accepted", "queued", "queued"]
    await room.hears(*offers(2, respond_by=tomorrow))
    await sender.send_due()
    [due_at] = await room.pool.fetch("SELECT due_at FROM parcels WHERE daily")
    assert due_at[0].astimezone(zone).hour == hour
    await close_windows(room)
    await sender.send_due()
    assert await room.statuses() == ["accepted"] * 5
    assert links_in(room.mail.taken[-1]) == 4


async def test_two_notifiers_share_the_work_and_double_nothing(room: post.PostRoom) -> None:
    contacts = [post.partner(email=f"ada{number}@church.example.org") for number in range(20)]
    own = {one.partner_id: one for one in (each.model_copy(update={"partner_id": uuid4()}) for each in contacts)}
    made = [
        one.model_copy(update={"partner_id": partner_id})
        for partner_id in own
        for one in [*offers(12), *offers(3, urgency=Urgency.TODAY)]
    ]
    await room.hears(*own.values(), *made)
    senders = [sender_of(room, [Provider("mail", room.mailer)]) for _ in range(2)]

    async def work(sender: Sender) -> int:
        total = 0
        while "queued" in await room.statuses():
            total += await sender.send_due()
        return total

    shares = await asyncio.gather(*(work(sender) for sender in senders for _ in range(2)))
    assert await room.statuses() == ["accepted"] * 300
    taken = ids_of(room.mail.taken)
    assert len(taken) == len(set(taken)) == 300
    assert min(sum(shares[:2]), sum(shares[2:])) > 0


async def test_a_rate_is_kept_by_all_notifiers_together_and_nothing_is_spent_by_waiting(room: post.PostRoom) -> None:
    slow = Provider("slow", room.mailer, per_second=20)
    senders = [sender_of(room, [slow]), sender_of(room, [slow])]
    await room.hears(post.partner(), *offers(50))
    begun, seen = asyncio.get_running_loop().time(), list[tuple[float, int]]()

    async def all_went() -> bool:
        await asyncio.gather(*(sender.send_due() for sender in senders))
        seen.append((asyncio.get_running_loop().time() - begun, len(room.mail.taken)))
        return "queued" not in await room.statuses()

    await eventually(all_went)
    assert [(took, sent) for took, sent in seen if sent > 20 + 20 * took + 1] == []
    assert seen[-1][0] > 1.4
    assert set(await columns(room, "attempts")) == {1}


async def test_a_paused_provider_holds_what_drains_afterwards_urgent_first(room: post.PostRoom) -> None:
    slow = Provider("slow", room.mailer, per_second=1)
    sender = sender_of(room, [slow])
    await sender._providers.register(room.pool)  # noqa: SLF001
    assert await told(room, "pause", "slow") == (0, "slow is paused\n")
    await room.hears(post.partner(), *offers(5))
    for _ in range(3):
        await sender.send_due()
    await room.hears(*offers(1, urgency=Urgency.TODAY))
    for _ in range(3):
        await sender.send_due()
    assert room.mail.taken == []
    assert set(await columns(room, "attempts")) == {0}
    assert set(await columns(room, "lane")) == {"email"}
    code, listed = await told(room, "list")
    assert code == 0
    assert re.fullmatch(r"slow  email  paused since \S+ \S+ UTC  6 messages wait\n", listed)
    assert await told(room, "pause", "fast") == (1, "switchboard: there is no provider fast; there are: slow\n")
    assert await told(room, "resume", "slow") == (0, "slow is running\n")
    await sender.send_due()
    assert await room.pool.fetchval("SELECT urgent FROM messages WHERE status = 'accepted'")
    assert len(room.mail.taken) == 1, "not all at once"


async def test_what_a_paused_provider_holds_too_long_is_given_up(room: post.PostRoom) -> None:
    sender = sender_of(room, [Provider("slow", room.mailer)])
    await sender._providers.register(room.pool)  # noqa: SLF001
    await room.pool.execute("UPDATE providers SET paused_since = now()")
    await room.hears(post.partner(), *offers(1))
    await sender.send_due()
    await room.pool.execute("UPDATE messages SET deadline = now() - interval '1 second'")
    await room.resolver.let_go()
    await sender.send_due()
    assert await room.outcomes() == {"partner": ["failed deadline_passed"]}


async def test_another_provider_takes_over_from_one_that_is_away(room: post.PostRoom) -> None:
    away = Mailer(f"smtp://127.0.0.1:{find_free_port()}")
    sender = sender_of(room, [Provider("away", away, weight=1000), Provider("spare", room.mailer)])
    await room.hears(post.partner(), *offers(60))

    async def all_went() -> bool:
        await sender.send_due()
        return set(await room.statuses()) == {"accepted"}

    await eventually(all_went)
    assert set(await columns(room, "provider")) == {"spare"}


async def test_a_text_of_unknown_fate_goes_by_no_other_provider_before_the_first_was_asked(room: post.PostRoom) -> None:
    async with texting(500) as (first, texter), texting(201) as (second, spare):
        providers = [Provider("first", texter, weight=1e9, numbers=NUMBER), Provider("second", spare, numbers=NUMBER)]
        sender = sender_of(room, providers)
        await room.hears(post.partner(channels=(Channel.TEXT,)), *offers(1))
        await sender.send_due()
        assert await room.statuses() == ["unknown"]
        turned = [replace(one, weight=1e-9 if one.name == "first" else 1e9) for one in providers]
        await room.pool.execute("UPDATE messages SET due_at = due_at - interval '11 seconds'")
        assert await Resolver(room.pool, [texter, spare]).look_up_texts() == 1
        first.taken.append("SM7")
        await sender_of(room, turned).send_due()
        assert await columns(room, "provider_id") == ["SM7"]
        assert (len(first.asked), second.asked) == (1, [])


@dataclass
class Texting:
    """A texting API that gives one answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    code: int | None = None
    hangs: bool = False
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        if request.method == "GET":
            listed = [{"sid": sid, "body": self.asked[-1], "status": "queued"} for sid in self.taken]
            return JSONResponse({"messages": listed})
        self.asked.append(str((await request.form())["Body"]))
        if self.hangs:
            await self.freed.wait()
        return JSONResponse({"sid": "SM1", "code": self.code}, status_code=self.status, headers=self.headers)


@asynccontextmanager
async def texting(status: int, within: float = 30, **more: Any) -> AsyncIterator[tuple[Texting, Texter]]:
    api, port = Texting(status, **more), find_free_port()
    route = Route("/2010-04-01/Accounts/AC1/Messages.json", api.answer, methods=["GET", "POST"])
    config = uvicorn.Config(Starlette(routes=[route]), "127.0.0.1", port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    async with httpx.AsyncClient(timeout=within) as client:
        yield api, Texter(client, f"http://127.0.0.1:{port}", "AC1", "token", "http://x")
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    ("status", "more", "attempt"),
    [
        (429, {}, NotNow(trouble=Trouble.BUSY)),
        (500, {}, Unclear(Trouble.SERVER_ERROR)),
        (503, {}, Unclear(Trouble.SERVER_ERROR)),
        (401, {}, NotNow(trouble=Trouble.TURNED_AWAY)),
        (403, {}, NotNow(trouble=Trouble.TURNED_AWAY)),
        (404, {}, NotNow(trouble=Trouble.TURNED_AWAY)),
        (302, {"headers": {"Location": "/elsewhere"}}, NotNow(trouble=Trouble.TURNED_AWAY)),
        (400, {"code": 21610}, NotWanted(DeliveryProblem.OPTED_OUT)),
        (400, {}, Refused(DeliveryProblem.PROVIDER_REFUSED)),
        (201, {"hangs": True, "within": 1}, Unclear(Trouble.TIMED_OUT)),
    ],
)
async def test_each_answer_of_a_texting_api_is_told_apart(status: int, more: dict[str, Any], attempt: Attempt) -> None:
    async with texting(status, **more) as (_, texter):
        assert await texter.send(uuid4(), "+15005550006", "+17185550141", "hello") == attempt


@pytest.mark.parametrize("asked", ["seconds", "date"])
async def test_a_texting_api_that_says_when_is_asked_again_then(asked: str) -> None:
    then = datetime.now(UTC) + timedelta(seconds=100)
    header = "100" if asked == "seconds" else then.strftime("%a, %d %b %Y %H:%M:%S GMT")
    async with texting(429, headers={"Retry-After": header}) as (_, texter):
        attempt = await texter.send(uuid4(), "+15005550006", "+17185550141", "hello")
    assert isinstance(attempt, NotNow)
    assert attempt.pause is not None
    assert timedelta(seconds=95) < attempt.pause <= timedelta(seconds=120)


async def test_a_texting_api_that_is_not_there_took_nothing() -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        for url in (f"http://127.0.0.1:{find_free_port()}", "http://nowhere.invalid"):
            attempt = await Texter(client, url, "AC1", "token", "http://x").send(
                uuid4(), "+15005550006", "+17185550141", "hello"
            )
            assert attempt == NotNow(trouble=Trouble.CONNECTION)


@dataclass
class Answers:
    """What an SMTP server says at each step."""

    greeting: str = ""
    mail: str = "250 OK"
    rcpt: str = "250 OK"
    data: str = "250 OK"
    hangs_at: str = ""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [self.greeting] if self.greeting else responses

    async def handle_HELO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        session.host_name = hostname
        return self.greeting or "250 OK"

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await self._reach("mail")
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await self._reach("rcpt")
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        await self._reach("data")
        return self.data

    async def _reach(self, step: str) -> None:
        if step == self.hangs_at:
            await asyncio.Event().wait()


LETTER = Letter("us@example.org", "them@example.org", "<1@example.org>", b"Subject: x\r\n\r\nx\r\n")
GONE = Refused(DeliveryProblem.ADDRESS_REFUSED, suppress=True)


@pytest.mark.parametrize(
    ("answers", "attempt"),
    [
        ({"greeting": "421 too many"}, NotNow(trouble=Trouble.BUSY)),
        ({"greeting": "554 go away"}, NotNow(trouble=Trouble.TURNED_AWAY)),
        ({"mail": "421 closing"}, NotNow(trouble=Trouble.BUSY)),
        ({"mail": "451 too fast"}, NotNow(trouble=Trouble.BUSY)),
        ({"mail": "550 not you"}, NotNow(trouble=Trouble.TURNED_AWAY)),
        ({"rcpt": "421 closing"}, NotNow(trouble=Trouble.BUSY)),
        ({"rcpt": "450 mailbox busy"}, NotNow(trouble=Trouble.GREYLISTED)),
        ({"rcpt": "451 greylisted"}, NotNow(trouble=Trouble.GREYLISTED)),
        ({"rcpt": "452 full"}, NotNow(trouble=Trouble.GREYLISTED)),
        ({"rcpt": "550 no such user"}, GONE),
        ({"rcpt": "551 not local"}, GONE),
        ({"rcpt": "553 what"}, GONE),
        ({"rcpt": "552 quota"}, Refused(DeliveryProblem.PROVIDER_REFUSED)),
        ({"rcpt": "554 policy"}, Refused(DeliveryProblem.PROVIDER_REFUSED)),
        ({"data": "421 closing"}, NotNow(trouble=Trouble.BUSY)),
        ({"data": "451 later"}, NotNow(trouble=Trouble.GREYLISTED)),
        ({"data": "550 spam"}, Refused(DeliveryProblem.PROVIDER_REFUSED)),
        ({"data": "554 spam"}, Refused(DeliveryProblem.PROVIDER_REFUSED)),
        ({"hangs_at": "mail"}, NotNow(trouble=Trouble.TIMED_OUT)),
        ({"hangs_at": "rcpt"}, NotNow(trouble=Trouble.TIMED_OUT)),
        ({"hangs_at": "data"}, Unclear(Trouble.TIMED_OUT)),
    ],
)
async def test_each_answer_of_a_mail_server_is_told_apart(answers: dict[str, str], attempt: Attempt) -> None:
    port = find_free_port()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Answers(**answers)), "127.0.0.1", port)
    mailer = Mailer(f"smtp://127.0.0.1:{port}")
    assert await mailer.send(LETTER, within=1 if "hangs_at" in answers else 30) == attempt
    await mailer.close()
    server.close()


async def test_a_mail_server_that_is_not_there_took_nothing() -> None:
    for url in (f"smtp://127.0.0.1:{find_free_port()}", "smtp://nowhere.invalid"):
        assert await Mailer(url).send(LETTER, within=30) == NotNow(trouble=Trouble.CONNECTION)


async def test_a_mail_server_that_speaks_no_tls_where_it_should_took_nothing() -> None:
    port = find_free_port()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Answers()), "127.0.0.1", port)
    attempt = await Mailer(f"smtps://127.0.0.1:{port}").send(LETTER, within=2)
    assert isinstance(attempt, NotNow)
    assert attempt.trouble in {Trouble.CONNECTION, Trouble.TIMED_OUT}
    server.close()


async def test_what_is_urgent_goes_first_and_starves_nobody(room: post.PostRoom) -> None:
    await room.hears(post.partner(), *offers(30), *offers(60, urgency=Urgency.TODAY))
    async with room.pool.acquire() as connection:
        first = await queue.claim_due(connection, 20)
        second = await queue.claim_due(connection, 20)
    for claimed in (first, second):
        assert [message.urgent for message in claimed] == [place % 5 != 4 for place in range(20)] + [True] * 4


async def test_a_provider_that_hangs_holds_up_nobody_elses_messages(room: post.PostRoom) -> None:
    async with texting(201, hangs=True) as (api, texter):
        sender = sender_of(room, [Provider("mail", room.mailer), Provider("texts", texter, numbers=NUMBER)])
        by_text = post.partner(channels=(Channel.TEXT,))
        by_mail = post.partner().model_copy(update={"partner_id": uuid4()})
        mails = [one.model_copy(update={"partner_id": by_mail.partner_id}) for one in offers(40)]
        await room.hears(by_text, by_mail, *offers(40), *mails)
        sending = asyncio.create_task(sender.send_due())

        async def all_mails_went() -> bool:
            return len(room.mail.taken) == 40

        await eventually(all_mails_went)
        assert not sending.done()
        api.freed.set()
        await sending
