"""Calendar quarters: the periods that are reported, whole and never otherwise."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from services.intake.domain.need import NotPossible

MOST_QUARTERS = 40
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Quarter:
    """Three months, from its first day on."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter that a day is in."""
        return cls(date(day.year, (day.month - 1) // 3 * 3 + 1, 1))

    @property
    def months(self) -> tuple[date, date, date]:
        """The first day of each of its months."""
        year, month = self.first.year, self.first.month
        return date(year, month, 1), date(year, month + 1, 1), date(year, month + 2, 1)

    def after(self, quarters: int = 1) -> "Quarter":
        """The one that comes so many quarters later."""
        number = self.first.year * 4 + self.first.month // 3 + quarters
        return Quarter(date(number // 4, number % 4 * 3 + 1, 1))


def read_period(begins: str, ends: str) -> list[Quarter]:
    """The quarters from the month of one text to that of another. Raises NotPossible, which names `from` or `to`."""
    first, last = _read_month("from", begins), _read_month("to", ends)
    if first != Quarter.of(first).first:
        raise NotPossible("from", "a period begins with a quarter: in month 01, 04, 07 or 10")
    if last != Quarter.of(last).months[2]:
        raise NotPossible("to", "a period ends with a quarter: in month 03, 06, 09 or 12")
    quarters = [Quarter.of(first)]
    while quarters[-1].months[2] < last and len(quarters) < MOST_QUARTERS:
        quarters.append(quarters[-1].after())
    if last < first:
        raise NotPossible("to", "a period ends after it begins")
    if quarters[-1].months[2] != last:
        raise NotPossible("to", f"at most {MOST_QUARTERS} quarters can be asked for at once")
    return quarters


def _read_month(field: str, text: str) -> date:
    found = _MONTH.fullmatch(text)
    if found is None:
        raise NotPossible(field, "write a month like 2026-01")
    return date(int(found[1]), int(found[2]), 1)
