"""Each rule of asking, awarding, following and ending, one by one."""

from datetime import timedelta

import pytest

from schemas.event import NeedEvent
from schemas.offers import OfferReminded, OfferWithdrawn
from schemas.outcomes import (
    ClaimAwarded,
    ClaimLapsed,
    ClaimRefused,
    ConfirmationRequested,
    NeedFulfilled,
    NeedPartlyFulfilled,
    NeedStuck,
    NeedUnmet,
)
from schemas.vocabulary import (
    Answerer,
    DeclineReason,
    LapseReason,
    RefusalReason,
    ReleaseReason,
    ReminderKind,
    StuckCause,
    UnmetCause,
    WithdrawalReason,
)
from services.matcher.domain import commands
from services.matcher.domain.state import NeedStatus, OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, FIRST_WAVE, POLICY, Situation, given, names, terms

PACE = POLICY.urgency[terms().urgency]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def claimed(**quantities: int) -> Situation:
    situation = given()
    situation.accept(situation.first_open(), **quantities)
    return situation


def confirming() -> Situation:
    situation = claimed()
    situation.complete(situation.offers(OfferStatus.CLAIMED)[0])
    return situation


def only(events: list[NeedEvent], kind: type[NeedEvent]) -> list[NeedEvent]:
    return [event for event in events if isinstance(event, kind)]


def test_a_new_need_asks_its_first_wave() -> None:
    assert names(given().events) == ["OfferMade"] * FIRST_WAVE


def test_nobody_who_could_be_asked_is_said_at_once_and_only_once() -> None:
    situation = given(partners=0)
    assert [event.cause for event in situation.events if isinstance(event, NeedStuck)] == [StuckCause.NOBODY_ELIGIBLE]
    assert names(situation.pass_time(3 * PACE.look_again_every)) == []


def test_a_partner_who_joins_later_is_asked_when_it_is_looked_for_again() -> None:
    situation = given(partners=0)
    situation.partners = given().partners[:1]
    assert names(situation.pass_time(PACE.look_again_every)) == ["OfferMade"]
    assert situation.need.stuck is None


def test_a_no_asks_the_next_partner_at_once() -> None:
    situation = given()
    events = situation.when(commands.Decline(situation.first_open().offer_id, DeclineReason.TOO_FAR))
    assert names(events) == ["OfferMade"]


def test_silence_reminds_once_half_way_then_expires_and_asks_the_next() -> None:
    situation = given()
    assert names(situation.pass_time(PACE.respond_within / 2)) == ["OfferReminded"] * FIRST_WAVE
    later = names(situation.pass_time(PACE.respond_within / 2))
    assert later.count("OfferExpired") == FIRST_WAVE
    assert later.count("OfferMade") == FIRST_WAVE


def test_an_offer_takes_no_more_than_its_share_of_the_time_that_is_left() -> None:
    situation = given(days=0.25)
    assert situation.first_open().due == situation.now + 0.25 * DAY * POLICY.asking.share_of_time_left


def test_taking_all_of_it_withdraws_the_others() -> None:
    situation = given()
    events = situation.accept(situation.first_open())
    assert names(events) == ["ClaimAwarded"] + ["OfferWithdrawn"] * (FIRST_WAVE - 1)
    assert {event.reason for event in events if isinstance(event, OfferWithdrawn)} == {WithdrawalReason.FILLED}


def test_taking_a_part_keeps_the_rest_open_and_asks_on() -> None:
    situation = given()
    events = situation.accept(situation.first_open(), l1=1)
    assert names(events) == ["ClaimAwarded", "OfferMade"]
    assert [item.quantity for item in situation.need.open_items] == [2]


def test_the_second_of_two_gets_only_what_is_left_and_the_third_is_told_kindly() -> None:
    situation = given()
    first, second, third = situation.offers(OfferStatus.OPEN)[:3]
    situation.accept(first, l1=2)
    [award] = only(situation.accept(second, l1=3), ClaimAwarded)
    assert isinstance(award, ClaimAwarded)
    assert award.awarded[0].quantity == 1
    [refusal] = only(situation.accept(third), ClaimRefused)
    assert isinstance(refusal, ClaimRefused)
    assert refusal.reason is RefusalReason.ALREADY_FILLED


def test_saying_yes_again_changes_nothing() -> None:
    situation = given()
    offer = situation.first_open()
    situation.accept(offer)
    before = situation.need
    assert situation.accept(offer) == []
    assert situation.need == before


def test_a_late_yes_to_what_is_still_open_is_a_yes() -> None:
    situation = given(partners=1)
    offer = situation.first_open()
    situation.pass_time(PACE.respond_within)
    assert names(situation.accept(offer)) == ["ClaimAwarded"]


def test_a_yes_after_the_time_is_over_is_refused_kindly_while_the_family_is_asked() -> None:
    situation = given(BEDS, BEDDING)
    taker, late = situation.offers(OfferStatus.OPEN)[:2]
    situation.accept(taker, l1=3)
    situation.complete(situation.offers(OfferStatus.CLAIMED)[0])
    situation.pass_time(5 * DAY)
    assert situation.need.status is NeedStatus.CONFIRMING
    refused = situation.accept(late, l2=1)
    assert [event.reason for event in refused if isinstance(event, ClaimRefused)] == [RefusalReason.OFFER_CLOSED]
    assert names(situation.when(commands.Confirm(Answerer.FAMILY))) == ["NeedPartlyFulfilled", "HelpEnded"]


def test_no_contact_reminds_then_lapses_and_asks_on() -> None:
    situation = claimed()
    reminders = situation.pass_time(PACE.contact_within / 2)
    assert [event.kind for event in reminders if isinstance(event, OfferReminded)] == [ReminderKind.CONTACT]
    later = situation.pass_time(PACE.contact_within / 2)
    assert [event.reason for event in later if isinstance(event, ClaimLapsed)] == [LapseReason.NOT_CONTACTED]
    assert "OfferMade" in names(later)


def test_contact_moves_the_clock_to_completion() -> None:
    situation = claimed()
    [claim] = situation.offers(OfferStatus.CLAIMED)
    assert situation.when(commands.ReportContact(claim.offer_id)) == []
    assert situation.offers(OfferStatus.CONTACTED)[0].due == situation.need.deadline + PACE.complete_grace
    late = situation.pass_time(10 * DAY)
    assert [event.reason for event in late if isinstance(event, ClaimLapsed)] == [LapseReason.NOT_COMPLETED]


def test_handing_back_opens_it_again_and_asks_somebody_else() -> None:
    situation = claimed()
    [claim] = situation.offers(OfferStatus.CLAIMED)
    events = situation.when(commands.Release(claim.offer_id, ReleaseReason.NO_LONGER_ABLE))
    assert names(events)[0] == "ClaimLapsed"
    assert claim.partner_id not in {offer.partner_id for offer in situation.offers(OfferStatus.OPEN)}


def test_done_asks_the_family_and_its_yes_ends_the_need() -> None:
    situation = claimed()
    [claim] = situation.offers(OfferStatus.CLAIMED)
    assert names(situation.complete(claim)) == ["ConfirmationRequested"]
    assert names(situation.when(commands.Confirm(Answerer.FAMILY))) == ["NeedFulfilled", "HelpEnded"]
    assert situation.need.status is NeedStatus.CLOSED


def test_a_part_delivered_leaves_the_rest_open() -> None:
    situation = claimed()
    [claim] = situation.offers(OfferStatus.CLAIMED)
    events = situation.when(commands.ReportCompletion(claim.offer_id, {1: 2}))
    assert "OfferMade" in names(events)
    assert [item.quantity for item in situation.need.open_items] == [1]


def test_silence_of_the_family_is_asked_again_then_waits_for_the_coordinator() -> None:
    situation = confirming()
    events = situation.pass_time(30 * DAY)
    assert names(events) == ["ConfirmationRequested"] * (POLICY.confirmation.attempts - 1) + ["NeedStuck"]
    assert situation.need.stuck is StuckCause.FAMILY_SILENT
    assert situation.need.next_due is None
    assert names(situation.when(commands.Confirm(Answerer.COORDINATOR))) == ["NeedFulfilled", "HelpEnded"]


def test_a_familys_no_tells_the_coordinator_and_asks_other_partners() -> None:
    situation = confirming()
    [helper] = situation.offers(OfferStatus.COMPLETED)
    events = situation.when(commands.Dispute(Answerer.FAMILY))
    assert names(events)[0] == "NeedStuck"
    assert helper.partner_id not in {offer.partner_id for offer in situation.offers(OfferStatus.OPEN)}
    assert len(situation.offers(OfferStatus.OPEN)) == FIRST_WAVE


def test_a_no_after_the_deadline_still_leaves_time_to_help() -> None:
    situation = confirming()
    situation.pass_time(6 * DAY)
    events = situation.when(commands.Dispute(Answerer.FAMILY))
    assert "OfferMade" in names(events)
    assert situation.need.deadline > situation.now


def test_the_deadline_ends_what_nobody_took() -> None:
    situation = given(partners=2)
    events = situation.pass_time(6 * DAY)
    [ending] = only(events, NeedUnmet)
    assert isinstance(ending, NeedUnmet)
    assert ending.cause is UnmetCause.NOBODY_ANSWERED
    assert "NeedStuck" in names(events)


@pytest.mark.parametrize(("partners", "cause"), [(0, UnmetCause.NOBODY_ELIGIBLE), (3, UnmetCause.NO_CAPACITY)])
def test_the_cause_of_an_unmet_need_is_named(partners: int, cause: UnmetCause) -> None:
    situation = given(partners=partners)
    for offer in situation.offers(OfferStatus.OPEN):
        situation.when(commands.Decline(offer.offer_id, DeclineReason.NO_CAPACITY))
    [ending] = only(situation.pass_time(6 * DAY), NeedUnmet)
    assert isinstance(ending, NeedUnmet)
    assert ending.cause is cause


def test_a_deadline_with_a_part_delivered_asks_the_family_and_ends_partly() -> None:
    situation = given(BEDS, BEDDING)
    offer = situation.first_open()
    situation.accept(offer, l1=3)
    situation.complete(offer)
    events = situation.pass_time(6 * DAY)
    [question] = [event for event in events if isinstance(event, ConfirmationRequested) and event.attempt == 1]
    assert [item.code for item in question.delivered] == ["bed.twin"]
    [ending, _] = situation.when(commands.Confirm(Answerer.FAMILY))
    assert isinstance(ending, NeedPartlyFulfilled)
    assert [item.code for item in ending.unmet] == ["bed.bedding"]


@pytest.mark.parametrize(
    ("command", "reason", "cause"),
    [
        (commands.Cancel(), WithdrawalReason.NEED_CANCELLED, UnmetCause.CANCELLED),
        (commands.WithdrawConsent(), WithdrawalReason.CONSENT_WITHDRAWN, UnmetCause.CONSENT_WITHDRAWN),
    ],
)
def test_stopping_tells_everybody_who_was_asked_or_had_claimed(
    command: commands.Command, reason: WithdrawalReason, cause: UnmetCause
) -> None:
    situation = claimed(l1=1)
    asked = situation.offers(OfferStatus.OPEN)
    events = situation.when(command)
    assert [event.reason for event in events if isinstance(event, OfferWithdrawn)] == [reason] * len(asked)
    assert [event.reason for event in events if isinstance(event, ClaimLapsed)] == [LapseReason.NEED_CLOSED]
    assert [event.cause for event in events if isinstance(event, NeedUnmet)] == [cause]


@pytest.mark.parametrize("command", [commands.Cancel(), commands.WithdrawConsent()])
def test_a_need_that_is_taken_back_while_the_family_is_asked_is_not_called_fulfilled(command: commands.Command) -> None:
    [ending, _] = confirming().when(command)
    assert isinstance(ending, NeedUnmet)
    assert ending.unmet == (BEDS,)


def test_a_yes_to_a_need_that_ended_is_answered_kindly_once() -> None:
    situation = given()
    offer = situation.first_open()
    situation.when(commands.Cancel())
    [refusal] = situation.accept(offer)
    assert isinstance(refusal, ClaimRefused)
    assert refusal.reason is RefusalReason.NEED_CLOSED
    assert situation.accept(offer) == []


def test_a_partner_that_goes_away_frees_what_it_had() -> None:
    situation = claimed()
    [claim] = situation.offers(OfferStatus.CLAIMED)
    events = situation.when(commands.LosePartner(claim.partner_id))
    assert [event.reason for event in events if isinstance(event, ClaimLapsed)] == [LapseReason.PARTNER_UNAVAILABLE]
    assert "OfferMade" in names(events)


def test_a_change_never_takes_away_what_is_claimed() -> None:
    situation = claimed(l1=2)
    situation.when(commands.Change(terms(BEDS.model_copy(update={"quantity": 1}))))
    assert situation.need.held == {1: 2}
    assert [item.quantity for item in situation.need.terms.items] == [2]


def test_more_of_it_is_asked_for_after_a_change() -> None:
    situation = claimed()
    events = situation.when(commands.Change(terms(BEDS.model_copy(update={"quantity": 5}))))
    assert names(events) == ["OfferMade"] * FIRST_WAVE
    assert [item.quantity for item in situation.need.open_items] == [2]


def test_the_coordinator_may_say_that_it_arrived_before_the_partner_does() -> None:
    situation = claimed()
    [ending, _] = situation.when(commands.Confirm(Answerer.COORDINATOR))
    assert isinstance(ending, NeedFulfilled)
