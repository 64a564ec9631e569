"""What providers report of messages comes in through intake: once, from nobody else, and without an address."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from schemas.receipts import ReceiptReceived
from schemas.vocabulary import Channel, DeliveryProblem, Fate
from services.intake.api.mail import LARGEST_MAIL
from services.intake.api.texts import sign
from tests.browser.intake import SECRET, RunningIntake, running_intake
from tests.parts import DatabaseMaker
from tests.unit.test_mail_reports import FOLDER, MESSAGE, mail

RELAY = {"Authorization": f"Bearer {SECRET}", "Content-Type": "message/rfc822"}
JSON = RELAY | {"Content-Type": "application/json"}


@dataclass
class Door:
    """A running intake as a provider sees it."""

    intake: RunningIntake
    provider: httpx.AsyncClient

    async def tell_status(self, message_id: UUID, status: str, *, token: str = SECRET, **more: str) -> httpx.Response:
        path = f"/webhooks/texts/{message_id}/status"
        form = {"MessageSid": "SM1", "MessageStatus": status, "To": "+17185550142", **more}
        signature = sign(token, f"{self.intake.url}{path}", form)
        return await self.provider.post(path, data=form, headers={"X-Twilio-Signature": signature})

    async def receipts(self) -> list[ReceiptReceived]:
        """What waits for Kafka."""
        async with self.intake.desk.pool.acquire() as connection:
            rows = await connection.fetch("SELECT key, value FROM outbox WHERE topic = 'receipts' ORDER BY id")
        found = [ReceiptReceived.model_validate_json(row["value"]) for row in rows]
        assert [str(one.key).encode() for one in found] == [row["key"] for row in rows]
        return found


@pytest_asyncio.fixture
async def door(postgres: DatabaseMaker) -> AsyncIterator[Door]:
    async with (
        running_intake(await postgres("intake")) as intake,
        httpx.AsyncClient(base_url=intake.url, timeout=30) as provider,
    ):
        yield Door(intake, provider)


async def test_a_texts_status_is_taken_once_and_only_when_it_is_final(door: Door) -> None:
    first, second = uuid4(), uuid4()
    for message_id, status, code in (
        (first, "queued", ""),
        (first, "sent", ""),
        (first, "delivered", ""),
        (first, "delivered", ""),
        (second, "undelivered", "30005"),
    ):
        more = {"ErrorCode": code} if code else {}
        assert (await door.tell_status(message_id, status, **more)).status_code == 204
    arrived, lost = await door.receipts()
    assert (arrived.message_id, arrived.channel, arrived.fate) == (first, Channel.TEXT, Fate.DELIVERED)
    assert (lost.message_id, lost.fate, lost.problem) == (second, Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED)


async def test_a_status_that_twilio_did_not_sign_for_this_message_is_refused(door: Door) -> None:
    ours, other = uuid4(), uuid4()
    assert (await door.tell_status(ours, "delivered", token="another")).status_code == 403
    path = f"/webhooks/texts/{ours}/status"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    for signed in (f"{door.intake.url}/webhooks/texts/{other}/status", f"{door.intake.url}/webhooks/texts", path):
        headers = {"X-Twilio-Signature": sign(SECRET, signed, form)}
        answer = await door.provider.post(path, data=form, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert await door.receipts() == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.eml")), ids=lambda path: path.stem)
async def test_a_mail_that_reports_is_taken_once(door: Door, path: object) -> None:
    raw = mail(getattr(path, "stem", ""))
    answers = [await door.provider.post("/webhooks/mail", content=raw, headers=RELAY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = await door.receipts()
    assert [answer.json()["taken"] for answer in answers] == [bool(told), False]
    assert all(one.message_id == MESSAGE and one.channel is Channel.EMAIL for one in told)
    async with door.intake.desk.pool.acquire() as connection:
        values = [row["value"].decode() for row in await connection.fetch("SELECT value FROM outbox")]
    assert not [value for value in values if "@" in value]


@pytest.mark.parametrize(
    ("event", "code", "fate", "problem"),
    [
        ("delivered", None, Fate.DELIVERED, None),
        ("deferred", "4.2.2", Fate.DELAYED, DeliveryProblem.MAILBOX_FULL),
        ("bounced", None, Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
        ("bounced", "5.2.2", Fate.BOUNCED_FOR_NOW, DeliveryProblem.MAILBOX_FULL),
        ("complained", None, Fate.COMPLAINED, DeliveryProblem.COMPLAINED),
    ],
)
async def test_a_providers_webhook_is_taken_as_json(
    door: Door, event: str, code: str | None, fate: Fate, problem: DeliveryProblem | None
) -> None:
    for message_id in (f"<{MESSAGE}@example.org>", str(MESSAGE)):
        body = {"message_id": message_id, "event": event} | ({"code": code} if code else {})
        answer = await door.provider.post("/webhooks/mail", json=body, headers=JSON)
        assert answer.status_code == 200, answer.text
    [told] = await door.receipts()
    assert (told.message_id, told.fate, told.problem) == (MESSAGE, fate, problem)


@pytest.mark.parametrize(
    "body",
    [
        {"message_id": "20261124@example.org", "event": "bounced"},
        {"message_id": str(MESSAGE), "event": "opened"},
        {"message_id": str(MESSAGE), "event": "bounced", "code": "550 no such user ada@church.example.org"},
        {"message_id": str(MESSAGE), "event": "bounced", "recipient": "ada@church.example.org"},
        {},
        [],
    ],
)
async def test_json_that_is_not_the_form_is_a_problem_that_names_the_field(door: Door, body: object) -> None:
    answer = await door.provider.post("/webhooks/mail", content=json.dumps(body), headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]
    assert "ada@" not in answer.text
    assert await door.receipts() == []


async def test_what_is_no_mail_or_too_much_is_a_problem(door: Door) -> None:
    for content, status in ((b"", 422), (b"\xff\x00", 422), (b"a: b\n\n" + b"x" * LARGEST_MAIL, 413)):
        answer = await door.provider.post("/webhooks/mail", content=content, headers=RELAY)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_without_the_secret_nothing_is_taken(door: Door) -> None:
    raw = mail("postfix_no_such_user")
    for sent in (
        {},
        {"Authorization": "Bearer another"},
        {"Authorization": SECRET},
        {b"Authorization": b"Bearer \xff"},
    ):
        answer = await door.provider.post("/webhooks/mail", content=raw, headers=sent)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    desk = door.intake.desk
    settings = desk.settings.model_copy(update={"mail_webhook_secret": None})
    door.intake.app.state.desk = replace(desk, settings=settings)
    answer = await door.provider.post("/webhooks/mail", content=raw, headers=RELAY)
    assert (answer.status_code, "MAIL_WEBHOOK_SECRET" in answer.json()["detail"]) == (503, True)
    assert await door.receipts() == []
