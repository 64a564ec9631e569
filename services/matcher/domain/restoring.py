"""A need brought up to what its topics say of it, when the database holds an older state of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge

from schemas.event import NeedEvent
from schemas.offers import OfferEvent, OfferExpired, OfferMade, OfferReminded, OfferWithdrawn
from schemas.outcomes import (
    ClaimAwarded,
    ClaimLapsed,
    ClaimRefused,
    ConfirmationRequested,
    NeedFulfilled,
    NeedPartlyFulfilled,
    NeedStuck,
    NeedUnmet,
    ReferralAnswered,
)
from schemas.vocabulary import LapseReason, StuckCause
from services.matcher.domain import commands
from services.matcher.domain.claiming import gave_up_on_family
from services.matcher.domain.deciding import apply, ask_family, dispute
from services.matcher.domain.state import LIVE, NOBODY, Need, NeedStatus, Offer, OfferStatus
from services.matcher.domain.turn import Turn
from services.matcher.policy import Policy

SILENT = (
    commands.Decline
    | commands.ReportContact
    | commands.ReportNotReached
    | commands.ReportSchedule
    | commands.ReportCompletion
    | commands.Change
)
"""The commands that may change a need without an event. All others leave one whenever they change something."""


@dataclass(frozen=True)
class Said:
    """An event of ours, and the version that it made of its need."""

    at: datetime
    version: int
    event: NeedEvent


@dataclass(frozen=True)
class Heard:
    """What was asked of a need at that time, and intake's version of the need by it."""

    at: datetime
    version: int
    command: SILENT


def restore(need: Need, said: Sequence[Said], heard: Sequence[Heard], policy: Policy) -> tuple[Need, int]:
    """The need after all that was said of it, and the version of the newest change in it (0: none of these).

    Both lists are oldest first. Doing it twice changes nothing.
    """
    known = max((one.at for one in said if one.version <= need.version), default=None)
    new = [one for one in said if one.version > need.version]
    unheard = [one for one in heard if known is None or one.at > known]
    past: Iterator[Said | Heard] = merge(unheard, new, key=lambda one: one.at)
    changes, left = 0, False
    for one in past:
        turn = Turn(need, one.at, policy)
        if isinstance(one, Said):
            _follow(turn, one.event)
            need = replace(turn.need, version=one.version)
        elif isinstance(one.command, commands.Change):
            apply(turn, one.command)
            # It would have said so, and nothing was said since: whoever consumes it again decides about it.
            left = left or (bool(turn.events) and not (new and one.at <= new[-1].at))
            if not left:
                need, changes = turn.need, one.version
        else:
            apply(turn, one.command)
            # What says so itself, as a no to a referral does, is followed when it was said.
            need = need if turn.events else turn.need
        unreached = need.stuck is StuckCause.FAMILY_UNREACHABLE and gave_up_on_family(need, policy.reaching)
        if need.status is NeedStatus.ASKING and not need.open_items:
            need = replace(need, stuck=need.stuck if unreached else None, look_again_at=None)
        elif need.stuck is StuckCause.FAMILY_UNREACHABLE and not unreached:
            need = replace(need, stuck=None)
    return need, changes


def _follow(turn: Turn, event: NeedEvent) -> None:
    match event:
        case OfferMade():
            _make_offer(turn, event)
        case OfferEvent():
            offer = turn.need.offer(event.offer_id)
            if offer is not None:
                _move(turn, offer, event)
        case ConfirmationRequested(attempt=attempt):
            turn.need = replace(turn.need, attempt=attempt - 1)
            ask_family(turn)
        case NeedStuck(cause=StuckCause.FAMILY_DISPUTED):
            dispute(turn)
        case NeedStuck(cause=cause):
            silent = cause is StuckCause.FAMILY_SILENT
            alert_at = None if cause is StuckCause.NOBODY_YET else turn.need.alert_at
            confirm_by = None if silent else turn.need.confirm_by
            turn.need = replace(turn.need, stuck=cause, confirm_by=confirm_by, alert_at=alert_at)
        case NeedFulfilled() | NeedPartlyFulfilled() | NeedUnmet():
            # Who said that it arrived completed what was claimed, too.
            for offer in tuple(turn.need.offers_in(*LIVE)):
                turn.move(offer, OfferStatus.COMPLETED)
            turn.stand(NeedStatus.CLOSED, stuck=None, confirm_by=None, look_again_at=None)


def _make_offer(turn: Turn, event: OfferMade) -> None:
    need = turn.need
    offer = Offer(
        offer_id=event.offer_id,
        partner_id=event.partner_id,
        service_id=event.service_id,
        wave=event.wave,
        terms=event.terms,
        status=OfferStatus.OPEN,
        since=turn.now,
        due=event.terms.respond_by,
        yes_chance=event.reasons.yes_chance,
    )
    stuck = None if need.stuck in NOBODY else need.stuck
    turn.need = replace(need, offers=(*need.offers, offer), wave=max(need.wave, event.wave), stuck=stuck)


def _move(turn: Turn, offer: Offer, event: OfferEvent) -> None:
    match event:
        case OfferReminded():
            turn.keep(replace(offer, reminded=True))
        case OfferWithdrawn(reason=reason):
            turn.move(offer, OfferStatus.WITHDRAWN, withdrawal=reason)
        case OfferExpired():
            turn.move(offer, OfferStatus.EXPIRED)
        case ClaimAwarded(contact_by=contact_by, contact_id=contact_id, awarded=awarded):
            quantities = {one.line: one.quantity for one in awarded}
            turn.move(offer, OfferStatus.CLAIMED, due=contact_by, contact_id=contact_id, quantities=quantities)
            turn.calm_down()
        case ClaimRefused(contact_id=contact_id):
            turn.move(offer, OfferStatus.REFUSED, contact_id=contact_id)
        case ClaimLapsed(reason=reason, returned=returned):
            left = dict(offer.quantities)
            for one in returned:
                left[one.line] -= one.quantity
            waived = {line: quantity for line, quantity in left.items() if quantity}
            status = OfferStatus.UNDONE if reason is LapseReason.UNDONE else OfferStatus.LAPSED
            turn.move(replace(offer, waived=waived), status)
        case ReferralAnswered(reason=reason) if reason is not None and offer.status is OfferStatus.OPEN:
            turn.move(offer, OfferStatus.DECLINED, decline=reason)
