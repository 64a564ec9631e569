"""A partner that refers hears each answer; a programme never has more families than seats."""

from datetime import date, timedelta

import pytest

from schemas.event import Item, NeedEvent, Programme
from schemas.outcomes import ClaimAwarded, ClaimRefused, ReferralAnswered
from schemas.vocabulary import DeclineReason, ReferralAnswer, RefusalReason, ReleaseReason, UnmetCause
from services.matcher.domain import commands
from services.matcher.domain.asking import already_asked
from services.matcher.domain.programmes import is_over, seats_taken
from services.matcher.domain.state import Offer, OfferStatus
from tests.unit.matcher.situation import PARTNERS, ROOT, Situation, given

REFERRER = PARTNERS[0]
SEATS = Item(line=1, code="after_school.seat", quantity=2)
TUTORING = Item(line=2, code="tutoring.hour", quantity=10)
TERM = Programme(seats=20, begins=date(2026, 9, 1), ends=date(2026, 12, 18))


def referred(*items: Item, partners: int = 12) -> Situation:
    return given(*(items or (SEATS,)), partners=partners, referred_by=REFERRER)


def heard(events: list[NeedEvent]) -> list[ReferralAnswer]:
    return [event.answer for event in events if isinstance(event, ReferralAnswered)]


def say_yes(situation: Situation, offer: Offer, free_seats: int | None) -> list[NeedEvent]:
    return situation.when(commands.Accept(offer.offer_id, None, {}, free_seats))


def test_whoever_refers_is_not_asked_itself() -> None:
    situation = referred(partners=3)
    assert {offer.partner_id for offer in situation.need.offers} == set(PARTNERS[1:3])
    assert REFERRER in already_asked(situation.need)


def test_a_yes_is_enrolled_and_told_once() -> None:
    situation = referred()
    offer = situation.first_open()
    [told] = [event for event in situation.accept(offer) if isinstance(event, ReferralAnswered)]
    assert (told.referred_by, told.partner_id, told.answer) == (REFERRER, offer.partner_id, ReferralAnswer.ENROLLED)
    assert heard(situation.accept(offer)) == []
    assert heard(situation.when(commands.Decline(offer.offer_id, DeclineReason.OTHER))) == []


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        (DeclineReason.WAITLISTED, ReferralAnswer.WAITLISTED),
        (DeclineReason.INELIGIBLE, ReferralAnswer.INELIGIBLE),
        (DeclineReason.TOO_FAR, ReferralAnswer.DECLINED),
        (DeclineReason.OTHER, ReferralAnswer.DECLINED),
    ],
)
def test_every_no_is_told_once(reason: DeclineReason, answer: ReferralAnswer) -> None:
    situation = referred()
    offer = situation.first_open()
    assert heard(situation.when(commands.Decline(offer.offer_id, reason))) == [answer]
    assert heard(situation.when(commands.Decline(offer.offer_id, DeclineReason.TOO_SOON))) == []


def test_who_was_on_the_wait_list_and_gets_a_seat_is_told() -> None:
    situation = referred()
    offer = situation.first_open()
    situation.when(commands.Decline(offer.offer_id, DeclineReason.WAITLISTED))
    assert heard(situation.accept(offer)) == [ReferralAnswer.ENROLLED]


def test_silence_and_what_is_taken_back_answer_nothing() -> None:
    situation = referred()
    situation.pass_time(timedelta(days=3))
    situation.when(commands.Cancel())
    assert heard(situation.events) == []


def test_nobody_is_told_of_a_need_that_nobody_referred() -> None:
    situation = given(SEATS)
    situation.when(commands.Decline(situation.first_open().offer_id, DeclineReason.WAITLISTED))
    situation.accept(situation.first_open())
    assert heard(situation.events) == []


def test_an_answer_about_a_sensitive_need_says_that_it_is_one() -> None:
    situation = referred()
    situation.when(commands.Change(situation.need.terms.model_copy(update={"sensitive": True})))
    situation.accept(situation.first_open())
    assert [event.terms.sensitive for event in situation.events if isinstance(event, ReferralAnswered)] == [True]


@pytest.mark.parametrize(("free", "awarded"), [(None, 2), (9, 2), (2, 2), (1, 1)])
def test_an_award_takes_no_more_than_the_free_seats(free: int | None, awarded: int) -> None:
    situation = referred()
    offer = situation.first_open()
    [award] = [event for event in say_yes(situation, offer, free) if isinstance(event, ClaimAwarded)]
    assert [line.quantity for line in award.awarded] == [awarded]
    assert seats_taken(situation.need) == {(offer.partner_id, ROOT): awarded}


def test_a_full_programme_is_refused_and_whoever_refers_hears_no() -> None:
    situation = referred()
    offer = situation.first_open()
    events = say_yes(situation, offer, 0)
    assert [event.reason for event in events if isinstance(event, ClaimRefused)] == [RefusalReason.NO_SEAT_LEFT]
    assert heard(events) == [ReferralAnswer.DECLINED]
    assert heard(say_yes(situation, offer, 5)) == []
    assert situation.need.open_items == (SEATS,)


def test_seats_bound_seats_alone_and_a_claim_without_any_takes_one() -> None:
    situation = referred(SEATS, TUTORING)
    first, second = situation.offers(OfferStatus.OPEN)[:2]
    [award] = [event for event in say_yes(situation, first, 1) if isinstance(event, ClaimAwarded)]
    assert [(line.line, line.quantity) for line in award.awarded] == [(1, 1), (2, 10)]
    situation.when(commands.Release(first.offer_id, ReleaseReason.NOT_A_FIT))
    assert seats_taken(situation.need) == {}
    situation.when(commands.Accept(second.offer_id, None, {2: 4}, 3))
    assert seats_taken(situation.need) == {(second.partner_id, ROOT): 1}


def test_a_wait_list_is_no_room() -> None:
    situation = given(SEATS, partners=1)
    situation.when(commands.Decline(situation.first_open().offer_id, DeclineReason.WAITLISTED))
    situation.pass_time(timedelta(days=6))
    assert [event.cause for event in situation.events if hasattr(event, "cause")][-1] is UnmetCause.NO_CAPACITY


def test_a_term_is_over_after_its_last_day() -> None:
    assert [is_over(TERM, TERM.ends + timedelta(days=days)) for days in (-1, 0, 1)] == [False, False, True]


def test_a_term_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="ends on the day it begins"):
        Programme(seats=1, begins=TERM.ends, ends=TERM.begins)
