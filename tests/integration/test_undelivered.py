"""What did not arrive stands on a list for the coordinator of the need's site, until somebody dealt with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schemas import deliveries
from schemas.deliveries import DeliveryEvent
from schemas.offers import OfferExpired
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind
from services.intake.store.messages import count_undelivered
from tests.browser.intake import RunningIntake, offer_of
from tests.integration.cases import ADDRESS, FORM_MARK, NAME, PHONE, Case, send

SITE = "ours@school.example.org"


async def test_a_message_that_bounced_is_listed_with_whom_to_call_until_somebody_did(case: Case) -> None:
    message_id = await say(case, deliveries.MessageBounced, problem=DeliveryProblem.MAILBOX_FULL)
    async with signed_in(case.intake, SITE) as robin:
        board = (await robin.get("/needs")).text
        assert "Messages that did not arrive: 1" in board
        assert "Messages that did not arrive: 1" in (await robin.get(f"/needs/{case.need_id}")).text
        page = (await robin.get("/undelivered")).text
        assert "Second Street Church" in page
        assert "Their mailbox is full." in page
        assert case.contact.name in page
        assert not any(secret in page for secret in (NAME, PHONE, ADDRESS, "ada@church.example.org"))
        form = {FORM_MARK: robin.cookies[FORM_MARK]}
        gone, _ = await asyncio.gather(
            asyncio.gather(*(robin.post(f"/undelivered/{message_id}/settled", data=form) for _ in range(6))),
            asyncio.gather(*(say(case, deliveries.MessageBounced, message_id=message_id) for _ in range(2))),
        )
        assert all("Everything got through." in answer.text for answer in gone)
        assert "Somebody took care" in (await robin.get(f"/needs/{case.need_id}")).text
    async with case.intake.desk.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM messages WHERE message_id = $1", message_id)
        by = await connection.fetchval("SELECT person_id FROM people WHERE email = $1", SITE)
        assert await count_undelivered(connection) == ({}, 0.0)
        assert await connection.fetchval("SELECT count(*) FROM history WHERE what = 'messages.settled'") == 1
    assert row is not None
    assert (row["settled_by"], row["settled_at"] is not None) == (by, True)


async def test_another_site_neither_sees_it_nor_takes_it_off(case: Case) -> None:
    message_id = await say(case, deliveries.MessageFailed, problem=DeliveryProblem.DEADLINE_PASSED)
    await case.intake.add_coordinator("theirs@school.example.org", "Theirs")
    async with signed_in(case.intake, "theirs@school.example.org") as theirs:
        assert "Everything got through." in (await theirs.get("/undelivered")).text
        form = {FORM_MARK: theirs.cookies[FORM_MARK]}
        assert (await theirs.post(f"/undelivered/{message_id}/settled", data=form)).status_code == 404
    async with case.intake.desk.pool.acquire() as connection:
        settled = await connection.fetchval("SELECT settled_at FROM messages WHERE message_id = $1", message_id)
    assert settled is None


@pytest.mark.parametrize(
    ("kind", "changes", "waits"),
    [
        (deliveries.MessageAccepted, {}, False),
        (deliveries.MessageDelayed, {"problem": DeliveryProblem.NOT_REACHED}, False),
        (deliveries.MessageDelivered, {}, False),
        (deliveries.MessageComplained, {"problem": DeliveryProblem.COMPLAINED}, False),
        (deliveries.MessageBounced, {"problem": DeliveryProblem.ADDRESS_REFUSED}, True),
        (deliveries.MessageFailed, {"problem": DeliveryProblem.DEADLINE_PASSED}, True),
        (deliveries.MessageSuppressed, {"problem": DeliveryProblem.NO_LONGER_TRUE}, False),
        (deliveries.MessageSuppressed, {"problem": DeliveryProblem.NO_ADDRESS}, True),
        (deliveries.MessageUnknown, {"problem": DeliveryProblem.TIMED_OUT_AFTER_SENDING}, False),
        (deliveries.MessageUnknown, {"problem": DeliveryProblem.TIMED_OUT_AFTER_SENDING, "hours": 2}, True),
        (deliveries.MessageBounced, {"purpose": MessagePurpose.IDENTITY_CODE}, False),
        (deliveries.MessageBounced, {"purpose": MessagePurpose.OFFER}, False),
    ],
)
async def test_only_what_a_person_can_mend_waits_for_one(
    case: Case, kind: type[DeliveryEvent], changes: dict[str, Any], *, waits: bool
) -> None:
    await say(case, kind, **changes)
    async with signed_in(case.intake, SITE) as robin:
        page = (await robin.get("/undelivered")).text
    assert ("Everything got through." not in page) is waits


async def test_what_is_said_later_counts_and_what_is_said_again_does_not(case: Case) -> None:
    message_id = await say(case, deliveries.MessageBounced)
    await say(case, deliveries.MessageDelivered, message_id=message_id)
    async with case.intake.desk.pool.acquire() as connection:
        assert await count_undelivered(connection) == ({}, 0.0)


async def test_an_offer_that_did_not_arrive_matters_while_it_is_open(case: Case) -> None:
    made = offer_of(case.need_id, case.made.terms.items, case.partner)
    await case.intake.matcher_says(made)
    await say(case, deliveries.MessageBounced, purpose=MessagePurpose.OFFER, offer_id=made.offer_id)
    async with case.intake.desk.pool.acquire() as connection:
        assert (await count_undelivered(connection))[0] == {"bounced": 1}
    about = made.model_dump(include={"need_id", "offer_id", "partner_id", "terms"})
    await case.intake.matcher_says(OfferExpired.model_validate(about))
    async with case.intake.desk.pool.acquire() as connection:
        assert (await count_undelivered(connection))[0] == {}


async def test_a_needs_page_tells_each_message_step_by_step(case: Case) -> None:
    message_id = await say(case, deliveries.MessageAccepted)
    await say(case, deliveries.MessageDelayed, message_id=message_id, problem=DeliveryProblem.NOT_REACHED)
    await say(case, deliveries.MessageBounced, message_id=message_id, problem=DeliveryProblem.MAILBOX_FULL)
    async with signed_in(case.intake, SITE) as robin:
        page = (await robin.get(f"/needs/{case.need_id}")).text
        spanish = (await robin.get(f"/needs/{case.need_id}?language=es")).text
    told = ("To Second Street Church: who takes it on", "On its way.", "still trying", "It did not arrive.", "is full.")
    assert [one for one in told if one not in page] == []
    assert "Para Second Street Church: quién se encarga" in spanish


async def say(
    case: Case,
    kind: type[DeliveryEvent],
    *,
    message_id: UUID | None = None,
    hours: float = 0,
    problem: DeliveryProblem = DeliveryProblem.ADDRESS_REFUSED,
    **changes: Any,
) -> UUID:
    """The notifier says what became of a message to the partner."""
    event = kind.model_validate(
        {
            "need_id": case.need_id,
            "message_id": message_id or uuid4(),
            "recipient": RecipientKind.PARTNER,
            "purpose": MessagePurpose.CLAIM_AWARDED,
            "channel": Channel.EMAIL,
            "offer_id": case.made.offer_id,
            "partner_id": case.partner.partner_id,
            "contact_id": case.contact.contact_id,
            "at": datetime.now(UTC) - timedelta(hours=hours),
            "problem": problem,
        }
        | changes
    )
    await case.intake.matcher_says(event)
    return event.message_id


@asynccontextmanager
async def signed_in(intake: RunningIntake, email: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=intake.url, follow_redirects=True, timeout=30) as client:
        await send(client, "/sign-in", "/sign-in", email=email)
        link = await intake.sign_in_link(email)
        await client.get(link)
        await client.post(link, data={FORM_MARK: client.cookies[FORM_MARK]})
        yield client
