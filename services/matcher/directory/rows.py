"""Services as rows of numbers: what a rule has to know of a service, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Numbers = NDArray[np.uint32]
Rows = NDArray[Any]
"""Of type `BRIEF` or `ROW`."""

NOWHERE = 0xFFFF
"""In place of a place's number; there are some 43,000 places."""
NO_LIMIT = 0xFFFF
NO_HOUSEHOLD = 0xFF
NO_ROW = -1


class Brief(NamedTuple):
    """What is looked at of every service that covers a place: kept apart, since memory is slower than counting."""

    bars: int
    """What could leave it out, one bit each: see `bits.py`."""
    marks: int
    """What it leaves open, and what else is so or not so of it, one bit each."""
    home: int
    fits: int


class Row(NamedTuple):
    """The rest, which is looked at where the brief leaves a service in."""

    miles: float
    """Of a circle."""
    asked: float
    said_yes: float
    partner: int
    """The partner's slot."""
    next: int
    """The partner's next row."""
    area: int
    """A token, or the number of a list of places; of a circle, nothing."""
    categories: int
    languages: int
    hours: int
    snoozed_until: int
    """In seconds since 1970."""
    centre: int
    """Of a circle; else NOWHERE."""
    claims_per_week: int
    claims_at_once: int
    claims_this_week: int
    claims_in_hand: int
    open_offers: int
    messages_this_week: int
    min_household: int
    max_household: int
    messages_per_week: int
    offers_at_once: int


def _type_of(row: type[Any], formats: str) -> np.dtype[np.void]:
    return np.dtype(list(zip(row._fields, formats.split(), strict=True)), align=True)


BRIEF = _type_of(Brief, "u8 u4 u2 u2")
ROW = _type_of(Row, "f8 f4 f4 u4 i4 u4 u4 u4 u4 u4 u2 u2 u2 u2 u2 u2 u2 u1 u1 u1 u1")
_PLAIN: Mapping[Any, np.dtype[np.void]] = {kind: np.dtype(f"V{kind.itemsize}") for kind in (BRIEF, ROW)}


def pick(rows: Rows, which: NDArray[Any]) -> Rows:
    """The rows at these positions. As bytes: field by field, numpy takes fifty times as long."""
    picked: Rows = rows.view(_PLAIN[rows.dtype]).take(which).view(rows.dtype)
    return picked


def are_full(rows: Rows | np.void) -> Bools:
    """Which rows, or whether one, have no room for one more."""
    full: Bools = (
        (rows["open_offers"] >= rows["offers_at_once"])
        | (rows["messages_this_week"] >= rows["messages_per_week"])
        | (rows["claims_this_week"] >= rows["claims_per_week"])
        | (rows["claims_in_hand"] >= rows["claims_at_once"])
    )
    return full


@dataclass(frozen=True, slots=True)
class Services:
    """Some services: the numbers of their rows, and what these hold."""

    numbers: Numbers
    briefs: Rows
    rows: Rows

    def where(self, which: NDArray[Any]) -> "Services":
        """Those at these positions."""
        return Services(self.numbers.take(which), pick(self.briefs, which), pick(self.rows, which))
