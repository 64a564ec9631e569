"""Brings a restored copy of the notifier's database up to what its topics say."""

from collections.abc import Sequence

from schemas.deliveries import DeliveryEvent
from schemas.receipts import ReceiptReceived
from services.notifier.deliveries import queue_what_follows, status_of
from services.notifier.handlers import handle
from services.notifier.store import restored
from services.runtime.database import Connection
from services.runtime.messages import Message
from services.runtime.outbox import Outgoing


async def restore_notifier(connection: Connection, messages: Sequence[Message]) -> dict[str, int]:
    """Queues what the events since the backup cause, and takes back what is known to have become of it."""
    # Receipts are consumed again, and belong to messages whose fate is known by then.
    own_or_later = (DeliveryEvent, ReceiptReceived)
    await handle(connection, [message for message in messages if not isinstance(message.event, own_or_later)])
    fates = [
        Outgoing(event, event.need_id, message.envelope.sequence, message.envelope.traceparent)
        for message in messages
        if isinstance(event := message.event, DeliveryEvent)
    ]
    await queue_what_follows(connection, fates)
    newest = {
        event.message_id: restored.Fate(
            event.message_id,
            message.envelope.sequence,
            status_of(event),
            event.channel,
            event.contact_id,
            getattr(event, "problem", None),
            event.at,
        )
        for message in sorted(messages, key=lambda message: message.envelope.sequence)
        if isinstance(event := message.event, DeliveryEvent)
    }
    concluded = await restored.save_fates(connection, list(newest.values()))
    return {
        "messages whose fate is known": concluded,
        "messages still to be sent": await restored.look_before_sending(connection),
    }
