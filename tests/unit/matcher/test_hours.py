"""The hours of the week that pass between two moments, on the clocks of a place."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from schemas.partners import Opening
from services.matcher.clocks import EVERY_HOUR
from services.matcher.directory.hours import hours_until, open_hours

ZONES = ("America/New_York", "America/Phoenix", "Pacific/Guam", "America/Adak")
# Clocks are turned on the first two, and on the third they are not.
DAYS = (datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
MINUTE = timedelta(minutes=1)


@settings(max_examples=200, deadline=None)
@example(DAYS[0], timedelta(), timedelta(), ZONES[0])
@example(DAYS[0], timedelta(), timedelta(days=7) - MINUTE, ZONES[0])
@for_all(
    st.sampled_from(DAYS),
    st.timedeltas(timedelta(), timedelta(days=2)),
    st.timedeltas(timedelta(), timedelta(days=2)),
    st.sampled_from(ZONES),
)
def test_each_hour_that_a_clock_shows_on_the_way_is_there(
    day: datetime, after: timedelta, length: timedelta, zone: str
) -> None:
    now, clock = day + after, ZoneInfo(zone)
    until = now + length
    seen = [now + MINUTE * number for number in range(length // MINUTE + 1)]
    shown = {moment.astimezone(clock) for moment in [*seen, until - timedelta(microseconds=1)] if now <= moment < until}
    expected = {local.weekday() * 24 + local.hour for local in shown}
    assert hours_until(now, until, zone) == sum(1 << hour for hour in expected)


def test_in_a_week_each_hour_passes() -> None:
    assert hours_until(DAYS[2], DAYS[2] + timedelta(days=7), ZONES[0]) == EVERY_HOUR


def test_who_closes_on_the_hour_is_not_open_in_the_next() -> None:
    monday = Opening(weekday=0, opens=time(9, 30), closes=time(11))
    assert open_hours([monday]) == 1 << 9 | 1 << 10
    assert open_hours([monday.model_copy(update={"closes": time(11, 1)})]) == 1 << 9 | 1 << 10 | 1 << 11
