"""One decision while it is being made."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.event import NeedEvent
from schemas.vocabulary import DeclineReason, StuckCause, UnmetCause
from services.matcher.domain.moves import NEED_MOVES, OFFER_MOVES, check_move
from services.matcher.domain.state import Need, NeedStatus, Offer, OfferStatus
from services.matcher.policy import Policy, UrgencyPolicy

_NO_ROOM = {DeclineReason.NO_CAPACITY, DeclineReason.WAITLISTED}


class Turn:
    """The need as it changes, and what there is to tell. Lives for one `decide`."""

    def __init__(self, need: Need, now: datetime, policy: Policy) -> None:
        self.need = need
        self.now = now
        self.policy = policy
        self.events: list[NeedEvent] = []

    @property
    def pace(self) -> UrgencyPolicy:
        """The durations of this need's urgency."""
        return self.policy.urgency[self.need.terms.urgency]

    @property
    def alert_at(self) -> datetime | None:
        """When it is told that nobody has said yes to what is asked from now on; None where that can wait."""
        after = self.pace.alert_after
        return None if after is None else self.now + after

    @property
    def contact_by(self) -> datetime:
        """Until when who says yes now is to be in touch: no later than it is needed, unless that is too soon."""
        clock, within = self.policy.clock_of(self.need.terms.urgency, self.need.zone), self.pace.contact_within
        return clock.add(self.now, within, latest=max(self.need.deadline, self.now + within))

    @property
    def complete_by(self) -> datetime:
        """Until when a claim may be completed."""
        return max(self.need.deadline, self.now) + self.pace.complete_grace

    def tell(self, event: NeedEvent) -> None:
        """Adds an event, and counts it."""
        self.events.append(event)
        self.need = replace(self.need, version=self.need.version + 1)

    def move(self, offer: Offer, status: OfferStatus, due: datetime | None = None, **changed: Any) -> None:  # noqa: ANN401 - fields of Offer
        """Puts an offer into a status, from now. Raises ImpossibleMove."""
        if status is not offer.status:
            check_move(OFFER_MOVES, offer.status, status)
        self.keep(replace(offer, status=status, since=self.now, due=due, reminded=False, **changed))

    def stand(self, status: NeedStatus, **changed: Any) -> None:  # noqa: ANN401 - fields of Need
        """Puts the need into a new status, or leaves it where it stands. Raises ImpossibleMove."""
        if status is not self.need.status:
            check_move(NEED_MOVES, self.need.status, status)
        self.need = replace(self.need, status=status, **changed)

    def keep(self, changed: Offer) -> None:
        """Puts a changed offer in the place of the old one."""
        self.need = replace(
            self.need,
            offers=tuple(changed if offer.offer_id == changed.offer_id else offer for offer in self.need.offers),
        )

    def calm_down(self) -> None:
        """Somebody said yes: that nobody had is true no more."""
        if self.need.stuck is StuckCause.NOBODY_YET:
            self.need = replace(self.need, stuck=None)

    def about(self, offer: Offer) -> dict[str, Any]:
        """What every event about an offer says."""
        # A need that was raised since is sensitive for those who were asked before, too.
        sensitive = offer.terms.sensitive or self.need.terms.is_sensitive
        return {
            "need_id": self.need.need_id,
            "offer_id": offer.offer_id,
            "partner_id": offer.partner_id,
            "terms": offer.terms.model_copy(update={"sensitive": sensitive}),
        }

    def cause(self) -> UnmetCause:
        """Why what is not met is not met."""
        offers = self.need.offers
        if self.need.undelivered_items and not self.need.open_items:
            return UnmetCause.NO_LONGER_NEEDED
        if not offers:
            return UnmetCause.NOBODY_ELIGIBLE
        if any(offer.unreached >= self.policy.reaching.attempts for offer in offers):
            return UnmetCause.FAMILY_UNREACHABLE
        if all(offer.decline in _NO_ROOM for offer in offers):
            return UnmetCause.NO_CAPACITY
        return UnmetCause.NOBODY_ANSWERED
