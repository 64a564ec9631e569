"""From the yes to the handover: what partners say on the way, and what follows from it."""

from datetime import datetime, timedelta

import pytest

from schemas.event import Item, LineQuantity, NeedEvent
from schemas.offers import OfferMade, OfferReminded
from schemas.outcomes import ClaimAwarded, ClaimLapsed, ClaimRefused, NeedPartlyFulfilled, NeedStuck, NeedUnmet
from schemas.vocabulary import Answerer, LapseReason, RefusalReason, ReleaseReason, StuckCause, UnmetCause
from services.matcher.domain import commands
from services.matcher.domain.asking import already_asked
from services.matcher.domain.state import Offer, OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, POLICY, START, Situation, given, names

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


def report(situation: Situation, offer: Offer, quantities: dict[int, int], *not_needed: int) -> list[NeedEvent]:
    return situation.when(commands.ReportCompletion(offer.offer_id, quantities, frozenset(not_needed)))


def test_what_was_not_handed_over_is_open_again_and_asked_on() -> None:
    situation, offer = claimed()
    assert set(names(report(situation, offer, {1: 1}))) == {"OfferMade"}
    assert status_of(situation, offer) is OfferStatus.COMPLETED
    assert [item.quantity for item in situation.need.open_items] == [2]


def test_who_handed_nothing_over_has_no_claim_any_more_and_others_are_asked() -> None:
    situation, offer = claimed()
    events = report(situation, offer, {1: 0})
    lapsed = [event for event in events if isinstance(event, ClaimLapsed)]
    assert [(event.reason, event.returned) for event in lapsed] == [
        (LapseReason.NOT_DELIVERED, (LineQuantity(line=1, quantity=3),))
    ]
    assert "OfferMade" in names(events)
    assert situation.need.open_items == (BEDS,)
    assert report(situation, offer, {1: 0}) == []


def test_what_the_family_no_longer_needs_is_asked_of_nobody_and_the_need_ends_with_that_cause() -> None:
    situation, offer = claimed()
    assert names(report(situation, offer, {1: 2}, 1)) == ["ConfirmationRequested"]
    assert situation.need.open_items == ()
    [ended, _] = situation.when(commands.Confirm(Answerer.FAMILY))
    assert isinstance(ended, NeedPartlyFulfilled)
    assert [(item.quantity, ended.cause) for item in ended.unmet] == [(1, UnmetCause.NO_LONGER_NEEDED)]


def test_where_nothing_of_it_is_needed_any_more_the_need_ends_at_once() -> None:
    situation, offer = claimed()
    [ended] = report(situation, offer, {1: 0}, 1)
    assert isinstance(ended, NeedUnmet)
    assert (ended.cause, ended.unmet) == (UnmetCause.NO_LONGER_NEEDED, (BEDS,))


def test_of_a_claim_of_which_nothing_came_only_what_is_still_needed_goes_to_others() -> None:
    situation = given(BEDS, BEDDING)
    offer = situation.first_open()
    situation.accept(offer)
    events = report(situation, offer, {1: 0, 2: 0}, 2)
    [lapsed] = [event for event in events if isinstance(event, ClaimLapsed)]
    assert lapsed.returned == (LineQuantity(line=1, quantity=3),)
    assert {event.terms.items for event in events if isinstance(event, OfferMade)} == {(BEDS,)}


def test_a_family_that_says_nothing_arrived_needs_all_of_it_again() -> None:
    situation, offer = claimed()
    report(situation, offer, {1: 2}, 1)
    situation.when(commands.Dispute(Answerer.FAMILY))
    assert situation.need.open_items == (BEDS,)


def scheduled(until: datetime) -> tuple[Situation, Offer]:
    situation, offer = claimed()
    situation.when(commands.ReportContact(offer.offer_id))
    assert situation.when(commands.ReportSchedule(offer.offer_id, until, 1)) == []
    return situation, offer


def test_a_claim_is_due_after_the_day_that_was_arranged_and_nobody_is_reminded_before_it() -> None:
    until = START + timedelta(days=9)
    situation, offer = scheduled(until)
    assert situation.pass_time(timedelta(days=9)) == []
    grace = POLICY.urgency[situation.need.terms.urgency].complete_grace
    assert names(situation.pass_time(grace / 2)) == ["OfferReminded"]
    assert [event.due for event in situation.events if isinstance(event, OfferReminded)] == [until + grace]
    assert [event.reason for event in situation.pass_time(grace) if isinstance(event, ClaimLapsed)] == [
        LapseReason.NOT_COMPLETED
    ]
    assert status_of(situation, offer) is OfferStatus.LAPSED


def test_a_day_that_changes_counts_anew_and_what_was_said_before_comes_back_in_vain() -> None:
    situation, offer = scheduled(START + timedelta(days=2))
    situation.pass_time(timedelta(days=3))
    situation.when(commands.ReportSchedule(offer.offer_id, START + timedelta(days=6), 2))
    before = situation.need
    for days, revision in ((6, 2), (2, 1), (9, 1)):
        situation.when(commands.ReportSchedule(offer.offer_id, START + timedelta(days=days), revision))
    assert situation.need == before
    assert situation.pass_time(timedelta(days=3)) == []


@pytest.mark.parametrize("days", [-1, 0])
def test_a_day_gone_by_is_no_schedule(days: int) -> None:
    situation, offer = scheduled(START + timedelta(days=days))
    found = situation.need.offer(offer.offer_id)
    assert found is not None
    assert found.scheduled is None


def test_who_says_when_has_been_in_touch() -> None:
    situation, offer = claimed()
    situation.when(commands.ReportSchedule(offer.offer_id, START + timedelta(days=2), 1))
    before = situation.need
    assert status_of(situation, offer) is OfferStatus.CONTACTED
    situation.when(commands.ReportContact(offer.offer_id))
    assert situation.need == before


def test_a_partner_that_cannot_reach_the_family_keeps_its_claim_from_day_to_day() -> None:
    situation, offer = claimed()
    for attempt in (1, 2):
        situation.pass_time(timedelta(hours=10))
        assert situation.when(commands.ReportNotReached(offer.offer_id, attempt)) == []
    situation.pass_time(timedelta(hours=20))
    assert status_of(situation, offer) is OfferStatus.CLAIMED
    assert situation.need.stuck is None


def tried(times: int) -> tuple[Situation, Offer, list[NeedEvent]]:
    situation, offer = claimed()
    events: list[NeedEvent] = []
    for attempt in range(1, times + 1):
        events += situation.when(commands.ReportNotReached(offer.offer_id, attempt))
        situation.pass_time(timedelta(hours=20))
    return situation, offer, events


def test_after_three_tries_the_need_is_the_coordinators_turn_and_is_told_once() -> None:
    situation, offer, events = tried(3)
    assert [event.cause for event in events if isinstance(event, NeedStuck)] == [StuckCause.FAMILY_UNREACHABLE]
    assert situation.when(commands.ReportNotReached(offer.offer_id, 3)) == []
    assert situation.when(commands.Tick()) == []
    assert status_of(situation, offer) is OfferStatus.CLAIMED
    assert situation.need.stuck is StuckCause.FAMILY_UNREACHABLE


def test_once_the_family_was_reached_after_all_the_need_goes_on() -> None:
    situation, offer, _ = tried(3)
    assert names(situation.complete(offer)) == ["ConfirmationRequested"]
    assert situation.need.stuck is None


def test_a_claim_on_an_unreachable_family_that_runs_out_ends_with_that_cause() -> None:
    situation, *_ = tried(3)
    later = situation.pass_time(timedelta(days=30))
    assert "ClaimLapsed" in names(later)
    assert [event.cause for event in later if isinstance(event, NeedUnmet)] == [UnmetCause.FAMILY_UNREACHABLE]


def test_a_claim_handed_back_takes_the_need_out_of_the_queue_and_others_are_asked() -> None:
    situation, offer, _ = tried(3)
    events = situation.when(commands.Release(offer.offer_id, ReleaseReason.FAMILY_UNREACHABLE))
    assert "OfferMade" in names(events)
    assert situation.need.stuck is None


RENT = Item(line=1, code="rent.dollars", quantity=900)


def awards_of(events: list[NeedEvent]) -> list[int]:
    return [line.quantity for event in events if isinstance(event, ClaimAwarded) for line in event.awarded]


def test_money_is_pledged_in_parts_that_add_up_and_never_beyond_the_amount() -> None:
    situation = given(RENT)
    first, second, third = situation.offers(OfferStatus.OPEN)[:3]
    pledged = [awards_of(situation.accept(offer, l1=amount)) for offer, amount in ((first, 400), (second, 300))]
    assert (pledged, [item.quantity for item in situation.need.open_items]) == ([[400], [300]], [200])
    assert awards_of(situation.accept(third, l1=900)) == [200]
    assert situation.need.open_items == ()


def test_of_what_helps_only_as_a_whole_no_part_is_awarded() -> None:
    situation = given(RENT.model_copy(update={"whole": True}))
    first, second = situation.offers(OfferStatus.OPEN)[:2]
    events = situation.accept(first, l1=899)
    assert awards_of(events) == []
    assert [event.reason for event in events if isinstance(event, ClaimRefused)] == [RefusalReason.NOT_WHOLE]
    assert awards_of(situation.accept(second, l1=900)) == [900]


def test_who_gives_a_part_of_the_money_may_still_give_the_rest_of_the_need() -> None:
    situation = given(RENT.model_copy(update={"whole": True}), BEDDING)
    offer = situation.first_open()
    [award] = [event for event in situation.accept(offer, l1=100, l2=2) if isinstance(event, ClaimAwarded)]
    assert award.awarded == (LineQuantity(line=2, quantity=2),)
