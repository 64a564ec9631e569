"""The index: who covers a place is looked up; who of them fits is computed over rows of numbers, all at once."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.checks import CHECKS, Bools, Sought, has_flag, is_outside
from services.matcher.directory.directory import OpenHours
from services.matcher.directory.nearest import nearest_first
from services.matcher.directory.places import numbers_within, place_of, place_with
from services.matcher.directory.plain import NEAR_MILES
from services.matcher.directory.rows import NOWHERE, Flag, Rows, pick
from services.matcher.directory.table import Array, Table
from services.matcher.directory.weighing import Weighed, count_items, miles_away, weigh
from services.matcher.domain import ranking
from services.matcher.domain.eligible import Asked, Eligible, Nearly, Reasons, Tally
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

Numbers = NDArray[np.uint32]
Positions = NDArray[np.intp]
_ORDER = tuple(EligibilityRule)


@dataclass(frozen=True)
class Candidates:
    """Rows that may be asked: their numbers, what they hold, which rules are to be confirmed, and how good they are."""

    numbers: Numbers
    rows: Rows
    unknown: Mapping[EligibilityRule, Bools]
    weighed: Weighed


class Siblings:
    """The rows, of some that are given, whose partner has others."""

    def __init__(self, table: Table, among: BitMap, numbers: Numbers) -> None:
        several = np.frombuffer((among & table.several).to_array(), np.uint32)
        self._positions = np.searchsorted(numbers, several)
        self._partners = table.rows["partner"][several]

    def add_to(self, chosen: Bools) -> Bools:
        """Those that are chosen, with all of the same partners: which of its services is the best is told by all."""
        partners = self._partners[chosen[self._positions]]
        chosen[self._positions[np.isin(self._partners, partners)]] = True
        return chosen


class IndexedDirectory:
    """Answers as `PlainDirectory` does, over a million partners in the time of a few hundred."""

    def __init__(self, policy: RankingPolicy) -> None:
        self.position = 0
        self.changed_at = monotonic()
        self._policy = policy
        self._table = Table()
        self._chances: dict[Category, float] = {}

    def __len__(self) -> int:
        """How many partners are in it."""
        return len(self._table.partners)

    def apply(self, event: Event | Tombstone) -> None:
        """Takes a partner's record in, or its removal."""
        self.position += 1
        self.changed_at = monotonic()
        match event:
            case Tombstone(key):
                self._table.remove(key)
            case PartnerRecorded():
                self._table.put(event)

    def learn(self, records: Mapping[UUID, Record]) -> None:
        """Takes in how these partners were asked and answered."""
        for partner_id, record in records.items():
            self._table.learn(partner_id, record)

    def forget_records(self) -> None:
        """Nobody was ever asked, as far as is known."""
        self._table.forget_records()

    def learn_chances(self, chances: Mapping[Category, float]) -> None:
        """Takes in how often partners say yes to each kind of help."""
        self._chances = dict(chances)

    def find(self, asked: Asked, most: int | None = None) -> list[Eligible]:
        """The partners that may be asked, best first; given `most`, the best so many for each kind of help."""
        sought = self._sought(asked)
        if sought is None or not sought.categories:
            return []
        able = self._table.able(self._table.covering(sought.tokens), sought.categories)
        numbers = np.frombuffer(able.to_array(), np.uint32)
        if most is None:
            candidates = self._weigh(numbers, sought)
            return self._describe(candidates, self._one_of_each_partner(candidates, sought), sought)
        best: list[Positions] = []
        siblings = Siblings(self._table, able, numbers)
        for near, beyond in nearest_first(self._table.homes[numbers], sought.place, self._policy):
            candidates = self._weigh(numbers[siblings.add_to(near)], sought)
            ones = self._one_of_each_partner(candidates, sought)
            best = [self._best_of_kind(candidates, ones, kind, most) for kind in sought.kinds]
            least = self._best_score_from(beyond, sought)
            if all(len(some) == most and candidates.weighed.score[some].min() > least for some in best):
                # Nobody who is farther away can be better.
                break
        return self._describe(candidates, np.unique(np.concatenate(best)), sought)

    def hours_of(self, partner_id: UUID, service_id: UUID) -> OpenHours:
        """When a service is open."""
        row = self._table.rows[self._rows_of([(partner_id, service_id)])[0]]
        zone = place_with(int(row["home"])).zone if row["home"] != NOWHERE else "UTC"
        return OpenHours(zone, self._table.vocabulary.hours.hours_with(int(row["hours"])))

    def tally(self, asked: Asked) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""
        sought = self._sought(asked)
        if sought is None:
            return Tally(0, 0, {})
        numbers = self._with_siblings(self._near(sought))
        first = _first_failed(self._failed(numbers, sought))
        # Of a partner's services, the one that gets furthest counts.
        partners, where = np.unique(pick(self._table.rows, numbers)["partner"], return_inverse=True)
        furthest = np.full(len(partners), -1)
        np.maximum.at(furthest, where, first)
        counted = Counter(furthest.tolist())
        eligible = counted.pop(len(_ORDER), 0)
        return Tally(len(partners), eligible, {_ORDER[number]: count for number, count in counted.items()})

    def nearly(self, asked: Asked) -> dict[EligibilityRule, Nearly]:
        """Of those near, or who serve the place, and may not be asked: by rule, whom it leaves out alone."""
        sought = self._sought(asked)
        if sought is None:
            return {}
        numbers = self._with_siblings(self._near(sought))
        failed, partners = np.vstack([*self._failed(numbers, sought).values()]), self._table.rows["partner"][numbers]
        count = failed.sum(axis=0)
        alone = np.flatnonzero((count == 1) & ~np.isin(partners, partners[count == 0]))
        rule, miles = failed[:, alone].argmax(axis=0), miles_away(pick(self._table.rows, numbers[alone]), sought)
        return {
            _ORDER[one]: self._nearest_of(partners[alone[rule == one]], miles[rule == one])
            for one in np.unique(rule).tolist()
        }

    def why_not(self, partner_id: UUID, asked: Asked) -> dict[UUID, list[EligibilityRule]]:
        """By service of one partner, all the rules that leave it out."""
        sought, slot = self._sought(asked), self._table.partners.find(partner_id)
        if sought is None or slot is None:
            return {}
        numbers = np.array(list(self._table.rows_of(slot)), np.uint32)
        failed = self._failed(numbers, sought)
        return {
            self._table.service_id(number): [rule for rule, no in failed.items() if no[position]]
            for position, number in enumerate(numbers.tolist())
        }

    def _nearest_of(self, partners: Array, miles: Array) -> Nearly:
        away = np.nan_to_num(miles, nan=math.inf)
        nearest = self._table.partners.ids_of(np.unique(partners[away == away.min()]))
        least = float(away.min())
        return Nearly(len(np.unique(partners)), min(nearest), None if least == math.inf else least)

    def _sought(self, asked: Asked) -> Sought | None:
        place = place_of(asked.terms.zip_code)
        if place is None:
            return None
        return Sought(
            asked=asked,
            place=place,
            vocabulary=self._table.vocabulary,
            named=self._slots_of(asked.terms.consent.partner_ids),
            only=None if asked.only is None else self._slots_of(asked.only),
            asked_before=self._slots_of(asked.asked_before),
            closed=self._rows_of(asked.closed),
        )

    def _slots_of(self, partner_ids: Collection[UUID]) -> Numbers:
        slots = [slot for one in partner_ids if (slot := self._table.partners.find(one)) is not None]
        return np.array(slots, np.uint32)

    def _rows_of(self, services: Collection[tuple[UUID, UUID]]) -> Numbers:
        numbers = [
            number
            for partner_id, service_id in services
            if (slot := self._table.partners.find(partner_id)) is not None
            for number in self._table.rows_of(slot)
            if self._table.service_id(number) == service_id
        ]
        return np.array(numbers, np.uint32)

    def _weigh(self, numbers: Numbers, sought: Sought) -> Candidates:
        rows = pick(self._table.rows, numbers)
        fits, unknown = ~(is_outside(rows, sought) | np.isin(numbers, sought.closed)), dict[EligibilityRule, Bools]()
        for rule, check in CHECKS.items():
            answer = check(rows, sought)
            if answer.no is not None:
                fits &= ~answer.no
            if answer.unknown is not None:
                unknown[rule] = answer.unknown
        rows, unknown = pick(rows, fits), {rule: mask[fits] for rule, mask in unknown.items()}
        weighed = weigh(
            rows, sought, unknown, ranking.usual_chance(self._chances, sought.asked.categories), self._policy
        )
        return Candidates(numbers[fits], rows, unknown, weighed)

    def _best_score_from(self, miles: float, sought: Sought) -> float:
        """The most that anybody so far away could score."""
        likely = max(ranking.usual_chance(self._chances, sought.asked.categories), self._table.most_likely)
        return ranking.score(ranking.proximity(miles, self._policy), 1.0, likely, 1.0, 1.0, 0.0, self._policy)

    def _one_of_each_partner(self, candidates: Candidates, sought: Sought) -> Positions:
        """The positions of the rows, of each partner the one that takes the most items, and of those the best."""
        several = has_flag(candidates.rows, Flag.SEVERAL)
        if not several.any():
            return np.arange(len(several))
        among = np.flatnonzero(several)
        rows, ids = pick(candidates.rows, among), self._table.service_ids_as_numbers(candidates.numbers[among])
        order = np.lexsort((*ids, -candidates.weighed.score[among], -count_items(rows, sought), rows["partner"]))
        _, first = np.unique(rows["partner"][order], return_index=True)
        return np.concatenate([np.flatnonzero(~several), among[order[first]]])

    def _best_of_kind(self, candidates: Candidates, among: Positions, kind: int, most: int) -> Positions:
        """Of these positions those of the best so many for one kind of help; where scores are equal, the ids decide."""
        able: Positions = among[(candidates.rows["categories"][among] & kind) != 0]
        if len(able) <= most:
            return able
        scores = candidates.weighed.score[able]
        last = np.partition(scores, len(able) - most)[len(able) - most]
        better, equal = able[scores > last], able[scores == last]
        if len(better) + len(equal) > most:
            equal = equal[np.lexsort(self._table.partners.ids_as_numbers(candidates.rows["partner"][equal]))]
        best: Positions = np.concatenate([better, equal[: most - len(better)]])
        return best

    def _describe(self, candidates: Candidates, positions: Positions, sought: Sought) -> list[Eligible]:
        rows, weighed = pick(candidates.rows, positions), candidates.weighed
        doubts = [(rule, mask[positions].tolist()) for rule, mask in candidates.unknown.items()]
        described = zip(
            self._table.partners.ids_of(rows["partner"]),
            self._table.service_ids(candidates.numbers[positions]),
            rows["categories"].tolist(),
            weighed.miles[positions].tolist(),
            zip(*(part[positions].tolist() for part in weighed.parts), strict=True),
            weighed.score[positions].tolist(),
            strict=True,
        )
        found = [
            Eligible(
                partner_id,
                service_id,
                tuple([item for kind, item in sought.items if categories & kind]),
                None if math.isnan(miles) else miles,
                Reasons._make((*parts, tuple([rule for rule, doubtful in doubts if doubtful[place]]))),
                score,
            )
            for place, (partner_id, service_id, categories, miles, parts, score) in enumerate(described)
        ]
        found.sort(key=lambda one: (-one.score, one.partner_id.int))
        return found

    def _near(self, sought: Sought) -> Numbers:
        """The rows that are at home near the place, and those that cover it."""
        near_places = np.zeros(NOWHERE + 1, np.bool_)
        if sought.place.point is not None:
            near_places[numbers_within(sought.place, NEAR_MILES)] = True
        at_home = near_places[self._table.homes[: len(self._table)]]
        at_home[self._covering(sought)] = True
        return np.flatnonzero(at_home).astype(np.uint32)

    def _covering(self, sought: Sought) -> Numbers:
        numbers = np.frombuffer(self._table.covering(sought.tokens).to_array(), np.uint32)
        return numbers[~is_outside(pick(self._table.rows, numbers), sought)]

    def _with_siblings(self, numbers: Numbers) -> Numbers:
        """These rows and the others of the same partners."""
        rows = pick(self._table.rows, numbers)
        slots = np.unique(rows["partner"][has_flag(rows, Flag.SEVERAL)]).tolist()
        siblings = [number for slot in slots for number in self._table.rows_of(slot)]
        return np.union1d(numbers, np.array(siblings, np.uint32))

    def _failed(self, numbers: Numbers, sought: Sought) -> dict[EligibilityRule, Bools]:
        """By rule, of which of these rows it does not hold."""
        rows, none = pick(self._table.rows, numbers), np.zeros(len(numbers), np.bool_)
        failed = {rule: none if (no := check(rows, sought).no) is None else no for rule, check in CHECKS.items()}
        failed[EligibilityRule.CAPACITY] = failed[EligibilityRule.CAPACITY] | np.isin(numbers, sought.closed)
        failed[EligibilityRule.AREA] = ~np.isin(numbers, self._covering(sought))
        return {rule: failed[rule] for rule in _ORDER}


def _first_failed(failed: Mapping[EligibilityRule, Bools]) -> Positions:
    """By row, the place in the order of the first rule that fails; after the last where none does."""
    table = np.vstack([*failed.values(), np.ones_like(failed[EligibilityRule.AREA])])
    first: Positions = table.argmax(axis=0)
    return first
