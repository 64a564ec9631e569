"""Asking more partners, from the best down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from schemas.event import Item, OfferTerms, Programme
from schemas.offers import OfferMade, OfferReasons
from services.matcher.clocks import Clock
from services.matcher.domain.chances import Chances, hurries, target_chance
from services.matcher.domain.deciding import Decision, places_to_ask, say_that_nobody_is_left
from services.matcher.domain.eligible import Eligible
from services.matcher.domain.state import NOBODY, Need, Offer, OfferStatus
from services.matcher.domain.turn import Turn
from services.matcher.policy import Policy


@dataclass(frozen=True)
class Candidate:
    """A partner that may be asked, with its next offer number, what it could take and why it was chosen."""

    partner_id: UUID
    service_id: UUID
    number: int
    items: tuple[Item, ...]
    place: str
    distance_miles: int | None
    reasons: OfferReasons
    clock: Clock
    """By which it is given time to answer."""
    programme: Programme | None = None


def already_asked(need: Need) -> frozenset[UUID]:
    """The partners that are not asked again, nor the one that refers. One whose offer was taken back may be."""
    asked = {offer.partner_id for offer in need.asked}
    return frozenset(asked if need.terms.referred_by is None else asked | {need.terms.referred_by})


def choose(need: Need, ranked: Sequence[Eligible], count: int, now: datetime, policy: Policy) -> list[Eligible]:
    """The best from the top down, each kind of help in turn, until a yes to each is likely enough; at most so many.

    While time is left, who is near is asked before anybody who is farther away.
    """
    pace, chances = policy.urgency[need.terms.urgency], Chances(need)
    target = target_chance(need, now, pace, policy.asking)
    left = list(ranked)
    if not hurries(need, now, pace):
        left.sort(key=lambda one: (one.distance_miles or 0) > policy.asking.near_miles)
    chosen: list[Eligible] = []
    while len(chosen) < count and (able := [one for one in left if one.categories & chances.below(target)]):
        best = min(able, key=lambda one: min(map(chances.of, one.categories)))
        left.remove(best)
        chosen.append(best)
        chances.ask(best.categories, best.reasons.yes_chance)
    return chosen


def ask(need: Need, candidates: Sequence[Candidate], now: datetime, policy: Policy) -> Decision:
    """Makes an offer to each candidate; with none, says who waits now and when to look again."""
    turn = Turn(need, now, policy)
    if candidates:
        turn.need = replace(turn.need, wave=need.wave + 1)
        for candidate in candidates:
            _make_offer(turn, candidate)
        if turn.need.stuck in NOBODY:
            turn.need = replace(turn.need, stuck=None)
    if places_to_ask(turn):
        turn.need = replace(turn.need, look_again_at=_look_again_at(turn))
    if not any(turn.need.offers_in(OfferStatus.OPEN)):
        say_that_nobody_is_left(turn)
    return Decision(turn.need, tuple(turn.events), 0)


def _look_again_at(turn: Turn) -> datetime:
    first, later = turn.need.terms.first_ask, turn.now + turn.pace.look_again_every
    return later if first is None or first.until <= turn.now else min(first.until, later)


def _make_offer(turn: Turn, candidate: Candidate) -> None:
    need = turn.need
    share = (need.deadline - turn.now) * turn.policy.asking.share_of_time_left
    respond_by = candidate.clock.add(turn.now, turn.pace.respond_within, latest=turn.now + share)
    terms = OfferTerms(
        number=candidate.number,
        items=candidate.items,
        place=candidate.place,
        distance_miles=candidate.distance_miles,
        urgency=need.terms.urgency,
        needed_by=need.deadline,
        respond_by=respond_by,
        sensitive=need.terms.is_sensitive,
        programme=candidate.programme,
    )
    offer = Offer(
        offer_id=uuid5(need.need_id, f"{candidate.partner_id}:{need.wave}"),
        partner_id=candidate.partner_id,
        service_id=candidate.service_id,
        wave=need.wave,
        terms=terms,
        status=OfferStatus.OPEN,
        since=turn.now,
        due=respond_by,
        yes_chance=candidate.reasons.yes_chance,
    )
    turn.need = replace(need, offers=(*need.offers, offer))
    turn.tell(OfferMade(**turn.about(offer), service_id=offer.service_id, wave=offer.wave, reasons=candidate.reasons))
