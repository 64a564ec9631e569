"""The index: who covers a place is looked up; who of them fits is computed over rows of numbers, all at once."""

import math
from collections.abc import Collection, Iterator, Mapping
from time import monotonic
from uuid import UUID

import numpy as np
from pyroaring import BitMap

from schemas.codec import Tombstone
from schemas.event import Event
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.bits import Mark
from services.matcher.directory.checks import (
    Sought,
    are_barred,
    are_left_out,
    open_marks,
)
from services.matcher.directory.describing import Candidates, Positions, describe
from services.matcher.directory.directory import OpenHours
from services.matcher.directory.failures import Failures
from services.matcher.directory.places import place_of, place_with
from services.matcher.directory.promising import most_possible
from services.matcher.directory.rows import NOWHERE, Bools, Numbers, Rows, Services, pick
from services.matcher.directory.table import Table
from services.matcher.directory.weighing import Weighed, count_items, weigh
from services.matcher.domain import ranking
from services.matcher.domain.eligible import Asked, Eligible, Nearly, Tally
from services.matcher.domain.ranking import Record
from services.matcher.policy import RankingPolicy

_ORDER = tuple(EligibilityRule)
_FIRST = 512
"""So many are looked at closely before it is asked whether anybody else could be better."""


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
        able = self._able(sought)
        numbers = np.frombuffer(able.to_array(), np.uint32)
        briefs = pick(self._table.briefs, numbers)
        left = np.flatnonzero(~are_barred(briefs, sought))
        numbers = numbers.take(left)
        if most is None:
            candidates = self._weigh(numbers, sought)
            return describe(candidates, candidates.ones, sought, self._table)
        if len(numbers) <= _FIRST:
            candidates = self._weigh(numbers, sought)
            return describe(candidates, self._best(candidates, sought, most)[0], sought, self._table)
        return self._find_promising(numbers, pick(briefs, left), sought, most)

    def _find_promising(self, numbers: Numbers, briefs: Rows, sought: Sought, most: int) -> list[Eligible]:
        possible = most_possible(briefs, sought, self._usual_chance(sought), self._table.most_likely, self._policy)
        least = np.partition(possible, len(possible) - _FIRST)[len(possible) - _FIRST]
        candidates = self._weigh(self._with_siblings_among(numbers, briefs, possible >= least), sought)
        best, worst = self._best(candidates, sought, most)
        if worst < least:
            # Somebody who was not looked at could be better.
            candidates = self._weigh(self._with_siblings_among(numbers, briefs, possible >= worst), sought)
            best, _ = self._best(candidates, sought, most)
        return describe(candidates, best, sought, self._table)

    def hours_of(self, partner_id: UUID, service_id: UUID) -> OpenHours:
        """When a service is open."""
        numbers = np.array(list(self._service_rows([(partner_id, service_id)])), np.uint32)
        services = self._table.services(numbers)
        home = int(services.briefs["home"][0])
        zone = place_with(home).zone if home != NOWHERE else "UTC"
        return OpenHours(zone, self._table.vocabulary.hours.hours_with(int(services.rows["hours"][0])))

    def tally(self, asked: Asked) -> Tally:
        """How many of those near, or who serve the place, may be asked, and what leaves out the others."""
        sought = self._sought(asked)
        return Tally(0, 0, {}) if sought is None else self._failures(sought).tally()

    def nearly(self, asked: Asked) -> dict[EligibilityRule, Nearly]:
        """Of those near, or who serve the place, and may not be asked: by rule, whom it leaves out alone."""
        sought = self._sought(asked)
        return {} if sought is None else self._failures(sought).nearly()

    def why_not(self, partner_id: UUID, asked: Asked) -> dict[UUID, list[EligibilityRule]]:
        """By service of one partner, all the rules that leave it out."""
        sought, slot = self._sought(asked), self._table.partners.find(partner_id)
        return {} if sought is None or slot is None else self._failures(sought).why_not(slot)

    def _failures(self, sought: Sought) -> Failures:
        return Failures(self._table, sought, self._closed(sought.asked))

    def _sought(self, asked: Asked) -> Sought | None:
        place = place_of(asked.terms.zip_code)
        if place is None:
            return None
        consent = asked.terms.consent
        return Sought(
            asked=asked,
            place=place,
            vocabulary=self._table.vocabulary,
            named=self._slots_of(consent.partner_ids),
            only=None if asked.only is None else self._slots_of(asked.only),
            asked_before=self._slots_of(asked.asked_before),
        )

    def _slots_of(self, partner_ids: Collection[UUID]) -> Numbers:
        slots = [slot for one in partner_ids if (slot := self._table.partners.find(one)) is not None]
        return np.array(slots, np.uint32)

    def _closed(self, asked: Asked) -> BitMap:
        """The rows that take nobody now."""
        return BitMap(self._service_rows(asked.closed))

    def _service_rows(self, services: Collection[tuple[UUID, UUID]]) -> Iterator[int]:
        for partner_id, service_id in services:
            slot = self._table.partners.find(partner_id)
            for number in self._table.rows_of(slot) if slot is not None else ():
                if self._table.service_id(number) == service_id:
                    yield number

    def _able(self, sought: Sought) -> BitMap:
        """The rows that cover the place and do what is needed, of partners that may hear of it."""
        able = self._table.able(sought.tokens, sought.categories)
        if sought.asked.closed:
            able -= self._closed(sought.asked)
        if sought.only is not None:
            able &= self._table.rows_of_all(sought.only)
        if sought.asked.terms.consent.partner_ids:
            able &= self._table.rows_of_all(sought.named)
        return able

    def _usual_chance(self, sought: Sought) -> float:
        return ranking.usual_chance(self._chances, sought.asked.categories)

    def _weigh(self, numbers: Numbers, sought: Sought) -> Candidates:
        """Of these rows, which no bits leave out, those that may be asked."""
        services = self._table.services(numbers)
        services = services.where(np.flatnonzero(~are_left_out(services, sought)))
        codes = open_marks(services.briefs, sought)
        weighed = weigh(services, sought, codes, self._usual_chance(sought), self._policy)
        return Candidates(services, codes, weighed, self._one_of_each_partner(services, weighed, sought))

    def _with_siblings_among(self, numbers: Numbers, briefs: Rows, chosen: Bools) -> Numbers:
        """Those that are chosen, with all of the same partners: which of its services is the best is told by all."""
        several = np.flatnonzero(briefs["marks"] & Mark.SEVERAL)
        partners = pick(self._table.rows, numbers.take(several))["partner"]
        chosen[several] = np.isin(partners, partners[chosen.take(several)])
        return numbers[chosen]

    def _one_of_each_partner(self, services: Services, weighed: Weighed, sought: Sought) -> Positions:
        """The positions of the rows, of each partner the one that takes the most items, and of those the best."""
        several = (services.briefs["marks"] & Mark.SEVERAL) != 0
        among = np.flatnonzero(several)
        rows = pick(services.rows, among)
        partners = rows["partner"]
        if len(set(partners.tolist())) == len(partners):
            return np.arange(len(several))
        ids = self._table.service_ids_as_numbers(services.numbers.take(among))
        order = np.lexsort((*ids, -weighed.score.take(among), -count_items(rows, sought), partners))
        partners = partners.take(order)
        is_first = np.append(True, partners[1:] != partners[:-1])
        return np.concatenate([np.flatnonzero(~several), among.take(order[is_first])])

    def _best(self, candidates: Candidates, sought: Sought, most: int) -> tuple[Positions, float]:
        """The best so many for each kind of help, and what has to be reached to be better than any of them."""
        services, scores = candidates.services, candidates.weighed.score
        best_first = candidates.ones.take(np.argsort(-scores.take(candidates.ones)))
        categories = services.rows["categories"].take(best_first)
        best, worst = dict[int, None](), math.inf
        for kind in sought.kinds:
            able = best_first.compress(categories & kind)
            worst = min(worst, scores[able[most - 1]]) if len(able) >= most else -math.inf
            best |= dict.fromkeys(self._first(able, candidates, most).tolist())
        return np.array(list(best), np.intp), float(worst)

    def _first(self, best_first: Positions, candidates: Candidates, most: int) -> Positions:
        """The first so many of these; where scores are equal, the ids decide."""
        scores = candidates.weighed.score
        if len(best_first) <= most or scores[best_first[most - 1]] > scores[best_first[most]]:
            return best_first[:most]
        last = scores[best_first[most]]
        in_order = scores.take(best_first)
        better, equal = best_first[in_order > last], best_first[in_order == last]
        slots = candidates.services.rows["partner"].take(equal)
        equal = equal[np.lexsort(self._table.partners.ids_as_numbers(slots))]
        return np.concatenate([better, equal[: most - len(better)]])
