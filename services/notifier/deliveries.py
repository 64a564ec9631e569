"""What became of a message, as an event for everyone else, and whom it makes us write to in turn."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from schemas import deliveries
from schemas.deliveries import DeliveryEvent
from schemas.topics import ServiceName
from schemas.vocabulary import Channel, DeliveryProblem, Fate
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

_BY_FATE: dict[Fate, type[DeliveryEvent]] = {
    Fate.DELAYED: deliveries.MessageDelayed,
    Fate.BOUNCED_FOR_NOW: deliveries.MessageBounced,
    Fate.DELIVERED: deliveries.MessageDelivered,
    Fate.BOUNCED: deliveries.MessageBounced,
    Fate.COMPLAINED: deliveries.MessageComplained,
}

_STATUSES = {event: status for status, event in (_PLAIN | _WITH_PROBLEM).items()} | {
    deliveries.MessageDelayed: MessageStatus.ACCEPTED,
    deliveries.MessageComplained: MessageStatus.DELIVERED,
}


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
    kind = _PLAIN.get(status) or _WITH_PROBLEM.get(status)
    if kind is None or message.need_id is None:
        return None
    about = _about(message, at) | {
        "channel": channel or Channel.EMAIL,
        "contact_id": contact_id or message.contact_id,
        # What an event has no field for, it leaves out.
        "problem": problem or DeliveryProblem.TIMED_OUT_AFTER_SENDING,
    }
    return Outgoing(kind.model_validate(about), message.need_id, version, message.traceparent)


def to_reported(
    message: Message, fate: Fate, version: int, at: datetime, problem: DeliveryProblem | None
) -> Outgoing | None:
    """The event of what a provider reported of a message; None where it is about no need."""
    if message.need_id is None:
        return None
    about = _about(message, at) | {"problem": problem or DeliveryProblem.PROVIDER_REFUSED}
    return Outgoing(_BY_FATE[fate].model_validate(about), message.need_id, version, message.traceparent)


def _about(message: Message, at: datetime) -> dict[str, object]:
    return {
        "need_id": message.need_id,
        "message_id": message.message_id,
        "recipient": message.recipient,
        "purpose": message.purpose,
        "channel": message.channel or Channel.EMAIL,
        "offer_id": message.offer_id,
        "partner_id": message.partner_id,
        "contact_id": message.contact_id,
        "visit_id": message.event.get("visit_id"),
        "at": at,
    }


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
