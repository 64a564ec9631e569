"""From the yes to the handover: what partners say on the way, and what follows from it."""

from datetime import timedelta

import pytest

from schemas.outcomes import ClaimAwarded, ClaimLapsed
from schemas.vocabulary import LapseReason
from services.matcher.domain import commands
from services.matcher.domain.asking import already_asked
from services.matcher.domain.state import Offer, OfferStatus
from tests.unit.matcher.situation import BEDS, Situation, given, names

TEN_MINUTES = timedelta(minutes=10)


def claimed() -> tuple[Situation, Offer]:
    situation = given(BEDS)
    offer = situation.first_open()
    situation.accept(offer)
    return situation, offer


def status_of(situation: Situation, offer: Offer) -> OfferStatus | None:
    found = situation.need.offer(offer.offer_id)
    return found.status if found else None


def test_a_yes_by_mistake_is_taken_back_within_ten_minutes_and_others_are_asked_at_once() -> None:
    situation, offer = claimed()
    [award] = [event for event in situation.events if isinstance(event, ClaimAwarded)]
    assert award.undo_until == situation.now + TEN_MINUTES
    situation.now += TEN_MINUTES
    events = situation.when(commands.Undo(offer.offer_id))
    assert names(events)[0] == "ClaimLapsed"
    assert set(names(events)[1:]) == {"OfferMade"}
    assert [event.reason for event in events if isinstance(event, ClaimLapsed)] == [LapseReason.UNDONE]
    assert status_of(situation, offer) is OfferStatus.UNDONE
    assert situation.need.open_items == (BEDS,)
    assert offer.partner_id in already_asked(situation.need)


def test_what_was_taken_back_is_not_taken_again_by_the_same_yes() -> None:
    situation, offer = claimed()
    situation.when(commands.Undo(offer.offer_id))
    assert situation.accept(offer) == []
    assert situation.when(commands.Undo(offer.offer_id)) == []
    assert status_of(situation, offer) is OfferStatus.UNDONE


@pytest.mark.parametrize("late", [timedelta(seconds=1), timedelta(hours=5)])
def test_after_ten_minutes_a_claim_is_handed_back_with_a_reason_or_not_at_all(late: timedelta) -> None:
    situation, offer = claimed()
    situation.now += TEN_MINUTES + late
    assert situation.when(commands.Undo(offer.offer_id)) == []
    assert status_of(situation, offer) is OfferStatus.CLAIMED


def test_who_has_been_in_touch_did_not_say_yes_by_mistake() -> None:
    situation, offer = claimed()
    situation.when(commands.ReportContact(offer.offer_id))
    assert situation.when(commands.Undo(offer.offer_id)) == []
    assert status_of(situation, offer) is OfferStatus.CONTACTED


def test_an_offer_that_nobody_claimed_cannot_be_taken_back() -> None:
    situation = given(BEDS)
    assert situation.when(commands.Undo(situation.first_open().offer_id)) == []
