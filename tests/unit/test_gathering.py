"""Which offers wait for each other, and what a list of them costs as a text."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.gathering import Gathering, gathering_of, next_hour

NOW = datetime(2026, 3, 7, 20, tzinfo=UTC)
WINDOW = timedelta(minutes=10)
ZONE = "America/New_York"


def of(hours: float, *, urgent: bool = False, digest_hour: int | None = None, window: timedelta = WINDOW) -> object:
    return gathering_of(
        urgent=urgent,
        respond_by=NOW + timedelta(hours=hours),
        now=NOW,
        window=window,
        digest_hour=digest_hour,
        time_zone=ZONE,
    )


def test_what_can_wait_waits_for_the_window_or_for_its_hour() -> None:
    assert of(8) == Gathering(daily=False, ends=NOW + WINDOW)
    # 20:00 UTC is three in the afternoon there.
    assert of(8, digest_hour=17) == Gathering(daily=True, ends=NOW + timedelta(hours=2))
    assert of(3, digest_hour=17) == Gathering(daily=False, ends=NOW + WINDOW), "too late for an answer"


def test_what_cannot_wait_goes_by_itself() -> None:
    assert of(8, urgent=True, digest_hour=17) is None
    assert of(2) is None
    assert of(8, window=timedelta(0)) is None


@given(moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), hour=st.integers(0, 23))  # noqa: DTZ001
def test_the_next_hour_is_to_come_within_a_day_and_is_that_hour(moment: datetime, hour: int) -> None:
    now = moment.replace(tzinfo=UTC)
    found = next_hour(now, hour, ZONE)
    assert now < found <= now + timedelta(hours=25)
    local = found.astimezone(ZoneInfo(ZONE))
    assert (local.minute, local.second) == (0, 0)
    # Where clocks go forward, two o'clock is three.
    assert local.hour == hour or (hour, local.hour) == (2, 3)


@pytest.mark.parametrize(
    ("before", "hours"),
    [
        (datetime(2026, 3, 7, 20, tzinfo=UTC), 16),  # the night in which clocks go forward
        (datetime(2026, 10, 31, 20, tzinfo=UTC), 17),  # and back
        (datetime(2026, 6, 1, 20, tzinfo=UTC), 16),
    ],
)
def test_eight_in_the_morning_is_eight_after_a_change_of_clocks(before: datetime, hours: int) -> None:
    assert next_hour(before, 8, ZONE) == before + timedelta(hours=hours)
