"""Claims: what becomes of a yes, and how a claim ends."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from schemas.outcomes import ClaimAwarded, ClaimLapsed, ClaimRefused
from schemas.vocabulary import DeclineReason, LapseReason, RefusalReason, WithdrawalReason
from services.matcher.domain import commands
from services.matcher.domain.programmes import within_seats
from services.matcher.domain.referring import answer_referral
from services.matcher.domain.state import HOLDING, LIVE, Need, NeedStatus, Offer, OfferStatus, as_lines
from services.matcher.domain.turn import Turn
from services.matcher.policy import ReachingPolicy

_UNDONE_WITHIN = timedelta(minutes=10)
"""A yes that was a mistake is taken back so soon after its award, or handed back with a reason."""

_DECIDED = LIVE | {
    OfferStatus.COMPLETED,
    OfferStatus.REFUSED,
    OfferStatus.LAPSED,
    OfferStatus.UNDONE,
    OfferStatus.DISPUTED,
}
"""A yes to these was answered before: the first decision stands."""


def accept(turn: Turn, command: commands.Accept) -> None:
    """Awards what is still open of what a partner says that it takes, or refuses it."""
    offer = turn.need.offer(command.offer_id)
    if offer is None or offer.status in _DECIDED:
        return
    asked = command.quantities or {item.line: item.quantity for item in offer.terms.items}
    award, too_little = _award_of(turn.need, offer, asked)
    refusal = _refusal(turn.need, offer, award)
    if refusal is RefusalReason.ALREADY_FILLED and too_little:
        refusal = RefusalReason.NOT_WHOLE
    if refusal is None and command.free_seats is not None:
        award = within_seats(offer.terms.items, award, command.free_seats)
        refusal = None if award else RefusalReason.NO_SEAT_LEFT
    if refusal is not None:
        turn.move(offer, OfferStatus.REFUSED, contact_id=command.contact_id)
        turn.tell(ClaimRefused(**turn.about(offer), contact_id=command.contact_id, reason=refusal))
        if refusal is RefusalReason.NO_SEAT_LEFT:
            answer_referral(turn, offer, DeclineReason.NO_CAPACITY)
        return
    contact_by = turn.contact_by
    turn.move(offer, OfferStatus.CLAIMED, due=contact_by, contact_id=command.contact_id, quantities=award)
    turn.tell(
        ClaimAwarded(
            **turn.about(offer),
            contact_id=command.contact_id,
            awarded=as_lines(award),
            contact_by=contact_by,
            undo_until=min(turn.now + _UNDONE_WITHIN, contact_by),
        )
    )
    turn.calm_down()
    answer_referral(turn, offer, None)


def _award_of(need: Need, offer: Offer, asked: Mapping[int, int]) -> tuple[dict[int, int], bool]:
    """What of it is still open and was offered, by line; and whether a part was left out of what helps as a whole."""
    offered, award, too_little = {item.line for item in offer.terms.items}, dict[int, int](), False
    for item in need.open_items:
        quantity = asked.get(item.line, 0) if item.line in offered else 0
        if item.whole and 0 < quantity < item.quantity:
            too_little = True
        elif quantity > 0:
            award[item.line] = min(quantity, item.quantity)
    return award, too_little


def _refusal(need: Need, offer: Offer, award: Mapping[int, int]) -> RefusalReason | None:
    if need.status is NeedStatus.CLOSED:
        return RefusalReason.NEED_CLOSED
    if offer.withdrawal is WithdrawalReason.PARTNER_UNAVAILABLE:
        return RefusalReason.PARTNER_UNAVAILABLE
    if offer.withdrawal is WithdrawalReason.NEED_CHANGED or _was_asked_anew(need, offer):
        return RefusalReason.OFFER_CLOSED
    if not award:
        return RefusalReason.ALREADY_FILLED
    if need.status is NeedStatus.CONFIRMING:
        return RefusalReason.OFFER_CLOSED
    # A late yes to something that is still open is a yes.
    return None


def _was_asked_anew(need: Need, offer: Offer) -> bool:
    """Whether its partner has a newer offer of the need, which is the one to answer."""
    return any(
        other.partner_id == offer.partner_id and other.offer_id != offer.offer_id
        for other in need.offers_in(OfferStatus.OPEN, *HOLDING)
    )


def try_again(turn: Turn, offer: Offer, attempt: int) -> None:
    """Gives a partner that reached nobody time for the next day. After the last try it is the coordinator's turn."""
    if attempt <= offer.unreached or offer.due is None:
        return
    reaching = turn.policy.reaching
    longer = turn.now + reaching.wait if attempt < reaching.attempts else turn.complete_by
    turn.keep(replace(offer, unreached=attempt, due=max(offer.due, longer), reminded=False))


def gave_up_on_family(need: Need, reaching: ReachingPolicy) -> bool:
    """Whether somebody who has the help tried often enough."""
    return any(offer.unreached >= reaching.attempts for offer in need.offers_in(*LIVE))


def schedule(turn: Turn, offer: Offer, said: commands.ReportSchedule) -> None:
    """From now on the reminder, and the end of the claim, are counted from when the partner hands over.

    Who says when has been in touch.
    """
    # Counted, so that what comes again, of two days that were said, brings neither back.
    if said.revision > offer.schedules and said.until > turn.now:
        due = said.until + turn.pace.complete_grace
        turn.move(offer, OfferStatus.CONTACTED, due=due, scheduled=said.until, schedules=said.revision)


def complete(turn: Turn, offer: Offer, report: commands.ReportCompletion) -> None:
    """Keeps what was handed over. The rest is open again, but for what the family does not need any more."""
    said = report.quantities or offer.quantities
    delivered = {line: min(said.get(line, 0), awarded) for line, awarded in offer.quantities.items()}
    missing = {line: awarded - delivered[line] for line, awarded in offer.quantities.items()}
    waived = {line: quantity for line, quantity in missing.items() if quantity and line in report.not_needed}
    done = replace(offer, waived=waived)
    if any(delivered.values()) or waived == offer.quantities:
        turn.move(done, OfferStatus.COMPLETED, quantities=delivered)
    else:
        lapse(turn, done, LapseReason.NOT_DELIVERED)


def lapse(turn: Turn, offer: Offer, reason: LapseReason) -> None:
    """Ends a claim; what it held is open again."""
    returned = {line: quantity - offer.waived.get(line, 0) for line, quantity in offer.quantities.items()}
    turn.move(offer, OfferStatus.UNDONE if reason is LapseReason.UNDONE else OfferStatus.LAPSED)
    turn.tell(ClaimLapsed(**turn.about(offer), returned=as_lines(returned), reason=reason))


def undo(turn: Turn, offer: Offer) -> None:
    """Takes a yes back, if that is said in time, and before anybody was called about it."""
    if offer.status is OfferStatus.CLAIMED and turn.now <= offer.since + _UNDONE_WITHIN:
        lapse(turn, offer, LapseReason.UNDONE)
