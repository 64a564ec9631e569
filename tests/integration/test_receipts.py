"""What providers report of messages, in any order and any number of times, on a real database."""

import asyncio
from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from schemas.envelope import Envelope
from schemas.receipts import ReceiptReceived
from schemas.vocabulary import Channel, DeliveryProblem, Fate
from services.notifier.handlers import handle
from services.notifier.recipients import hash_address
from services.notifier.store import contacts, queue
from services.runtime.messages import Message
from services.runtime.tracing import new_traceparent
from tests.integration.test_notifier import QUESTION, PostRoom, offer, partner, room

__all__ = ["room"]

ADA = "ada@church.example.org"
_PROBLEMS = {
    Fate.DELAYED: DeliveryProblem.NOT_REACHED,
    Fate.BOUNCED_FOR_NOW: DeliveryProblem.MAILBOX_FULL,
    Fate.BOUNCED: DeliveryProblem.ADDRESS_REFUSED,
    Fate.COMPLAINED: DeliveryProblem.COMPLAINED,
}


async def test_a_message_that_arrived_is_known_to_have(room: PostRoom) -> None:
    message_id = await sent(room)
    await report(room, message_id, Fate.DELIVERED)
    assert await room.statuses() == ["delivered"]
    assert await told(room) == ["accepted 1", "delivered 2"]


@pytest.mark.parametrize(
    ("fate", "status", "suppressed"),
    [
        (Fate.DELAYED, "accepted", False),
        (Fate.BOUNCED_FOR_NOW, "bounced mailbox_full", False),
        (Fate.BOUNCED, "bounced address_refused", True),
        (Fate.COMPLAINED, "delivered complained", True),
    ],
)
async def test_each_fate_has_its_own_consequence(room: PostRoom, fate: Fate, status: str, *, suppressed: bool) -> None:
    await report(room, await sent(room), fate)
    # What bounced is looked at once more: there is no other way here.
    await room.sender.send_due()
    [[became]] = (await room.outcomes()).values()
    assert became.startswith(status)
    room.mail.taken.clear()
    await room.hears(offer().model_copy(update={"offer_id": uuid4()}))
    await room.sender.send_due()
    assert room.mail.taken == [] if suppressed else len(room.mail.taken) == 1
    hashes = [row["address_hash"] for row in await room.pool.fetch("SELECT address_hash FROM suppressions")]
    assert hashes == ([hash_address(ADA)] if suppressed else [])


async def test_receipts_come_to_the_same_in_every_order_and_however_often(room: PostRoom) -> None:
    await room.hears(partner())
    orders = list(permutations([Fate.DELAYED, Fate.DELIVERED, Fate.COMPLAINED]))
    ids = []
    for _ in orders:
        await room.hears(offer().model_copy(update={"offer_id": uuid4()}))
        await room.sender.send_due()
        ids.append(await room.pool.fetchval("SELECT message_id FROM messages ORDER BY created_at DESC LIMIT 1"))
        await room.pool.execute("DELETE FROM suppressions")
    for message_id, order in zip(ids, orders, strict=True):
        for fate in (*order, *order):
            await report(room, message_id, fate)
    rows = await room.pool.fetch("SELECT DISTINCT status, fate, problem FROM messages")
    assert [tuple(row) for row in rows] == [("delivered", "complained", "complained")]


async def test_what_is_reported_twice_is_told_once(room: PostRoom) -> None:
    message_id = await sent(room)
    for _ in range(3):
        await report(room, message_id, Fate.BOUNCED, Fate.BOUNCED)
        await room.sender.send_due()
    assert await told(room) == ["accepted 1", "bounced 4"]


async def test_a_receipt_that_overtakes_our_own_word_is_not_lost(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    message_id = await room.pool.fetchval("SELECT message_id FROM messages")
    await report(room, message_id, Fate.DELIVERED)
    assert await room.statuses() == ["queued"], "it has not been sent as far as we know"
    await room.sender.send_due()
    assert await room.statuses() == ["delivered"]
    assert await told(room) == ["accepted 1", "delivered 2"]


async def test_a_receipt_of_a_message_that_is_not_known_yet_waits_for_it(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    row = await room.pool.fetchrow("DELETE FROM messages RETURNING message_id, event_id")
    assert row is not None
    await report(room, row["message_id"], Fate.BOUNCED)
    await room.hears(offer())
    await room.pool.execute("UPDATE messages SET message_id = $1", row["message_id"])
    await room.sender.send_due()
    await room.sender.send_due()
    assert await room.statuses() == ["bounced"]


async def test_receipts_that_come_while_results_are_written_neither_wait_for_each_other_nor_get_lost(
    room: PostRoom,
) -> None:
    await room.hears(partner(), *(offer().model_copy(update={"offer_id": uuid4()}) for _ in range(40)))
    ids = [row["message_id"] for row in await room.pool.fetch("SELECT message_id FROM messages")]

    async def report_in_sets() -> None:
        for first in range(0, len(ids), 8):
            await report(room, *ids[first : first + 8])

    await asyncio.gather(room.sender.send_due(), report_in_sets())
    assert set(await room.statuses()) == {"delivered"}
    assert len(room.mail.taken) == 40


async def test_addresses_that_are_closed_at_the_same_moment_are_waited_for_in_one_order(room: PostRoom) -> None:
    closed = [(hash_address(f"{number}@church.example.org"), "email") for number in range(2000)]
    orders = (closed, closed[::-1], closed[::2] + closed[1::2]) * 2
    await asyncio.gather(*(_close(room, order) for order in orders))
    assert await room.pool.fetchval("SELECT count(*) FROM suppressions") == len(closed)


async def _close(room: PostRoom, addresses: list[tuple[bytes, str]]) -> None:
    async with room.pool.acquire() as connection:
        await contacts.suppress(connection, addresses)


async def test_what_arrived_after_all_is_not_sent_again(room: PostRoom) -> None:
    room.mail.drop_after_data = True
    message_id = await sent(room)
    assert await room.statuses() == ["unknown"]
    await room.die_in_the_middle(perhaps_sent=True)
    await room.resolver.expire_leases()
    assert await room.statuses() == ["queued"]
    await report(room, message_id, Fate.DELIVERED)
    assert await room.sender.send_due() == 0
    assert await room.statuses() == ["delivered"]
    assert len(room.mail.taken) == 1


async def test_a_bounce_of_another_way_says_nothing_of_this_one(room: PostRoom) -> None:
    message_id = await sent(room)
    await report(room, message_id, Fate.BOUNCED, channel=Channel.TEXT)
    assert await room.statuses() == ["accepted"]
    assert await room.pool.fetchval("SELECT count(*) FROM suppressions") == 0


async def test_an_address_that_a_bounce_may_not_be_about_is_not_suppressed(room: PostRoom) -> None:
    await room.hears(partner(), offer())
    async with room.pool.acquire() as connection:
        for address in ("old@church.example.org", "new@church.example.org"):
            await connection.execute("UPDATE messages SET status = 'queued', lease_until = NULL")
            [message] = await queue.claim_due(connection, 1)
            hashed = hash_address(address)
            way = queue.Way(message.message_id, message.attempts, Channel.EMAIL, None, "mail", None, "ready", hashed)
            await queue.save_ways(connection, [way])
    await room.pool.execute("UPDATE messages SET status = 'accepted', lease_until = NULL")
    await report(room, message.message_id, Fate.BOUNCED)
    assert await room.statuses() == ["bounced"]
    assert await room.pool.fetchval("SELECT count(*) FROM suppressions") == 0


async def test_what_was_refused_on_its_way_out_stays_so(room: PostRoom) -> None:
    room.mail.rcpt = "550 no such user"
    await report(room, await sent(room), Fate.DELIVERED)
    assert await room.statuses() == ["bounced"]


@pytest.mark.parametrize("fate", [Fate.BOUNCED, Fate.BOUNCED_FOR_NOW])
async def test_a_familys_question_that_bounced_is_the_coordinators_once(room: PostRoom, fate: Fate) -> None:
    await room.hears(QUESTION)
    await room.sender.send_due()
    message_id = await room.pool.fetchval("SELECT message_id FROM messages")
    for _ in range(2):
        await report(room, message_id, fate, channel=Channel.TEXT)
        await room.sender.send_due()
    outcomes = await room.outcomes()
    assert (outcomes["family"][0].split()[0], outcomes["coordinator"]) == ("bounced", ["accepted"])


async def sent(room: PostRoom) -> UUID:
    """An offer that went out."""
    await room.hears(partner(), offer())
    await room.sender.send_due()
    message_id: UUID = await room.pool.fetchval("SELECT message_id FROM messages")
    return message_id


async def report(room: PostRoom, *about: UUID | Fate, channel: Channel = Channel.EMAIL) -> None:
    """What comes from the topic, in one batch: of each message these fates, delivered if none is named."""
    fates = [one for one in about if isinstance(one, Fate)] or [Fate.DELIVERED]
    messages = []
    for message_id in about:
        if isinstance(message_id, Fate):
            continue
        for fate in fates:
            event = ReceiptReceived(
                message_id=message_id, channel=channel, fate=fate, problem=_PROBLEMS.get(fate), at=datetime.now(UTC)
            )
            envelope = Envelope(uuid4(), event.type, "test", event.at, str(message_id), 0, new_traceparent())
            messages.append(Message("receipts", event, envelope))
    async with room.pool.acquire() as connection, connection.transaction():
        await handle(connection, messages)


async def told(room: PostRoom) -> list[str]:
    """What the topic says, with the versions."""
    rows = await room.pool.fetch(
        "SELECT substring(headers from 'deliveries\\.([a-z]+)\\.v1') || ' ' || "
        "substring(headers from 'ce_sequence[^0-9]*([0-9]+)') AS told FROM outbox ORDER BY id"
    )
    return [row["told"] for row in rows]
