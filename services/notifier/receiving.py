"""What providers say became of messages, brought together with what we know of them, in whichever order both come."""

from collections.abc import Collection, Sequence
from uuid import UUID

from schemas.receipts import ReceiptReceived
from services.notifier import deliveries, metrics
from services.notifier.domain.receipts import CLOSES_ADDRESS, settle
from services.notifier.domain.sending import MessageStatus
from services.notifier.store import contacts, parcels, queue, receipts
from services.notifier.store.receipts import Reported
from services.runtime.database import Connection, read_clock


async def take_receipts(connection: Connection, reported: Sequence[ReceiptReceived]) -> None:
    """Keeps receipts, and does what follows from them. In a transaction."""
    await receipts.add_receipts(connection, reported)
    await apply_receipts(connection, {one.message_id for one in reported})


async def apply_receipts(connection: Connection, message_ids: Collection[UUID]) -> None:
    """Does what follows from what is known of these messages. In a transaction.

    Called when receipts come, and when it is written down that messages went out: whoever is second finds the
    other's row, since both hold the message's lock until they commit.
    """
    told = await receipts.receipts_of(connection, message_ids)
    if not told:
        return
    found = await receipts.lock_reported(connection, {one.message_id for one in told})
    # A message may have been tried by another channel before: what is said of that way says nothing of this one.
    about = {one.message.message_id: _about(one, told) for one in found}
    closed = {
        (one.address_hash, str(one.message.channel))
        for one in found
        if one.address_hash and any(receipt.fate in CLOSES_ADDRESS for receipt in about[one.message.message_id])
    }
    if closed:
        await contacts.suppress(connection, sorted(closed))
    settled = {
        one.message.message_id: outcome
        for one in found
        if (outcome := settle(one.standing, about[one.message.message_id])) is not None
    }
    if not settled:
        return
    versions = await receipts.save_settled(connection, settled)
    bounced = [key for key, outcome in settled.items() if outcome.status is MessageStatus.BOUNCED]
    went_on = await queue.try_other_ways(connection, bounced) if bounced else set()
    if went_on:
        # Several that went out as one go on as one.
        await parcels.revive(connection)
    now = await read_clock(connection)
    messages = {one.message.message_id: one.message for one in found}
    await deliveries.publish(
        connection,
        [
            deliveries.to_reported(messages[key], outcome.fate, versions[key], now, outcome.problem)
            for key, outcome in settled.items()
            if key not in went_on
        ],
    )
    for key, outcome in settled.items():
        metrics.RECEIPTS.labels(messages[key].channel or "none", outcome.fate).inc()


def _about(reported: Reported, told: Sequence[ReceiptReceived]) -> list[ReceiptReceived]:
    way = (reported.message.parcel_id or reported.message.message_id, reported.message.channel)
    return [one for one in told if (one.message_id, one.channel) == way]
