"""How a need ends, and who hears of it."""

from schemas.outcomes import HelpEnded, NeedFulfilled, NeedPartlyFulfilled, NeedUnmet
from schemas.vocabulary import Arrival, UnmetCause
from services.matcher.domain.state import NeedStatus, Offer, OfferStatus, as_lines
from services.matcher.domain.turn import Turn

_HANDED_OVER = (OfferStatus.COMPLETED, OfferStatus.DISPUTED)


def close(turn: Turn, cause: UnmetCause, *, confirmed: bool) -> None:
    """Ends the need, and says the cause for what is not met. Only what somebody confirmed is met."""
    need = turn.need
    met = need.delivered_items if confirmed else ()
    unmet = need.undelivered_items if confirmed else need.terms.items
    turn.stand(NeedStatus.CLOSED, stuck=None, confirm_by=None, look_again_at=None)
    if not met:
        turn.tell(NeedUnmet(need_id=need.need_id, unmet=unmet, cause=cause))
    elif unmet:
        turn.tell(NeedPartlyFulfilled(need_id=need.need_id, met=met, unmet=unmet, cause=cause))
    else:
        turn.tell(NeedFulfilled(need_id=need.need_id, met=met))
    for offer in need.offers_in(*_HANDED_OVER):
        if delivered := as_lines(offer.quantities):
            turn.tell(
                HelpEnded(
                    **turn.about(offer),
                    contact_id=offer.contact_id,
                    delivered=delivered,
                    arrival=_arrival_of(offer, confirmed=confirmed),
                    all_met=confirmed and not need.open_items,
                )
            )


def _arrival_of(offer: Offer, *, confirmed: bool) -> Arrival:
    if offer.status is OfferStatus.DISPUTED:
        return Arrival.NOT_ARRIVED
    return Arrival.ARRIVED if confirmed else Arrival.NOT_SAID
