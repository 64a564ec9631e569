"""The index: who covers a place is looked up; who of them fits is computed over rows of numbers, all at once."""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.checks import CHECKS, Bools, Rows, Sought, has_flag, is_outside
from services.matcher.directory.places import numbers_within, place_of
from services.matcher.directory.plain import NEAR_MILES, best_of_each
from services.matcher.directory.rows import NOWHERE, Flag, bits_of
from services.matcher.directory.table import Table
from services.matcher.directory.weighing import Weighed, count_items, weigh
from services.matcher.domain.eligible import Asked, Eligible, Reasons, Tally
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

Numbers = NDArray[np.uint32]
Positions = NDArray[np.intp]
_ORDER = tuple(EligibilityRule)


@dataclass(frozen=True)
class Fitting:
    """Rows that may be asked: their numbers, what they hold, and which rules are to be confirmed."""

    numbers: Numbers
    rows: Rows
    unknown: Mapping[EligibilityRule, Bools]


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

    def learn_chances(self, chances: Mapping[Category, float]) -> None:
        """Takes in how often partners say yes to each kind of help."""
        self._chances = dict(chances)

    def find(self, asked: Asked, most: int | None = None) -> list[Eligible]:
        """The partners that may be asked, best first; given `most`, the best so many for each kind of help."""
        sought = self._sought(asked)
        if sought is None or not sought.categories:
            return []
        fitting = self._fitting(sought)
        weighed = weigh(fitting.rows, sought, fitting.unknown, self._chances, self._policy)
        best = self._one_of_each_partner(fitting, weighed, sought)
        if most is not None:
            best = _best_of_each_kind(fitting.rows, weighed, sought, best, most)
        found = sorted(self._describe(fitting, weighed, best, sought), key=lambda one: (-one.score, one.partner_id.int))
        # Where scores are equal, there are some too many: the ids decide.
        return found if most is None else best_of_each(found, asked, most)

    def tally(self, asked: Asked) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""
        sought = self._sought(asked)
        if sought is None:
            return Tally(0, 0, {})
        numbers = self._with_siblings(self._near(sought))
        first = _first_failed(self._failed(numbers, sought))
        # Of a partner's services, the one that gets furthest counts.
        partners, where = np.unique(self._table.rows[numbers]["partner"], return_inverse=True)
        furthest = np.full(len(partners), -1)
        np.maximum.at(furthest, where, first)
        counted = Counter(furthest.tolist())
        eligible = counted.pop(len(_ORDER), 0)
        return Tally(len(partners), eligible, {_ORDER[number]: count for number, count in counted.items()})

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
        )

    def _slots_of(self, partner_ids: Collection[UUID]) -> Numbers:
        slots = [slot for one in partner_ids if (slot := self._table.partners.find(one)) is not None]
        return np.array(slots, np.uint32)

    def _fitting(self, sought: Sought) -> Fitting:
        able = self._table.able(self._table.covering(sought.tokens), sought.categories)
        numbers = np.frombuffer(able.to_array(), np.uint32)
        rows = self._table.rows[numbers]
        fits, unknown = ~is_outside(rows, sought), dict[EligibilityRule, Bools]()
        for rule, check in CHECKS.items():
            answer = check(rows, sought)
            if answer.no is not None:
                fits &= ~answer.no
            if answer.unknown is not None:
                unknown[rule] = answer.unknown
        return Fitting(numbers[fits], rows[fits], {rule: mask[fits] for rule, mask in unknown.items()})

    def _one_of_each_partner(self, fitting: Fitting, weighed: Weighed, sought: Sought) -> Positions:
        """The positions of the rows, of each partner the one that takes the most items, and of those the best."""
        several = has_flag(fitting.rows, Flag.SEVERAL)
        if not several.any():
            return np.arange(len(several))
        among = np.flatnonzero(several)
        rows, ids = fitting.rows[among], self._table.service_ids_as_numbers(fitting.numbers[among])
        order = np.lexsort((*ids, -weighed.score[among], -count_items(rows, sought), rows["partner"]))
        _, first = np.unique(rows["partner"][order], return_index=True)
        return np.concatenate([np.flatnonzero(~several), among[order[first]]])

    def _describe(self, fitting: Fitting, weighed: Weighed, positions: Positions, sought: Sought) -> Iterator[Eligible]:
        rows = fitting.rows[positions]
        doubts = [(rule, mask[positions].tolist()) for rule, mask in fitting.unknown.items()]
        parts = zip(*(part[positions].tolist() for part in weighed.parts), strict=True)
        described = zip(
            rows["partner"].tolist(),
            fitting.numbers[positions].tolist(),
            rows["categories"].tolist(),
            weighed.miles[positions].tolist(),
            weighed.score[positions].tolist(),
            parts,
            strict=True,
        )
        for place, (slot, number, categories, miles, score, reasons) in enumerate(described):
            yield Eligible(
                partner_id=self._table.partners.id_of(slot),
                service_id=self._table.service_id(number),
                items=tuple(item for kind, item in sought.items if categories & kind),
                distance_miles=None if math.isnan(miles) else miles,
                reasons=Reasons._make((*reasons, tuple(rule for rule, doubtful in doubts if doubtful[place]))),
                score=score,
            )

    def _near(self, sought: Sought) -> Numbers:
        """The rows that are at home near the place, and those that cover it."""
        near_places = np.zeros(NOWHERE + 1, np.bool_)
        if sought.place.point is not None:
            near_places[numbers_within(sought.place, NEAR_MILES)] = True
        at_home = near_places[self._table.rows["home"][: len(self._table)]]
        at_home[self._covering(sought)] = True
        return np.flatnonzero(at_home).astype(np.uint32)

    def _covering(self, sought: Sought) -> Numbers:
        numbers = np.frombuffer(self._table.covering(sought.tokens).to_array(), np.uint32)
        return numbers[~is_outside(self._table.rows[numbers], sought)]

    def _with_siblings(self, numbers: Numbers) -> Numbers:
        """These rows and the others of the same partners."""
        rows = self._table.rows[numbers]
        slots = np.unique(rows["partner"][has_flag(rows, Flag.SEVERAL)]).tolist()
        siblings = [number for slot in slots for number in self._table.rows_of(slot)]
        return np.union1d(numbers, np.array(siblings, np.uint32))

    def _failed(self, numbers: Numbers, sought: Sought) -> dict[EligibilityRule, Bools]:
        """By rule, of which of these rows it does not hold."""
        rows, none = self._table.rows[numbers], np.zeros(len(numbers), np.bool_)
        failed = {rule: none if (no := check(rows, sought).no) is None else no for rule, check in CHECKS.items()}
        failed[EligibilityRule.AREA] = ~np.isin(numbers, self._covering(sought))
        return {rule: failed[rule] for rule in _ORDER}


def _first_failed(failed: Mapping[EligibilityRule, Bools]) -> Positions:
    """By row, the place in the order of the first rule that fails; after the last where none does."""
    table = np.vstack([*failed.values(), np.ones_like(failed[EligibilityRule.AREA])])
    first: Positions = table.argmax(axis=0)
    return first


def _best_of_each_kind(rows: Rows, weighed: Weighed, sought: Sought, among: Positions, most: int) -> Positions:
    """Of these positions those of the best so many for each kind of help, and whoever is as good as the last."""
    best = []
    for category in sought.asked.categories:
        able = among[(rows["categories"][among] & bits_of([category])) != 0]
        scores = weighed.score[able]
        if len(able) > most:
            able = able[scores >= np.partition(scores, len(able) - most)[len(able) - most]]
        best.append(able)
    return best[0] if len(best) == 1 else np.unique(np.concatenate(best))
