"""Services as rows of numbers: what a rule has to know of a service, and nothing else."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, IntFlag, auto
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.partners import Opening, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay, PartnerKind, PartnerStatus
from services.matcher.directory.hours import open_hours
from services.matcher.directory.rules import OLDEST, home_of, snooze_ends

Value = TypeVar("Value", bound=Hashable)

NOWHERE = 0xFFFF
"""In place of a place's number; there are some 43,000 places."""
NO_LIMIT = 0xFFFF
NO_HOUSEHOLD = 0xFF
NO_ROW = -1
_WORDS = 3
"""Of 64 bits: as many as the hours of a week take."""

ROW = np.dtype(
    [
        ("miles", "f8"),  # of a circle
        ("asked", "f4"),
        ("said_yes", "f4"),
        ("partner", "u4"),  # the partner's slot
        ("next", "i4"),  # the partner's next row
        ("area", "u4"),  # a token, or the number of a list of places; of a circle, nothing
        ("categories", "u4"),
        ("languages", "u4"),
        ("hours", "u4"),
        ("snoozed_until", "u4"),  # in seconds since 1970
        ("home", "u2"),
        ("centre", "u2"),  # of a circle; else NOWHERE
        ("income_limit", "u2"),
        ("only_for", "u2"),
        ("fits", "u2"),
        ("claims_per_week", "u2"),
        ("claims_at_once", "u2"),
        ("claims_this_week", "u2"),
        ("claims_in_hand", "u2"),
        ("open_offers", "u2"),
        ("messages_this_week", "u2"),
        ("flags", "u1"),
        ("kind", "u1"),
        ("min_age", "u1"),
        ("max_age", "u1"),
        ("min_household", "u1"),
        ("max_household", "u1"),
        ("handover", "u1"),
        ("conditions", "u1"),
        ("messages_per_week", "u1"),
        ("offers_at_once", "u1"),
    ],
    align=True,
)

_PLAIN = np.dtype(f"V{ROW.itemsize}")
Rows = NDArray[Any]
"""Of type `ROW`."""


def pick(rows: Rows, which: NDArray[Any]) -> Rows:
    """The rows at these positions, or where this is so. As bytes: field by field, numpy takes fifty times as long."""
    picked: Rows = rows.view(_PLAIN)[which].view(ROW)
    return picked


class Flag(IntFlag):
    """What is either so or not so of a row."""

    ACTIVE = auto()
    TRUSTED = auto()
    """Marked as able to hear of sensitive needs."""
    CONFLICTED = auto()
    SEVERAL = auto()
    """Not the only service of its partner."""
    LISTED = auto()
    """Its area is a list of ZIP codes."""
    INEXACT = auto()
    """Its area is a circle, covered coarsely: each place has to be measured."""
    AGED = auto()
    """It has a rule for ages."""


class Numbering(Generic[Value]):
    """Gives each value that is seen a number, from 0, for good: for what has few values."""

    def __init__(self, *first: Value) -> None:
        self.values: list[Value] = []
        self._numbers: dict[Value, int] = {}
        for value in first:
            self.number_of(value)

    def number_of(self, value: Value) -> int:
        """The number of a value."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def bits_of(members: Iterable[Enum]) -> int:
    """One bit for each member that is there, by its place in its list."""
    return sum({1 << _position(member) for member in members})


def positions_in(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _position(member: Enum) -> int:
    return _POSITIONS[type(member)][member]


_POSITIONS: Mapping[type[Enum], Mapping[Enum, int]] = {
    kind: {member: position for position, member in enumerate(kind)}
    for kind in (Category, Circumstance, Condition, Fit, HandoverWay, PartnerKind)
}
INTERPRETER = bits_of([Fit.INTERPRETER])


class HoursTable:
    """Hours of the week by number, as arrays: number 0 is of who does not say."""

    def __init__(self) -> None:
        self._zones: Numbering[str] = Numbering()
        self._numbering: Numbering[tuple[int, int]] = Numbering((-1, 0))
        self._zone_numbers = np.zeros(1, np.intp)
        self._words = np.zeros((1, _WORDS), np.uint64)

    def number_of(self, openings: Sequence[Opening], zone: str) -> int:
        """The number of these openings, on the clocks of a zone."""
        if not openings:
            return 0
        number = self._numbering.number_of((self._zones.number_of(zone), open_hours(openings)))
        if number >= len(self._words):
            self._grow()
        zone_number, bits = self._numbering.values[number]
        self._zone_numbers[number], self._words[number] = zone_number, _as_words(bits)
        return number

    def hours_with(self, number: int) -> int:
        """The hours with a number, one bit for each hour of the week."""
        return self._numbering.values[number][1]

    def are_open(self, numbers: NDArray[np.uint32], window: Callable[[str], int]) -> NDArray[np.bool_]:
        """Which of these are open in any hour of the window that there is in their zone."""
        zones = self._zone_numbers[numbers]
        there = np.flatnonzero(np.bincount(zones[numbers > 0], minlength=1))
        windows = np.zeros((len(self._zones.values) + 1, _WORDS), np.uint64)
        for zone in there.tolist():
            windows[zone] = _as_words(window(self._zones.values[zone]))
        are_open: NDArray[np.bool_] = np.asarray((self._words[numbers] & windows[zones]).any(axis=1))
        return are_open

    def _grow(self) -> None:
        self._zone_numbers = np.resize(self._zone_numbers, 2 * len(self._zone_numbers))
        self._words = np.resize(self._words, (2 * len(self._words), _WORDS))


def _as_words(bits: int) -> list[int]:
    return [bits >> 64 * word & 0xFFFFFFFFFFFFFFFF for word in range(_WORDS)]


class Vocabulary:
    """What of a service is not a number by itself, numbered. Number 0 of each is: it does not say."""

    def __init__(self) -> None:
        self.languages: Numbering[frozenset[str]] = Numbering(frozenset())
        self.hours = HoursTable()

    def fill(self, row: np.void, partner: PartnerRecorded, service: Service) -> None:
        """Writes into a row what its service and partner say, all but its area and its record."""
        home = home_of(service)
        aged = service.min_age is not None or service.max_age is not None
        row["categories"] = bits_of(service.categories)
        row["languages"] = self.languages.number_of(frozenset(service.languages))
        row["hours"] = self.hours.number_of(service.hours, home.zone if home else "UTC")
        row["snoozed_until"] = snooze_ends(partner)
        row["home"] = home.number if home else NOWHERE
        row["income_limit"] = NO_LIMIT if service.income_limit is None else service.income_limit
        row["only_for"] = bits_of(service.only_for)
        row["fits"] = bits_of(service.fits)
        row["claims_per_week"] = NO_LIMIT if service.claims_per_week is None else service.claims_per_week
        row["claims_at_once"] = NO_LIMIT if service.claims_at_once is None else service.claims_at_once
        row["kind"] = _position(partner.kind)
        row["min_age"], row["max_age"] = service.min_age or 0, OLDEST if service.max_age is None else service.max_age
        row["min_household"] = service.min_household or 0
        row["max_household"] = NO_HOUSEHOLD if service.max_household is None else service.max_household
        row["handover"] = bits_of(service.handover)
        row["conditions"] = bits_of(service.conditions)
        row["messages_per_week"] = partner.messages_per_week
        row["offers_at_once"] = partner.open_offers
        row["flags"] = (
            Flag.ACTIVE * (partner.status is PartnerStatus.ACTIVE)
            | Flag.TRUSTED * partner.sensitive_needs
            | Flag.CONFLICTED * bool(partner.conflicts)
            | Flag.SEVERAL * (len(partner.services) > 1)
            | Flag.AGED * aged
        )
