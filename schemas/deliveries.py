"""Topic `deliveries`: what became of each message, for the need's history. Never an address."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, model_validator

from schemas.event import NeedEvent
from schemas.vocabulary import Channel, DeliveryProblem, MessagePurpose, RecipientKind


class DeliveryEvent(NeedEvent):
    """One message to one recipient by one channel."""

    message_id: UUID
    recipient: RecipientKind
    purpose: MessagePurpose
    channel: Channel
    offer_id: UUID | None = None
    partner_id: UUID | None = None
    contact_id: UUID | None = None
    visit_id: UUID | None = None
    """The visit that it tells of, where it tells of one."""
    at: AwareDatetime

    @model_validator(mode="after")
    def _partner_is_named(self) -> "DeliveryEvent":
        if (self.recipient is RecipientKind.PARTNER) != (self.partner_id is not None):
            raise ValueError("partner_id goes with the recipient 'partner', and with no other")
        return self


class MessageAccepted(DeliveryEvent):
    """The provider took it."""

    type: ClassVar[str] = "switchboard.deliveries.accepted.v1"


class MessageDelayed(DeliveryEvent):
    """The provider took it, and still tries to hand it over."""

    type: ClassVar[str] = "switchboard.deliveries.delayed.v1"
    problem: DeliveryProblem


class MessageComplained(DeliveryEvent):
    """It arrived, and its reader called it unwanted: nothing more goes there by that channel."""

    type: ClassVar[str] = "switchboard.deliveries.complained.v1"
    problem: DeliveryProblem


class MessageDelivered(DeliveryEvent):
    """The provider says that it arrived."""

    type: ClassVar[str] = "switchboard.deliveries.delivered.v1"


class MessageBounced(DeliveryEvent):
    """The address does not take it."""

    type: ClassVar[str] = "switchboard.deliveries.bounced.v1"
    problem: DeliveryProblem


class MessageSuppressed(DeliveryEvent):
    """It was not sent, on purpose."""

    type: ClassVar[str] = "switchboard.deliveries.suppressed.v1"
    problem: DeliveryProblem


class MessageFailed(DeliveryEvent):
    """It could not be sent; a person is to look."""

    type: ClassVar[str] = "switchboard.deliveries.failed.v1"
    problem: DeliveryProblem


class MessageUnknown(DeliveryEvent):
    """The provider may have taken it: never blindly repeated."""

    type: ClassVar[str] = "switchboard.deliveries.unknown.v1"
    problem: DeliveryProblem
