"""What the matcher knows of one need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID

from schemas.event import Item, LineQuantity, OfferTerms
from schemas.needs import NeedTerms
from schemas.vocabulary import DeclineReason, StuckCause, WithdrawalReason


class OfferStatus(StrEnum):
    """Where an offer stands. A claim is an offer that was awarded."""

    OPEN = auto()
    DECLINED = auto()
    EXPIRED = auto()
    WITHDRAWN = auto()
    REFUSED = auto()
    CLAIMED = auto()
    CONTACTED = auto()
    COMPLETED = auto()
    LAPSED = auto()
    UNDONE = auto()
    """Claimed by mistake, and taken back at once: as if it had not been asked."""
    DISPUTED = auto()


LIVE = frozenset({OfferStatus.CLAIMED, OfferStatus.CONTACTED})
HOLDING = LIVE | {OfferStatus.COMPLETED}
"""The claims whose quantities nobody else can have."""
_MAY_WAIVE = frozenset({OfferStatus.COMPLETED, OfferStatus.LAPSED})
"""Once the family disputes what a partner says, that counts no more."""

ASKED_AGAIN = frozenset({WithdrawalReason.NEED_CHANGED, WithdrawalReason.FILLED})
"""Whose offer was taken back for one of these said nothing, and may be asked once more."""
NOBODY = frozenset({StuckCause.NOBODY_ELIGIBLE, StuckCause.NOBODY_LEFT})
"""Nobody more can be asked, for now."""


@dataclass(frozen=True)
class Offer:
    """One partner that was asked, and what became of it. `since` is when its status began."""

    offer_id: UUID
    partner_id: UUID
    service_id: UUID
    wave: int
    terms: OfferTerms
    status: OfferStatus
    since: datetime
    due: datetime | None
    """When the status runs out: the answer, the contact or the completion is due."""
    yes_chance: float = 0.5
    """How likely a yes was when it was made."""
    reminded: bool = False
    scheduled: datetime | None = None
    """By when the partner hands over, where it has said so."""
    schedules: int = 0
    """How often it has said so."""
    unreached: int = 0
    """How often the partner tried to reach the family, and did not."""
    contact_id: UUID | None = None
    quantities: Mapping[int, int] = field(default_factory=dict)
    """By line: what is claimed; once completed, what was delivered."""
    waived: Mapping[int, int] = field(default_factory=dict)
    """By line: what was claimed and not delivered, and the family does not need any more."""
    withdrawal: WithdrawalReason | None = None
    decline: DeclineReason | None = None

    @property
    def remind_at(self) -> datetime | None:
        """Half-way to the due time, once; half-way from the handover, where that is arranged."""
        if self.due is None or self.reminded:
            return None
        begins = self.since if self.scheduled is None else max(self.since, self.scheduled)
        return begins + (self.due - begins) / 2


class NeedStatus(StrEnum):
    """Where a need stands."""

    ASKING = auto()
    CONFIRMING = auto()
    CLOSED = auto()


@dataclass(frozen=True)
class Need:
    """One need with all its offers. `version` counts its events."""

    need_id: UUID
    traceparent: str
    version: int
    terms: NeedTerms
    deadline: datetime
    status: NeedStatus = NeedStatus.ASKING
    stuck: StuckCause | None = None
    wave: int = 0
    attempt: int = 0
    confirm_by: datetime | None = None
    look_again_at: datetime | None = None
    alert_at: datetime | None = None
    """When somebody is told that nobody has said yes, if that is so then."""
    hurry_at: datetime | None = field(default=None, compare=False)
    """From when on more are asked, since little time is left; None once that is so. Each decision sets it anew."""
    zone: str = "UTC"
    """Of the place where it is needed."""
    offers: tuple[Offer, ...] = ()

    def offer(self, offer_id: UUID) -> Offer | None:
        """The offer of that id."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)

    def offers_in(self, *statuses: OfferStatus) -> Iterator[Offer]:
        """The offers that stand so."""
        return (offer for offer in self.offers if offer.status in statuses)

    @property
    def asked(self) -> Iterator[Offer]:
        """The offers that count as asked: whose partners are not asked again."""
        return (offer for offer in self.offers if offer.withdrawal not in ASKED_AGAIN)

    @property
    def held(self) -> dict[int, int]:
        """By line, what claims hold."""
        return self._sum(HOLDING)

    @property
    def delivered(self) -> dict[int, int]:
        """By line, what was handed over."""
        return self._sum({OfferStatus.COMPLETED})

    @property
    def open_items(self) -> tuple[Item, ...]:
        """What nobody has taken, and the family still needs."""
        settled = self.held
        for offer in self.offers_in(*_MAY_WAIVE):
            for line, quantity in offer.waived.items():
                settled[line] += quantity
        return self._rest(settled)

    @property
    def undelivered_items(self) -> tuple[Item, ...]:
        """What was not handed over."""
        return self._rest(self.delivered)

    @property
    def delivered_items(self) -> tuple[Item, ...]:
        """What was handed over."""
        delivered = self.delivered
        return tuple(
            item.model_copy(update={"quantity": delivered[item.line]})
            for item in self.terms.items
            if delivered[item.line]
        )

    @property
    def next_due(self) -> datetime | None:
        """When something falls due by itself; None when the need is closed or waits for a person alone."""
        if self.status is NeedStatus.CLOSED:
            return None
        if self.status is NeedStatus.CONFIRMING:
            return self.confirm_by
        moments = [moment for offer in self.offers for moment in (offer.due, offer.remind_at) if moment is not None]
        if self.alert_at is not None and not any(self.offers_in(*HOLDING)):
            moments.append(self.alert_at)
        if not any(self.offers_in(*LIVE)) or any(self.offers_in(OfferStatus.OPEN)):
            moments.append(self.deadline)
        moments += [moment for moment in (self.look_again_at, self.hurry_at) if moment is not None]
        return min(moments)

    def _sum(self, statuses: frozenset[OfferStatus] | set[OfferStatus]) -> dict[int, int]:
        total = {item.line: 0 for item in self.terms.items}
        for offer in self.offers_in(*statuses):
            for line, quantity in offer.quantities.items():
                total[line] += quantity
        return total

    def _rest(self, taken: Mapping[int, int]) -> tuple[Item, ...]:
        return tuple(
            item.model_copy(update={"quantity": item.quantity - taken[item.line]}) if taken[item.line] else item
            for item in self.terms.items
            if item.quantity > taken[item.line]
        )


def picked_to_be_first(terms: NeedTerms, now: datetime) -> frozenset[UUID] | None:
    """The partners whom alone the coordinator wants to be asked for now; None is everybody."""
    first = terms.first_ask
    return frozenset(first.partner_ids) if first is not None and now < first.until else None


def as_lines(quantities: Mapping[int, int]) -> tuple[LineQuantity, ...]:
    """Quantities by line, as events carry them; lines of nothing left out."""
    return tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in quantities.items() if quantity)
