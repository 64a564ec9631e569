"""A need whose terms change while partners are asked."""

from dataclasses import replace

from schemas.event import Item
from schemas.needs import NeedTerms
from schemas.offers import OfferWithdrawn
from schemas.vocabulary import StuckCause, WithdrawalReason
from services.matcher.domain.state import Need, NeedStatus, OfferStatus
from services.matcher.domain.turn import Turn


def change_terms(turn: Turn, terms: NeedTerms) -> None:
    """Takes the new terms. What is claimed stays claimed; open offers are withdrawn, and asking begins anew."""
    need = turn.need
    # Who referred the family goes on to hear of it, whatever changes.
    kept = {"items": _never_below_claimed(need, terms), "referred_by": need.terms.referred_by}
    wanted = _never_lowered(need.terms, terms.model_copy(update=kept))
    if need.status is NeedStatus.CLOSED or need.terms == wanted:
        return
    # The terms first: what is told of the old offers must know whether the need is sensitive now.
    # A family that stayed silent goes on being the coordinator's to ask.
    stuck = need.stuck if need.stuck is StuckCause.FAMILY_SILENT else None
    turn.need = replace(need, terms=wanted, deadline=terms.needed_by, look_again_at=None, stuck=stuck)
    if wanted.urgency is not need.terms.urgency:
        turn.need = replace(turn.need, alert_at=turn.alert_at)
    for offer in tuple(need.offers_in(OfferStatus.OPEN)):
        turn.move(offer, OfferStatus.WITHDRAWN, withdrawal=WithdrawalReason.NEED_CHANGED)
        turn.tell(OfferWithdrawn(**turn.about(offer), reason=WithdrawalReason.NEED_CHANGED))
    if turn.need.status is NeedStatus.CONFIRMING and turn.need.open_items:
        turn.stand(NeedStatus.ASKING, confirm_by=None, attempt=0, stuck=None)


def _never_lowered(before: NeedTerms, after: NeedTerms) -> NeedTerms:
    """What was sensitive stays so, also when the item is gone that had made it so."""
    if before.sensitive or (before.is_sensitive and not after.is_sensitive):
        return after.model_copy(update={"sensitive": True})
    return after


def _never_below_claimed(need: Need, terms: NeedTerms) -> tuple[Item, ...]:
    held = need.held
    wanted = {item.line: item for item in terms.items}
    # A line that an offer ever named keeps its meaning for life.
    kept = {item.line: item.model_copy(update={"quantity": max(held[item.line], 1)}) for item in need.terms.items}
    named = {line for offer in need.offers for line in offer.quantities}
    items = {line: item for line, item in kept.items() if line in named} | {
        line: item.model_copy(update={"quantity": max(item.quantity, held.get(line, 0))})
        for line, item in wanted.items()
        if line not in kept or kept[line].code == item.code
    }
    return tuple(items[line] for line in sorted(items))
