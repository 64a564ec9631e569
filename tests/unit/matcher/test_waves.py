"""How many are asked, who first, and for how long they have time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from schemas.outcomes import ClaimRefused
from schemas.taxonomy import Category
from schemas.vocabulary import DeclineReason, RefusalReason, ReleaseReason, StuckCause, Urgency, WithdrawalReason
from services.matcher.clocks import Clock, hours_of_week
from services.matcher.domain import commands
from services.matcher.domain.asking import choose
from services.matcher.domain.chances import Chances
from services.matcher.domain.eligible import Eligible
from services.matcher.domain.state import Need, OfferStatus
from services.matcher.policy import Policy
from tests.unit.matcher.situation import (
    BEDS,
    FITTING,
    PARTNERS,
    POLICY,
    ROOT,
    SHIPPED_POLICY,
    START,
    given,
    names,
    terms,
)

PACE = POLICY.urgency[Urgency.THIS_WEEK]
TARGET = PACE.ask_until_chance
CALM, HURRIED = START, START + timedelta(days=5) - PACE.hurry_within
NEW_YORK = "America/New_York"


def a_need() -> Need:
    wanted = terms(BEDS)
    return Need(ROOT, "00-" + "a" * 32 + "-" + "b" * 16 + "-01", 0, wanted, wanted.needed_by)


def fitting(*partners: tuple[float, float]) -> list[Eligible]:
    """One partner for each (miles, chance of a yes), the first being the best."""
    return [
        Eligible(PARTNERS[number], ROOT, (BEDS,), miles, FITTING._replace(yes_chance=chance), 10.0 - number)
        for number, (miles, chance) in enumerate(partners)
    ]


@given_any(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=12), st.integers(1, 12))
def test_the_fewest_are_asked_of_whom_one_is_likely_enough_to_say_yes(likely: list[float], most: int) -> None:
    chosen = choose(a_need(), fitting(*((1.0, chance) for chance in likely)), most, CALM, POLICY)
    silence, enough = 1.0, []
    for chance in likely:
        enough.append(chance)
        silence *= 1 - chance
        if silence <= 1 - TARGET:
            break
    assert [one.reasons.yes_chance for one in chosen] == enough[:most]


def test_who_is_far_away_is_asked_once_nobody_is_left_who_is_near_or_time_is_short() -> None:
    far, near = (POLICY.asking.near_miles + 1, 0.7), (1.0, 0.7)
    partners = fitting(far, near, near, far)
    assert [one.partner_id for one in choose(a_need(), partners, 9, CALM, POLICY)] == PARTNERS[1:3]
    assert [one.partner_id for one in choose(a_need(), partners, 9, HURRIED, POLICY)] == PARTNERS[:3]
    assert [one.partner_id for one in choose(a_need(), partners[:2], 9, CALM, POLICY)] == [PARTNERS[1], PARTNERS[0]]


def test_more_are_asked_when_the_deadline_comes_near_without_anything_else_happening() -> None:
    situation = given(days=5)
    before = len(situation.offers(OfferStatus.OPEN))
    situation.now = situation.need.deadline - PACE.hurry_within - timedelta(minutes=1)
    # Whoever was asked is asked still: only the time that is left is different.
    situation.need = replace(
        situation.need, offers=tuple(replace(offer, due=situation.need.deadline) for offer in situation.need.offers)
    )
    situation.when(commands.Tick())
    assert situation.need.hurry_at == situation.need.deadline - PACE.hurry_within
    assert names(situation.pass_time(timedelta(minutes=2))).count("OfferMade") >= 1
    assert len(situation.offers(OfferStatus.OPEN)) > before
    assert situation.need.hurry_at is None


def test_of_a_part_that_is_taken_the_rest_is_asked_on() -> None:
    situation = given()
    situation.accept(situation.first_open(), l1=1)
    assert Chances(situation.need).of(Category.BEDS) >= TARGET
    for offer in situation.offers(OfferStatus.OPEN):
        situation.when(commands.Decline(offer.offer_id, DeclineReason.NO_CAPACITY))
        assert Chances(situation.need).of(Category.BEDS) >= TARGET
    assert [item.quantity for item in situation.need.open_items] == [2]


def test_never_more_than_the_policy_allows_are_asked_at_once() -> None:
    unlikely = fitting(*((1.0, 0.01) for _ in range(12)))
    assert len(choose(a_need(), unlikely, PACE.ask_at_most, CALM, POLICY)) == PACE.ask_at_most


@pytest.mark.parametrize(
    ("clock", "start", "hours", "ends"),
    [
        # A Saturday evening: an hour on Saturday, the rest from eight on Sunday.
        (Clock(NEW_YORK, hours_of_week(range(7), range(8, 21))), "2026-11-21T20:00-05:00", 3, "2026-11-22T10:00-05:00"),
        # The Wednesday before Thanksgiving, which is a day off; the Friday after is not.
        (
            Clock(NEW_YORK, hours_of_week(range(5), range(8, 18)), {date(2026, 11, 26)}),
            "2026-11-25T17:30-05:00",
            1,
            "2026-11-27T08:30-05:00",
        ),
        # Clocks go back at two on the first of November, and forward on the 14th of March: an hour is an hour.
        (Clock(NEW_YORK, hours_of_week(range(7), range(24))), "2026-11-01T00:30-04:00", 3, "2026-11-01T02:30-05:00"),
        (Clock(NEW_YORK, hours_of_week(range(7), range(24))), "2027-03-14T00:30-05:00", 3, "2027-03-14T04:30-04:00"),
        # Who is open for an hour a week has it.
        (Clock(NEW_YORK, hours_of_week([2], [9])), "2026-11-25T09:30-05:00", 1, "2026-12-02T09:30-05:00"),
        (Clock("UTC"), "2026-11-21T20:00+00:00", 30, "2026-11-23T02:00+00:00"),
    ],
)
def test_only_hours_that_count_are_counted(clock: Clock, start: str, hours: int, ends: str) -> None:
    late = datetime(2030, 1, 1, tzinfo=UTC)
    assert clock.add(datetime.fromisoformat(start), timedelta(hours=hours), late) == datetime.fromisoformat(ends)


@given_any(
    st.integers(0, (1 << 168) - 1), st.integers(0, 20_000), st.lists(st.integers(1, 3000), min_size=2, max_size=4)
)
def test_who_gets_more_time_never_has_to_answer_sooner(hours: int, start: int, minutes: list[int]) -> None:
    clock, begins = Clock(NEW_YORK, hours), START + timedelta(minutes=start)
    latest = begins + timedelta(days=20)
    lengths = [timedelta(minutes=length) for length in sorted(minutes)]
    ends = [clock.add(begins, length, latest) for length in lengths]
    assert all(begins <= one <= other <= latest for one, other in pairwise(ends))
    assert all(end in {latest, max(end, begins + length)} for end, length in zip(ends, lengths, strict=True))


def test_the_shipped_policy_gives_working_hours_to_what_can_wait_and_all_hours_to_today() -> None:
    friday_evening, late = datetime(2026, 11, 20, 22, 0, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    ends = {
        urgency: SHIPPED_POLICY.clock_of(urgency, NEW_YORK).add(friday_evening, timedelta(hours=2), late)
        for urgency in Urgency
    }
    assert ends[Urgency.TODAY] == friday_evening + timedelta(hours=2)
    assert ends[Urgency.THIS_WEEK] == friday_evening + timedelta(hours=2)
    assert ends[Urgency.ROUTINE] == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    own = SHIPPED_POLICY.clock_of(Urgency.ROUTINE, NEW_YORK, hours_of_week([5], range(9, 12)))
    assert own.add(friday_evening, timedelta(hours=2), late) == datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert date(2026, 11, 26) in SHIPPED_POLICY.days_off


def test_one_need_is_asked_of_so_many_and_then_it_is_the_coordinators_turn_until_time_is_short() -> None:
    some = replace_pace(ask_in_all=4, ask_at_most=2)
    situation = given(partners=12, policy=some)
    while offers := situation.offers(OfferStatus.OPEN):
        assert len(offers) <= 2
        happened = situation.when(commands.Decline(offers[0].offer_id, DeclineReason.NO_CAPACITY))
    assert len(situation.need.offers) == 4
    assert names(happened) == ["NeedStuck"]
    assert situation.need.stuck is StuckCause.NOBODY_LEFT
    hurry_at = situation.need.deadline - some.urgency[Urgency.THIS_WEEK].hurry_within
    assert hurry_at == situation.need.next_due
    assert names(situation.pass_time(hurry_at - situation.now)) == ["OfferMade"] * 2
    assert situation.need.stuck is None


def test_who_was_told_that_it_is_no_longer_needed_is_asked_again_when_it_is() -> None:
    situation = given(partners=3)
    taken, *others = situation.offers(OfferStatus.OPEN)
    situation.accept(taken)
    assert {offer.withdrawal for offer in situation.offers(OfferStatus.WITHDRAWN)} == {WithdrawalReason.FILLED}
    happened = situation.when(commands.Release(taken.offer_id, ReleaseReason.NO_LONGER_ABLE))
    assert names(happened) == ["ClaimLapsed", "OfferMade", "OfferMade"]
    assert {offer.partner_id for offer in situation.offers(OfferStatus.OPEN)} == {one.partner_id for one in others}


def replace_pace(**changed: int) -> Policy:
    urgency = {one: pace.model_copy(update=changed) for one, pace in POLICY.urgency.items()}
    return POLICY.model_copy(update={"urgency": urgency})


def test_who_is_asked_anew_answers_the_newer_offer() -> None:
    situation = given(partners=3)
    taken, other, _ = situation.offers(OfferStatus.OPEN)
    situation.accept(taken)
    situation.when(commands.Release(taken.offer_id, ReleaseReason.NO_LONGER_ABLE))
    [refused] = situation.accept(other)
    assert isinstance(refused, ClaimRefused)
    assert refused.reason is RefusalReason.OFFER_CLOSED
    newer = next(one for one in situation.offers(OfferStatus.OPEN) if one.partner_id == other.partner_id)
    assert names(situation.accept(newer))[0] == "ClaimAwarded"
