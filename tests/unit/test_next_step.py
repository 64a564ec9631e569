"""What a coordinator is told to do next, by where a need stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.vocabulary import StuckCause
from services.intake.domain.next_step import Standing, Step, next_step
from services.intake.domain.progress import NeedProgress, Progress

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
A_DAY = timedelta(days=1)


def standing(status: NeedProgress = NeedProgress.ASKING, stuck: StuckCause | None = None) -> Standing:
    return Standing(Progress(status, stuck, None, 1, 1), NOW - A_DAY, NOW + 5 * A_DAY)


@pytest.mark.parametrize("stuck", StuckCause)
def test_whatever_is_stuck_has_a_step(stuck: StuckCause) -> None:
    assert next_step(standing(stuck=stuck), NOW) is not None


def test_what_goes_its_way_waits_for_nobody() -> None:
    for status in (NeedProgress.OPEN, NeedProgress.ASKING, NeedProgress.CLAIMED):
        assert next_step(standing(status), NOW) is None


@pytest.mark.parametrize("status", [status for status in NeedProgress if status.ended])
def test_what_has_ended_waits_for_nobody_whatever_else_holds(status: NeedProgress) -> None:
    late = replace(standing(status), needed_by=NOW, nameless=True, visited=True, unasked=True)
    assert next_step(late, NOW) is None


def test_a_family_that_said_stop_is_left_alone() -> None:
    assert next_step(replace(standing(stuck=StuckCause.FAMILY_SILENT), withdrawn=True), NOW) is None


def test_the_family_is_asked_by_its_coordinator_where_we_cannot() -> None:
    confirming = standing(NeedProgress.CONFIRMING)
    assert next_step(confirming, NOW) is Step.TELL_IF_KNOWN
    assert next_step(replace(confirming, unasked=True), NOW) is Step.CONFIRM


def test_when_a_third_of_the_time_is_left_and_nobody_said_yes_it_is_time_to_call() -> None:
    asking = Standing(Progress(NeedProgress.ASKING, None, None, 1, 1), NOW, NOW + 3 * A_DAY)
    assert next_step(asking, NOW + 2 * A_DAY) is None
    assert next_step(asking, NOW + 2 * A_DAY + timedelta(minutes=1)) is Step.CALL_SOON
    claimed = replace(asking, progress=replace(asking.progress, status=NeedProgress.CLAIMED))
    assert next_step(claimed, NOW + 2.5 * A_DAY) is None
    assert next_step(replace(claimed, visited=True), NOW) is Step.LOOK_AT_VISIT


def test_who_needs_it_tonight_comes_first_even_where_the_name_is_lost() -> None:
    tonight = replace(standing(stuck=StuckCause.NOBODY_YET), nameless=True)
    assert next_step(tonight, NOW) is Step.CALL_TONIGHT
    assert next_step(replace(standing(stuck=StuckCause.NOBODY_LEFT), nameless=True), NOW) is Step.FIND_OUT_WHOSE
    assert sorted(Step, key=lambda step: step.urgency)[:3] == [Step.CALL_TONIGHT, Step.CONFIRM, Step.TALK]
