"""What leaves services out, for people to read: each rule by itself, over all that are near a place or serve it."""

import math
from collections import Counter
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from schemas.vocabulary import EligibilityRule
from services.matcher.directory.bits import Mark
from services.matcher.directory.checks import Sought, are_outside, failed
from services.matcher.directory.places import Floats, miles_from, numbers_within
from services.matcher.directory.plain import NEAR_MILES
from services.matcher.directory.rows import NOWHERE, Bools, Numbers, Services
from services.matcher.directory.table import Table
from services.matcher.domain.eligible import Nearly, Tally

_ORDER = tuple(EligibilityRule)


class Failures:
    """Which rules do not hold of which services, for one question. `closed` are the rows that take nobody now."""

    def __init__(self, table: Table, sought: Sought, closed: BitMap) -> None:
        self._table = table
        self._sought = sought
        self._closed = np.frombuffer(closed.to_array(), np.uint32)
        covering = table.services(np.frombuffer(table.covering(sought.tokens).to_array(), np.uint32))
        self._covering = covering.numbers[~are_outside(covering, sought)]

    def tally(self) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""
        services, no = self._near()
        first = np.vstack([no, np.ones(len(services.numbers), np.bool_)]).argmax(axis=0)
        # Of a partner's services, the one that gets furthest counts.
        partners, where = np.unique(services.rows["partner"], return_inverse=True)
        furthest = np.full(len(partners), -1)
        np.maximum.at(furthest, where, first)
        counted = Counter(furthest.tolist())
        eligible = counted.pop(len(_ORDER), 0)
        return Tally(len(partners), eligible, {_ORDER[number]: count for number, count in counted.items()})

    def nearly(self) -> dict[EligibilityRule, Nearly]:
        """Of the same, who may not be asked: by rule, whom it leaves out alone."""
        services, no = self._near()
        partners, count = services.rows["partner"], no.sum(axis=0)
        alone = np.flatnonzero((count == 1) & ~np.isin(partners, partners[count == 0]))
        rule, miles = no[:, alone].argmax(axis=0), miles_from(self._sought.place, services.briefs["home"].take(alone))
        return {
            _ORDER[one]: self._nearest_of(partners[alone[rule == one]], miles[rule == one])
            for one in np.unique(rule).tolist()
        }

    def why_not(self, slot: int) -> dict[UUID, list[EligibilityRule]]:
        """By service of one partner, all the rules that leave it out."""
        numbers = np.array(list(self._table.rows_of(slot)), np.uint32)
        no = self._failed(self._table.services(numbers))
        return {
            self._table.service_id(number): [rule for rule, fails in zip(_ORDER, no[:, position], strict=True) if fails]
            for position, number in enumerate(numbers.tolist())
        }

    def _nearest_of(self, partners: NDArray[np.uint32], miles: Floats) -> Nearly:
        away = np.nan_to_num(miles, nan=math.inf)
        least = float(away.min())
        nearest = min(self._table.partners.ids_of(np.unique(partners[away == least])))
        return Nearly(len(np.unique(partners)), nearest, None if least == math.inf else least)

    def _near(self) -> tuple[Services, Bools]:
        """The services at home near the place or covering it, with the others of their partners; and what fails."""
        near_places = np.zeros(NOWHERE + 1, np.bool_)
        if self._sought.place.point is not None:
            near_places[numbers_within(self._sought.place, NEAR_MILES)] = True
        at_home = near_places[self._table.briefs["home"][: len(self._table)]]
        at_home[self._covering] = True
        services = self._table.services(self._with_siblings(np.flatnonzero(at_home).astype(np.uint32)))
        return services, self._failed(services)

    def _with_siblings(self, numbers: Numbers) -> Numbers:
        """These rows and the others of the same partners."""
        services = self._table.services(numbers)
        slots = np.unique(services.rows["partner"][(services.briefs["marks"] & Mark.SEVERAL) != 0])
        return np.union1d(numbers, np.frombuffer(self._table.rows_of_all(slots).to_array(), np.uint32))

    def _failed(self, services: Services) -> Bools:
        """(rule, service): whether it does not hold, in the order of the rules."""
        no = {rule: failed(services, self._sought, rule) for rule in _ORDER}
        no[EligibilityRule.AREA] = ~np.isin(services.numbers, self._covering)
        no[EligibilityRule.CAPACITY] |= np.isin(services.numbers, self._closed)
        return np.vstack([no[rule] for rule in _ORDER])
