"""When somebody may come to a family's door: in daylight hours of its site, also on days when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.need import NotPossible
from services.intake.domain.visiting import check_times

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
ZONE = "America/New_York"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (at(22, 12), at(22, 16)),  # 8 until 12
        (at(22, 23), at(23, 1)),  # 7 until 9 in the evening, over midnight UTC
        (at(33, 13), at(33, 15)),  # the day after the clocks went back: 8 until 10
        (at(20, 16), at(20, 16, 1)),
    ],
)
def test_in_the_day_with_notice_it_may_be(begins: datetime, ends: datetime) -> None:
    check_times(begins, ends, NOW, ZONE)


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [
        (at(22, 11, 59), at(22, 14), "begins"),
        (at(22, 23), at(23, 1, 1), "begins"),
        (at(33, 12, 30), at(33, 15), "begins"),  # half past seven, since the clocks went back
        (at(20, 15, 59), at(20, 17), "begins"),
        (at(51, 14), at(51, 15), "begins"),
        (at(22, 14), at(22, 14), "ends"),
        (at(22, 14), at(22, 18, 1), "ends"),
        (at(22, 15), at(22, 14), "ends"),
        # All of the night in which an hour comes twice.
        (at(32, 4), at(32, 8), "begins"),
    ],
)
def test_at_night_at_no_notice_and_without_end_it_may_not(begins: datetime, ends: datetime, field: str) -> None:
    with pytest.raises(NotPossible) as refused:
        check_times(begins, ends, NOW, ZONE)
    assert refused.value.field == field
