"""Silence is never a yes: without somebody's word, no need ends as fulfilled, whatever comes and however long."""

from datetime import timedelta

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from schemas.outcomes import ConfirmationRequested, NeedFulfilled, NeedPartlyFulfilled
from schemas.vocabulary import Answerer, StuckCause
from services.matcher.domain import commands
from services.matcher.domain.state import NeedStatus
from tests.unit.matcher.situation import BEDDING, BEDS, POLICY, given
from tests.unit.matcher.test_any_order import AnyOrder

ALL = {item.line: item.quantity for item in (BEDS, BEDDING)}


class NobodyConfirms(AnyOrder):
    """Any commands at any times; who is asked whether it arrived says no, or nothing."""

    @initialize(lines=st.sets(st.sampled_from([1, 2])))
    def hand_over(self, lines: set[int]) -> None:
        """Begins where silence could be mistaken: a part, all or nothing of it was handed over."""
        if lines:
            offer = self.situation.first_open()
            self.situation.accept(offer, **{f"l{line}": ALL[line] for line in lines})
            self.situation.complete(offer)

    def put(self, command: commands.Command) -> None:
        if not isinstance(command, commands.Confirm):
            super().put(command)

    @invariant()
    def nothing_is_called_fulfilled(self) -> None:
        assert [e for e in self.situation.events if isinstance(e, NeedFulfilled | NeedPartlyFulfilled)] == []


TestNobodyConfirms = NobodyConfirms.TestCase
TestNobodyConfirms.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)


@given_any(hours=st.lists(st.floats(0, 24 * 60), max_size=10), delivered=st.integers(1, 3))
def test_the_silence_of_a_family_ends_with_the_coordinator_and_never_with_an_outcome(
    hours: list[float], delivered: int
) -> None:
    situation = given(BEDS, BEDDING, partners=1)
    offer = situation.first_open()
    situation.accept(offer, l1=delivered, l2=2)
    situation.complete(offer)
    for length in [*hours, 24 * 60]:
        situation.now += timedelta(hours=length)
        situation.when(commands.Tick())
    situation.pass_time(timedelta(days=30))
    asked = [event for event in situation.events if isinstance(event, ConfirmationRequested)]
    assert len(asked) == POLICY.confirmation.attempts
    assert (situation.need.status, situation.need.stuck) == (NeedStatus.CONFIRMING, StuckCause.FAMILY_SILENT)
    assert situation.need.next_due is None
    [ending, _] = situation.when(commands.Confirm(Answerer.COORDINATOR))
    assert isinstance(ending, NeedFulfilled | NeedPartlyFulfilled)
