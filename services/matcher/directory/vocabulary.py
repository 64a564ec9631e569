"""What of a service is not a number by itself, numbered."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.partners import Opening, Service
from schemas.vocabulary import Fit
from services.matcher.directory.hours import open_hours
from services.matcher.directory.places import Floats
from services.matcher.directory.rows import Bools
from services.matcher.domain.ranking import UNKNOWN_LANGUAGE

Value = TypeVar("Value", bound=Hashable)

_WORDS = 3
"""Of 64 bits: as many as the hours of a week take."""


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


class HoursTable:
    """Hours of the week by number, as arrays: number 0 is of who does not say."""

    def __init__(self) -> None:
        self._zones: Numbering[str] = Numbering()
        self._numbering: Numbering[tuple[int, int]] = Numbering((-1, 0))
        self._zone_numbers = np.zeros(1, np.intp)
        self._words = np.zeros((1, _WORDS), np.uint64)
        self._never = np.zeros(1, np.bool_)

    def number_of(self, openings: Sequence[Opening], zone: str) -> int:
        """The number of these openings, on the clocks of a zone."""
        if not openings:
            return 0
        number = self._numbering.number_of((self._zones.number_of(zone), open_hours(openings)))
        if number >= len(self._words):
            self._grow()
        zone_number, bits = self._numbering.values[number]
        self._zone_numbers[number], self._words[number], self._never[number] = zone_number, _as_words(bits), not bits
        return number

    def hours_with(self, number: int) -> int:
        """The hours with a number, one bit for each hour of the week."""
        return self._numbering.values[number][1]

    def are_closed(self, numbers: NDArray[np.uint32], window: Callable[[str], int]) -> Bools:
        """Which of these are open in no hour of the window that there is in their zone; not who does not say."""
        closed = np.zeros(len(numbers), np.bool_)
        saying = np.flatnonzero(numbers)
        numbers = numbers.take(saying)
        zones = self._zone_numbers.take(numbers)
        windows = np.zeros((len(self._zones.values), _WORDS), np.uint64)
        for zone in set(zones.tolist()):
            windows[zone] = _as_words(window(self._zones.values[zone]))
        open_words = self._words.take(numbers, axis=0)
        open_words &= windows.take(zones, axis=0)
        closed[saying] = np.bitwise_or.reduce(open_words, axis=1) == 0
        return closed

    def are_always_closed(self, numbers: NDArray[np.uint32]) -> Bools:
        """Which of these say hours, and are open in none."""
        return self._never.take(numbers)

    def _grow(self) -> None:
        self._zone_numbers = np.resize(self._zone_numbers, 2 * len(self._zone_numbers))
        self._words = np.resize(self._words, (2 * len(self._words), _WORDS))
        self._never = np.resize(self._never, 2 * len(self._never))


def _as_words(bits: int) -> list[int]:
    return [bits >> 64 * word & 0xFFFFFFFFFFFFFFFF for word in range(_WORDS)]


class Languages:
    """Sets of languages by number: 0 is of who does not say, 1 of who has an interpreter."""

    def __init__(self) -> None:
        self._numbering: Numbering[frozenset[str]] = Numbering(frozenset(), frozenset("*"))

    def number_of(self, service: Service) -> int:
        """The number of the languages that a service speaks."""
        return 1 if Fit.INTERPRETER in service.fits else self._numbering.number_of(frozenset(service.languages))

    def shared_with(self, family: Sequence[str]) -> Floats:
        """By number: whether a family speaks any of them, from 0 to 1."""
        spoken = set(family)
        shared = np.array([not spoken.isdisjoint(one) for one in self._numbering.values], np.float64)
        shared[:2] = UNKNOWN_LANGUAGE, 1.0
        return shared


class Vocabulary:
    """The numbers of hours and of languages."""

    def __init__(self) -> None:
        self.languages = Languages()
        self.hours = HoursTable()
