"""Which clock of a claim runs."""

from datetime import UTC, datetime, timedelta

from services.intake.domain.commitments import Clock, HeldStep, clock_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(hours=4), NOW + timedelta(days=3)


def test_a_claim_is_contacted_then_planned_then_handed_over() -> None:
    assert clock_of(SOON, LATER, None, contacted=False) == Clock(HeldStep.CONTACT, SOON)
    assert clock_of(None, LATER, None, contacted=False) == Clock(HeldStep.CONTACT, LATER)
    assert clock_of(SOON, LATER, None, contacted=True) == Clock(HeldStep.PLAN, LATER)
    assert clock_of(SOON, LATER, NOW, contacted=True) == Clock(HeldStep.HAND_OVER, NOW)
    assert clock_of(SOON, LATER, NOW, contacted=False) == Clock(HeldStep.CONTACT, SOON)


def test_a_clock_is_over_after_its_time() -> None:
    assert not Clock(HeldStep.CONTACT, NOW).is_over(NOW)
    assert Clock(HeldStep.CONTACT, NOW).is_over(NOW + timedelta(seconds=1))
