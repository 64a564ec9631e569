"""Every way in which an offer and a need can move from one status to another, and what brings it about."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from services.matcher.domain.state import NeedStatus, OfferStatus


class ImpossibleMove(AssertionError):
    """A move that no table knows: a bug, and nothing of it is saved."""


OFFER_MOVES: Mapping[tuple[OfferStatus, OfferStatus], str] = {
    (OfferStatus.OPEN, OfferStatus.CLAIMED): "the partner says yes, and something is left for it",
    (OfferStatus.OPEN, OfferStatus.REFUSED): "the partner says yes, and nothing is left for it",
    (OfferStatus.OPEN, OfferStatus.DECLINED): "the partner says no",
    (OfferStatus.OPEN, OfferStatus.EXPIRED): "the partner does not answer in time",
    (
        OfferStatus.OPEN,
        OfferStatus.WITHDRAWN,
    ): "others took it, the need changed or ended, or the partner is away",
    (OfferStatus.DECLINED, OfferStatus.CLAIMED): "the partner says yes after all",
    (OfferStatus.DECLINED, OfferStatus.REFUSED): "the partner says yes after all, too late",
    (OfferStatus.EXPIRED, OfferStatus.CLAIMED): "a late yes to what is still open is a yes",
    (OfferStatus.EXPIRED, OfferStatus.REFUSED): "a late yes to what is no longer open",
    (OfferStatus.WITHDRAWN, OfferStatus.CLAIMED): "a yes that crossed the withdrawal, to what is open again",
    (OfferStatus.WITHDRAWN, OfferStatus.REFUSED): "a yes that crossed the withdrawal",
    (OfferStatus.CLAIMED, OfferStatus.CONTACTED): "the partner has been in touch",
    (OfferStatus.CLAIMED, OfferStatus.COMPLETED): "the partner, or the family, says that it is done",
    (OfferStatus.CLAIMED, OfferStatus.UNDONE): "the yes was a mistake, which is said within ten minutes",
    (
        OfferStatus.CLAIMED,
        OfferStatus.LAPSED,
    ): "no contact in time, handed back, nothing delivered, or the need or the partner is gone",
    (OfferStatus.CONTACTED, OfferStatus.COMPLETED): "the partner, or the family, says that it is done",
    (
        OfferStatus.CONTACTED,
        OfferStatus.LAPSED,
    ): "not done in time, handed back, nothing delivered, or the need or the partner is gone",
    (OfferStatus.COMPLETED, OfferStatus.DISPUTED): "the family says that it did not arrive",
}

NEED_MOVES: Mapping[tuple[NeedStatus, NeedStatus], str] = {
    (NeedStatus.ASKING, NeedStatus.CONFIRMING): "all that is claimed is done and no more can be: the family is asked",
    (NeedStatus.ASKING, NeedStatus.CLOSED): "time is over and nothing was done, it arrived all the same, or it ends",
    (NeedStatus.CONFIRMING, NeedStatus.ASKING): "the family says that it did not arrive, or more is needed",
    (
        NeedStatus.CONFIRMING,
        NeedStatus.CLOSED,
    ): "the family, or its coordinator, says that it arrived, or it ends",
}
"""It ends: the coordinator takes it back, or the family withdraws its consent."""

Status = TypeVar("Status", bound=StrEnum)


def check_move(moves: Mapping[tuple[Status, Status], str], before: Status, after: Status) -> None:
    """Raises ImpossibleMove where a table does not know the move."""
    if (before, after) not in moves:
        raise ImpossibleMove(f"from {before} to {after}")
