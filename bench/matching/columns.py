"""Services as columns, and the rules for so many rows at once, in numpy."""

from array import array
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from bench.matching.codes import ALL_AGES
from bench.matching.rows import MOST_PEOPLE, NO_LIMIT, Row, rows_of
from bench.matching.wanted import Wanted
from schemas.partners import PartnerRecorded
from services.matcher.clocks import EVERY_HOUR
from services.matcher.directory.places import EARTH_RADIUS_MILES
from services.matcher.domain import ranking
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

Rows = NDArray[np.intp]
"""Positions in the columns."""
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_BYTES = {"able", "kind", "sensitive", "conflicts", "zone", "ages", "min_household", "max_household"}
_BYTES |= {"handover", "conditions"}
_SHORTS = {"income_limit", "only_for", "fits", "capacity"}
_INTEGERS = {"partner", "region", "languages", "categories"}
_WORDS = ("hours_0", "hours_1", "hours_2")
_WORD_BITS, _WORD = 64, 2**64 - 1


def _type_of(name: str) -> str:
    return "B" if name in _BYTES else "H" if name in _SHORTS else "i" if name in _INTEGERS else "d"


def view_of(values: "array[Any]") -> NDArray[Any]:
    """The values without a copy; an array cannot grow as long as there is a view of it."""
    return np.frombuffer(values, values.typecode)


class Columns:
    """All services. A partner's update leaves its old rows behind, without a category, and appends the new ones."""

    def __init__(self, policy: RankingPolicy) -> None:
        self.partner_ids: list[UUID] = []
        self.zip_rows, self.zip_places = array("i"), array("i")
        """In pairs: a row, and the number of a place that it lists."""
        self._policy = policy
        self._numbers: dict[UUID, int] = {}
        self._rows: list[range] = []
        self._numeric: dict[str, array[Any]] = {name: array(_type_of(name)) for name in Row._fields[:-2]}
        self._columns = self._numeric | {name: array("Q") for name in _WORDS}

    def __len__(self) -> int:
        return len(self._columns["partner"])

    def column(self, name: str) -> NDArray[Any]:
        """A view, which has to be gone when the next partner is put."""
        return view_of(self._columns[name])

    def listing(self, wanted: Wanted) -> Rows:
        """The rows that list the place, by a pass over all lists."""
        rows: Rows = view_of(self.zip_rows)[view_of(self.zip_places) == wanted.place]
        return rows

    def put(self, partner: PartnerRecorded, record: Record | None) -> range:
        """Takes a partner in, or its newer version; returns its rows."""
        number = self._numbers.setdefault(partner.partner_id, len(self._rows))
        if number == len(self._rows):
            self.partner_ids.append(partner.partner_id)
            self._rows.append(range(0))
        for row in self._rows[number]:
            self._columns["categories"][row] = 0
        first = len(self)
        for one in rows_of(partner, number, record, self._policy):
            self._append(one)
        self._rows[number] = range(first, len(self))
        return self._rows[number]

    def _append(self, row: Row) -> None:
        position = len(self)
        for column, value in zip(self._numeric.values(), row, strict=False):
            column.append(value)
        for word, name in enumerate(_WORDS):
            self._columns[name].append(row.hours >> word * _WORD_BITS & _WORD)
        self.zip_rows.extend([position] * len(row.zips))
        self.zip_places.extend(row.zips)

    def near(self, rows: Rows, wanted: Wanted) -> Mask:
        """Which of them reach the place by their radius."""
        x, y, z = wanted.point
        products = self.column("x")[rows] * x + self.column("y")[rows] * y + self.column("z")[rows] * z
        near: Mask = products >= self.column("reach")[rows]
        return near

    def regional(self, rows: Rows, wanted: Wanted) -> Mask:
        """Which of them serve the whole nation, state or county."""
        regions = self.column("region")[rows]
        county, state, nation = (regions == region for region in wanted.regions)
        whole: Mask = county | state | nation
        return whole

    def fitting(self, rows: Rows, wanted: Wanted) -> Rows:
        """Those of them that may be asked, where the area and a category are known to fit."""
        keeps = (self._may_hear, self._people_fit, self._family_fits, self._meets)
        for keep in keeps:
            rows = rows[keep(rows, wanted)]
        return rows

    def _may_hear(self, rows: Rows, wanted: Wanted) -> Mask:
        may = self._flag("able", rows) & (self.column("snoozed_until")[rows] <= wanted.now)
        may &= (self.column("kind")[rows] & wanted.excluded_kinds) == 0
        if wanted.sensitive:
            may &= self._flag("sensitive", rows)
        if wanted.living_situation:
            may &= ~self._flag("conflicts", rows)
        return may

    def _people_fit(self, rows: Rows, wanted: Wanted) -> Mask:
        fit: Mask = (self.column("ages")[rows] & wanted.ages) != 0
        if wanted.people:
            fit &= self.column("min_household")[rows] <= wanted.people
            fit &= self.column("max_household")[rows] >= wanted.people
        if wanted.income:
            fit &= self.column("income_limit")[rows] >= wanted.income[0]
        return fit

    def _family_fits(self, rows: Rows, wanted: Wanted) -> Mask:
        only_for = self.column("only_for")[rows]
        fit: Mask = (only_for == 0) | ((only_for & wanted.holds) != 0) | ((only_for & wanted.may_hold) != 0)
        if wanted.must_speak:
            languages = self.column("languages")[rows]
            fit &= (languages == 0) | ((languages & wanted.languages) != 0)
        if wanted.handover:
            handover = self.column("handover")[rows]
            fit &= (handover == 0) | ((handover & wanted.handover) != 0)
        return fit

    def _meets(self, rows: Rows, wanted: Wanted) -> Mask:
        zones = self.column("zone")[rows]
        says, meets = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
        for word, name in enumerate(_WORDS):
            hours = self.column(name)[rows]
            windows = np.array([bits >> word * _WORD_BITS & _WORD for bits in wanted.windows], np.uint64)
            says |= hours != 0
            meets |= (hours & windows[zones]) != 0
        fit: Mask = (~says | meets) & ((self.column("conditions")[rows] & wanted.excluded_conditions) == 0)
        return fit

    def doubts(self, rows: Rows, wanted: Wanted) -> Floats:
        """How many rules are to be confirmed, of rows that may be asked."""
        doubts = np.zeros(len(rows))
        if not wanted.people:
            doubts += self.column("ages")[rows] != ALL_AGES
            doubts += (self.column("min_household")[rows] > 0) | (self.column("max_household")[rows] < MOST_PEOPLE)
        limits = self.column("income_limit")[rows]
        doubts += (limits < wanted.income[1]) if wanted.income else (limits < NO_LIMIT)
        only_for = self.column("only_for")[rows]
        doubts += (only_for != 0) & ((only_for & wanted.holds) == 0)
        doubts += self.column("languages")[rows] == 0
        if wanted.handover:
            doubts += self.column("handover")[rows] == 0
        silent = np.all([self.column(name)[rows] == 0 for name in _WORDS], axis=0)
        always = np.array([window == EVERY_HOUR for window in wanted.windows])
        doubts += silent & ~always[self.column("zone")[rows]]
        return doubts

    def scores(self, rows: Rows, wanted: Wanted) -> Floats:
        """How well each of them fits, by the matcher's own formulas."""
        policy, doubts = self._policy, self.doubts(rows, wanted)
        home = np.stack([self.column(name)[rows] for name in ("home_x", "home_y", "home_z")], axis=1)
        chord = np.sqrt(((home - wanted.point) ** 2).sum(axis=1))
        near = ranking.proximity(2 * EARTH_RADIUS_MILES * np.arcsin(chord / 2), policy)
        languages = self.column("languages")[rows]
        spoken = np.where(languages == 0, ranking.UNKNOWN_LANGUAGE, ((languages & wanted.languages) != 0).astype(float))
        wishes = wanted.preferences.bit_count()
        met = np.bitwise_count(self.column("fits")[rows] & wanted.preferences)
        return ranking.score(
            np.where(np.isnan(near), ranking.UNKNOWN_DISTANCE, near),
            ranking.fairness(self.column("borne")[rows], self.column("capacity")[rows].astype(float)),
            ranking.yes_chance(self.column("said_yes")[rows], self.column("asked")[rows], ranking.USUAL_YES_CHANCE),
            spoken,
            met / wishes if wishes else np.ones(len(rows)),
            doubts,
            policy,
        )

    def _flag(self, name: str, rows: Rows) -> Mask:
        flags: Mask = self.column(name)[rows] != 0
        return flags
