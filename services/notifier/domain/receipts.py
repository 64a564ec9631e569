"""What a message becomes when its provider says what became of it."""

from collections.abc import Collection
from dataclasses import dataclass

from schemas.receipts import ReceiptReceived
from schemas.vocabulary import DeliveryProblem, Fate
from services.notifier.domain.sending import MessageStatus

_BECOMES = {
    Fate.DELAYED: MessageStatus.ACCEPTED,
    Fate.BOUNCED_FOR_NOW: MessageStatus.BOUNCED,
    Fate.DELIVERED: MessageStatus.DELIVERED,
    Fate.BOUNCED: MessageStatus.BOUNCED,
    Fate.COMPLAINED: MessageStatus.DELIVERED,
}
_WENT_OUT = {MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.UNKNOWN}
CLOSES_ADDRESS = frozenset({Fate.BOUNCED, Fate.COMPLAINED})
"""After these nothing more goes to that address by that channel."""


@dataclass(frozen=True)
class Standing:
    """Where a message stands before its receipts are looked at. `fate` is what was made of earlier ones."""

    status: MessageStatus
    perhaps_sent: bool
    fate: Fate | None


@dataclass(frozen=True)
class Settled:
    """What a message becomes, and why."""

    status: MessageStatus
    fate: Fate
    problem: DeliveryProblem | None


def settle(standing: Standing, receipts: Collection[ReceiptReceived]) -> Settled | None:
    """What the strongest of its receipts makes of a message; None where that changes nothing, or not yet."""
    if not receipts:
        return None
    strongest = max(receipts, key=lambda receipt: receipt.fate.strength)
    known = standing.fate or (Fate.DELIVERED if standing.status is MessageStatus.DELIVERED else None)
    if (known is not None and strongest.fate.strength <= known.strength) or not _may_be_about(standing, strongest.fate):
        return None
    return Settled(_BECOMES[strongest.fate], strongest.fate, strongest.problem)


def _may_be_about(standing: Standing, fate: Fate) -> bool:
    if standing.status is MessageStatus.QUEUED:
        # It waits to be tried once more; what arrived is not sent again.
        return standing.perhaps_sent and _BECOMES[fate] is MessageStatus.DELIVERED
    # What was refused on the way out never left; what left and bounced may still turn out to have arrived.
    return standing.status in _WENT_OUT or (standing.status is MessageStatus.BOUNCED and standing.fate is not None)
