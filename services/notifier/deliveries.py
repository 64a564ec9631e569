"""What became of a message, as an event for everyone else."""

from datetime import datetime
from uuid import UUID

from schemas import deliveries
from schemas.deliveries import DeliveryEvent
from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier.domain.sending import MessageStatus
from services.notifier.store.queue import Message
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
    """The event of a message's new status; None for those that are nobody else's business (queued, sending)."""
    about = {
        "need_id": message.need_id,
        "message_id": message.message_id,
        "recipient": message.recipient,
        "purpose": message.purpose,
        "channel": channel or Channel.EMAIL,
        "offer_id": message.offer_id,
        "partner_id": message.partner_id,
        "contact_id": contact_id or message.contact_id,
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
