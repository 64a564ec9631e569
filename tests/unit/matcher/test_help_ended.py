"""Everyone who helped hears once, without identity, how it ended."""

import pytest

from schemas.event import LineQuantity, NeedEvent
from schemas.outcomes import HelpEnded
from schemas.vocabulary import Answerer, Arrival
from services.matcher.domain import commands
from services.matcher.domain.state import OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, Situation, given


def two_helpers() -> Situation:
    """One brought the beds, another the bedding; the family is asked."""
    situation = given(BEDS, BEDDING)
    first, second = situation.offers(OfferStatus.OPEN)[:2]
    situation.accept(first, l1=3)
    situation.accept(second, l2=2)
    for offer in situation.offers(OfferStatus.CLAIMED):
        situation.complete(offer)
    return situation


def thanks(events: list[NeedEvent]) -> list[HelpEnded]:
    return [event for event in events if isinstance(event, HelpEnded)]


@pytest.mark.parametrize("by", list(Answerer))
def test_each_partner_that_helped_hears_what_came_of_its_own_part(by: Answerer) -> None:
    situation = two_helpers()
    told = thanks(situation.when(commands.Confirm(by)))
    assert [one.delivered for one in told] == [(LineQuantity(line=1, quantity=3),), (LineQuantity(line=2, quantity=2),)]
    assert {(one.arrival, one.all_met) for one in told} == {(Arrival.ARRIVED, True)}
    assert thanks(situation.when(commands.Confirm(by))) == [], "once"


def test_where_a_need_is_taken_back_nobody_claims_to_know_whether_it_arrived() -> None:
    told = thanks(two_helpers().when(commands.Cancel()))
    assert [(one.arrival, one.all_met) for one in told] == [(Arrival.NOT_SAID, False)] * 2


def test_who_brought_what_did_not_arrive_hears_that_kindly_once_it_is_over() -> None:
    situation = given(BEDS)
    situation.accept(situation.first_open())
    [claim] = situation.offers(OfferStatus.CLAIMED)
    situation.complete(claim)
    assert thanks(situation.when(commands.Dispute(Answerer.FAMILY))) == [], "others are still asked"
    situation.accept(situation.first_open())
    [other] = situation.offers(OfferStatus.CLAIMED)
    situation.complete(other)
    told = {
        one.offer_id: (one.arrival, one.all_met) for one in thanks(situation.when(commands.Confirm(Answerer.FAMILY)))
    }
    assert told == {claim.offer_id: (Arrival.NOT_ARRIVED, True), other.offer_id: (Arrival.ARRIVED, True)}


def test_who_handed_nothing_over_hears_nothing() -> None:
    situation = given(BEDS)
    situation.accept(situation.first_open())
    assert thanks(situation.when(commands.Cancel())) == []
