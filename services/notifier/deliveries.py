"""What became of a message, as an event for everyone else, and whom it makes us write to in turn."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from schemas import deliveries
from schemas.deliveries import DeliveryEvent
from schemas.topics import ServiceName
from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier.domain.sending import MessageStatus
from services.notifier.domain.telling import messages_for
from services.notifier.store import queue
from services.notifier.store.queue import Message
from services.runtime import outbox
from services.runtime.database import Connection
from services.runtime.outbox import Outgoing

_PLAIN: dict[MessageStatus, type[DeliveryEvent]] = {
    MessageStatus.ACCEPTED: deliveries.MessageAccepted,
    MessageStatus.DELIVERED: deliveries.MessageDelivered,
}
_WITH_PROBLEM: dict[MessageStatus, type[DeliveryEvent]] = {
    MessageStatus.BOUNCED: deliveries.MessageBounced,
    MessageStatus.SUPPRESSED: deliveries.MessageSuppressed,
    MessageStatus.FAILED: deliveries.MessageFailed,
    MessageStatus.UNKNOWN: deliveries.MessageUnknown,
}

_STATUSES = {event: status for status, event in (_PLAIN | _WITH_PROBLEM).items()}


def status_of(event: DeliveryEvent) -> MessageStatus:
    """What an event says that a message has become."""
    return _STATUSES[type(event)]


def to_delivery(
    message: Message,
    status: MessageStatus,
    version: int,
    at: datetime,
    *,
    channel: Channel | None,
    contact_id: UUID | None = None,
    problem: DeliveryProblem | None = None,
) -> Outgoing | None:
    """The event of a message's new status; None for those that are nobody else's business.

    Those are `queued` and `sending`, and whatever becomes of a message that is about no need.
    """
    if message.need_id is None:
        return None
    about = {
        "need_id": message.need_id,
        "message_id": message.message_id,
        "recipient": message.recipient,
        "purpose": message.purpose,
        "channel": channel or Channel.EMAIL,
        "offer_id": message.offer_id,
        "partner_id": message.partner_id,
        "contact_id": contact_id or message.contact_id,
        "visit_id": message.event.get("visit_id"),
        "at": at,
    }
    if status in _PLAIN:
        event = _PLAIN[status].model_validate(about)
    elif status in _WITH_PROBLEM:
        event = _WITH_PROBLEM[status].model_validate(
            about | {"problem": problem or DeliveryProblem.TIMED_OUT_AFTER_SENDING}
        )
    else:
        return None
    return Outgoing(event, message.need_id, version, message.traceparent)


async def publish(connection: Connection, outgoing: Iterable[Outgoing | None]) -> None:
    """Says what became of messages, and queues what follows from it."""
    told = [one for one in outgoing if one is not None]
    await outbox.publish(connection, ServiceName.NOTIFIER, told)
    await queue_what_follows(connection, told)


async def queue_what_follows(connection: Connection, told: Iterable[Outgoing]) -> None:
    """Queues the messages that the fate of another causes: each once, however often it is told."""
    new = [
        queue.NewMessage(
            message_id=uuid5(event.message_id, draft.recipient),
            event_id=event.message_id,
            need_id=event.need_id,
            event=event.model_dump(mode="json", exclude_none=True),
            event_type=event.type,
            traceparent=one.traceparent,
            draft=draft,
        )
        for one in told
        if isinstance(event := one.event, DeliveryEvent)
        for draft in messages_for(event, event.at)
    ]
    if new:
        await queue.add_messages(connection, new)
