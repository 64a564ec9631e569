"""`decide(need, command, now, policy)`: any command, in any state, to a new state and the events that say so."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from schemas.event import NeedEvent
from schemas.offers import OfferExpired, OfferReminded, OfferWithdrawn
from schemas.outcomes import ConfirmationRequested, NeedStuck
from schemas.vocabulary import (
    LapseReason,
    ReminderKind,
    StuckCause,
    UnmetCause,
    WithdrawalReason,
)
from services.matcher.domain import commands
from services.matcher.domain.chances import Chances, left_in_all, left_to_ask, target_chance
from services.matcher.domain.changing import change_terms
from services.matcher.domain.claiming import accept, complete, gave_up_on_family, lapse, schedule, try_again, undo
from services.matcher.domain.closing import close
from services.matcher.domain.referring import answer_referral
from services.matcher.domain.state import (
    HOLDING,
    LIVE,
    NOBODY,
    Need,
    NeedStatus,
    Offer,
    OfferStatus,
    picked_to_be_first,
)
from services.matcher.domain.turn import Turn
from services.matcher.policy import Policy


@dataclass(frozen=True)
class Decision:
    """The need as it is now, what happened, and how many more partners are to be asked."""

    need: Need
    events: tuple[NeedEvent, ...]
    to_ask: int


def decide(need: Need, command: commands.Command, now: datetime, policy: Policy) -> Decision:
    """Answers any command in any state. A command that comes twice changes nothing the second time."""
    turn = Turn(need, now, policy)
    apply(turn, command)
    _settle(turn)
    return Decision(turn.need, tuple(turn.events), places_to_ask(turn))


def apply(turn: Turn, command: commands.Command) -> None:  # noqa: C901, PLR0912 - one line for each command
    """What a command itself does, without what follows from it."""
    match command:
        case commands.Accept():
            accept(turn, command)
        case commands.Change(terms):
            change_terms(turn, terms)
        case commands.Cancel():
            _stop(turn, WithdrawalReason.NEED_CANCELLED, UnmetCause.CANCELLED)
        case commands.WithdrawConsent():
            _stop(turn, WithdrawalReason.CONSENT_WITHDRAWN, UnmetCause.CONSENT_WITHDRAWN)
        case commands.Decline(offer_id, reason):
            if (offer := turn.need.offer(offer_id)) and offer.status is OfferStatus.OPEN:
                turn.move(offer, OfferStatus.DECLINED, decline=reason)
                answer_referral(turn, offer, reason)
        case commands.ReportContact(offer_id):
            if (offer := turn.need.offer(offer_id)) and offer.status is OfferStatus.CLAIMED:
                turn.move(offer, OfferStatus.CONTACTED, due=turn.complete_by)
        case commands.ReportNotReached(offer_id, attempt):
            if (offer := turn.need.offer(offer_id)) and offer.status in LIVE:
                try_again(turn, offer, attempt)
        case commands.ReportSchedule(offer_id):
            if (offer := turn.need.offer(offer_id)) and offer.status in LIVE:
                schedule(turn, offer, command)
        case commands.ReportCompletion(offer_id):
            if (offer := turn.need.offer(offer_id)) and offer.status in LIVE:
                complete(turn, offer, command)
        case commands.Release(offer_id):
            if (offer := turn.need.offer(offer_id)) and offer.status in LIVE:
                lapse(turn, offer, LapseReason.RELEASED)
        case commands.Undo(offer_id):
            if offer := turn.need.offer(offer_id):
                undo(turn, offer)
        case commands.Confirm():
            _confirm(turn)
        case commands.Dispute():
            dispute(turn)
        case commands.LosePartner(partner_id):
            _lose_partner(turn, partner_id)
        case commands.Tick():
            _tick(turn)
        case _:
            assert_never(command)


def _withdraw(turn: Turn, offer: Offer, reason: WithdrawalReason) -> None:
    turn.move(offer, OfferStatus.WITHDRAWN, withdrawal=reason)
    turn.tell(OfferWithdrawn(**turn.about(offer), reason=reason))


def _withdraw_all(turn: Turn, reason: WithdrawalReason) -> None:
    for offer in tuple(turn.need.offers_in(OfferStatus.OPEN)):
        _withdraw(turn, offer, reason)


def _stop(turn: Turn, reason: WithdrawalReason, cause: UnmetCause) -> None:
    if turn.need.status is NeedStatus.CLOSED:
        return
    _withdraw_all(turn, reason)
    for offer in tuple(turn.need.offers_in(*LIVE)):
        lapse(turn, offer, LapseReason.NEED_CLOSED)
    # Who takes a need back has not said that what a partner brought has arrived.
    close(turn, cause, confirmed=False)


def _confirm(turn: Turn) -> None:
    if turn.need.status is NeedStatus.CONFIRMING:
        close(turn, turn.cause(), confirmed=True)
    elif turn.need.status is NeedStatus.ASKING and not turn.need.open_items:
        # Who says that it arrived knows better than a partner that has not said so yet.
        for offer in tuple(turn.need.offers_in(*LIVE)):
            turn.move(offer, OfferStatus.COMPLETED)
        close(turn, turn.cause(), confirmed=True)


def dispute(turn: Turn) -> None:
    """What was handed over did not arrive."""
    if turn.need.status is not NeedStatus.CONFIRMING:
        return
    for offer in tuple(turn.need.offers_in(OfferStatus.COMPLETED)):
        turn.move(offer, OfferStatus.DISPUTED)
    turn.stand(
        NeedStatus.ASKING,
        confirm_by=None,
        attempt=0,
        stuck=StuckCause.FAMILY_DISPUTED,
        deadline=max(turn.need.deadline, turn.now + turn.pace.respond_within + turn.pace.contact_within),
    )
    turn.tell(NeedStuck(need_id=turn.need.need_id, cause=StuckCause.FAMILY_DISPUTED, open_items=turn.need.open_items))


def _lose_partner(turn: Turn, partner_id: object) -> None:
    for offer in turn.need.offers:
        if offer.partner_id == partner_id and offer.status is OfferStatus.OPEN:
            _withdraw(turn, offer, WithdrawalReason.PARTNER_UNAVAILABLE)
        elif offer.partner_id == partner_id and offer.status in LIVE:
            lapse(turn, offer, LapseReason.PARTNER_UNAVAILABLE)


_REMINDERS = {
    OfferStatus.OPEN: ReminderKind.ANSWER,
    OfferStatus.CLAIMED: ReminderKind.CONTACT,
    OfferStatus.CONTACTED: ReminderKind.COMPLETE,
}


def _tick(turn: Turn) -> None:
    if turn.need.status is NeedStatus.CLOSED:
        return
    for offer in turn.need.offers:
        if offer.due is not None and offer.due <= turn.now:
            _run_out(turn, offer)
        elif offer.due is not None and offer.remind_at is not None and offer.remind_at <= turn.now:
            turn.keep(replace(offer, reminded=True))
            turn.tell(OfferReminded(**turn.about(offer), kind=_REMINDERS[offer.status], due=offer.due))
    if any(moment is not None and moment <= turn.now for moment in (turn.need.look_again_at, turn.need.hurry_at)):
        turn.need = replace(turn.need, look_again_at=None)
    if turn.need.alert_at is not None and turn.need.alert_at <= turn.now:
        _alert(turn)
    if turn.need.confirm_by is not None and turn.need.confirm_by <= turn.now:
        _ask_family_again(turn)


def _alert(turn: Turn) -> None:
    need = turn.need
    if need.status is NeedStatus.ASKING and not any(need.offers_in(*HOLDING)):
        turn.need = replace(need, alert_at=None, stuck=StuckCause.NOBODY_YET)
        turn.tell(NeedStuck(need_id=need.need_id, cause=StuckCause.NOBODY_YET, open_items=need.open_items))


def _run_out(turn: Turn, offer: Offer) -> None:
    match offer.status:
        case OfferStatus.OPEN:
            turn.move(offer, OfferStatus.EXPIRED)
            turn.tell(OfferExpired(**turn.about(offer)))
        case OfferStatus.CLAIMED:
            # Who says each time that nobody can be reached was heard of.
            lapse(turn, offer, LapseReason.NOT_COMPLETED if offer.unreached else LapseReason.NOT_CONTACTED)
        case OfferStatus.CONTACTED:
            lapse(turn, offer, LapseReason.NOT_COMPLETED)


def _ask_family_again(turn: Turn) -> None:
    if turn.need.attempt < turn.policy.confirmation.attempts:
        ask_family(turn)
    else:
        # Silence is nobody's yes: from here on it waits for the coordinator alone.
        turn.need = replace(turn.need, stuck=StuckCause.FAMILY_SILENT, confirm_by=None)
        turn.tell(NeedStuck(need_id=turn.need.need_id, cause=StuckCause.FAMILY_SILENT))


def ask_family(turn: Turn) -> None:
    """Asks the family, once more, whether help arrived."""
    attempt = turn.need.attempt + 1
    turn.stand(
        NeedStatus.CONFIRMING,
        stuck=None,
        look_again_at=None,
        attempt=attempt,
        confirm_by=turn.now + turn.policy.confirmation.wait,
    )
    turn.tell(
        ConfirmationRequested(
            need_id=turn.need.need_id,
            delivered=turn.need.delivered_items,
            attempt=attempt,
            sensitive=turn.need.terms.is_sensitive,
        )
    )


def _settle(turn: Turn) -> None:
    """What follows by itself from where the need now stands."""
    hurry_at = turn.need.deadline - turn.pace.hurry_within
    waits = turn.need.status is NeedStatus.ASKING and bool(turn.need.open_items) and hurry_at > turn.now
    turn.need = replace(turn.need, hurry_at=hurry_at if waits else None)
    if turn.need.status is not NeedStatus.ASKING:
        return
    over = turn.need.deadline <= turn.now
    if not turn.need.open_items:
        _withdraw_all(turn, WithdrawalReason.FILLED)
        unreached = turn.need.stuck is StuckCause.FAMILY_UNREACHABLE
        turn.need = replace(turn.need, stuck=turn.need.stuck if unreached else None, look_again_at=None)
    elif over:
        _withdraw_all(turn, WithdrawalReason.NEED_ENDED)
        turn.need = replace(turn.need, look_again_at=None)
    elif not any(turn.need.offers_in(OfferStatus.OPEN)) and not left_in_all(turn.need, turn.now, turn.pace):
        say_that_nobody_is_left(turn)
    _say_whether_family_is_reached(turn)
    if any(turn.need.offers_in(*LIVE)) or not (over or not turn.need.open_items):
        return
    if turn.need.delivered_items:
        ask_family(turn)
    else:
        close(turn, turn.cause(), confirmed=False)


def say_that_nobody_is_left(turn: Turn) -> None:
    """A coordinator's turn: nobody is asked, and nobody more can be."""
    need = turn.need
    cause = StuckCause.NOBODY_LEFT if need.offers else StuckCause.NOBODY_ELIGIBLE
    if need.stuck is not cause:
        turn.need = replace(need, stuck=cause)
        turn.tell(NeedStuck(need_id=need.need_id, cause=cause, open_items=need.open_items))


def _say_whether_family_is_reached(turn: Turn) -> None:
    unreached, stuck = gave_up_on_family(turn.need, turn.policy.reaching), turn.need.stuck
    if unreached and stuck is None:
        turn.need = replace(turn.need, stuck=StuckCause.FAMILY_UNREACHABLE)
        turn.tell(NeedStuck(need_id=turn.need.need_id, cause=StuckCause.FAMILY_UNREACHABLE))
    elif stuck is StuckCause.FAMILY_UNREACHABLE and not unreached:
        turn.need = replace(turn.need, stuck=None)


def places_to_ask(turn: Turn) -> int:
    """How many more partners may be asked now: none where a yes is likely enough."""
    need = turn.need
    if need.status is not NeedStatus.ASKING or not need.open_items or need.deadline <= turn.now:
        return 0
    if need.look_again_at is not None and _is_worth_waiting(turn):
        return 0
    if not Chances(need).below(target_chance(need, turn.now, turn.pace, turn.policy.asking)):
        return 0
    return left_to_ask(need, turn.now, turn.pace)


def _is_worth_waiting(turn: Turn) -> bool:
    """Whether somebody may still answer whom it waits for, or nobody was found when it was looked for last."""
    need, picked = turn.need, picked_to_be_first(turn.need.terms, turn.now)
    waited_for = (offer for offer in need.offers_in(OfferStatus.OPEN) if picked is None or offer.partner_id in picked)
    return any(waited_for) or need.stuck in NOBODY
