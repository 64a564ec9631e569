"""Topic `receipts`: what providers report of the messages that they took. Never an address."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from schemas.event import Event
from schemas.vocabulary import Channel, DeliveryProblem, Fate


class ReceiptReceived(Event):
    """A provider says what became of a message."""

    type: ClassVar[str] = "switchboard.receipts.received.v1"
    message_id: UUID
    channel: Channel
    fate: Fate
    problem: DeliveryProblem | None = None
    """Why it did not arrive, or not yet."""
    at: AwareDatetime
    """When we heard of it."""

    @property
    def key(self) -> UUID:
        """What keeps receipts of one message in order."""
        return self.message_id
