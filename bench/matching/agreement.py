"""`python -m bench.matching.agreement`: the index against the plain loop, over partners, needs and changes by chance.

Ends with an error at the first question that the two answer differently.
"""

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from bench.matching.by_chance import a_partner, a_question, a_record, identity
from schemas.codec import Tombstone
from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.directory import Directory
from services.matcher.directory.index import IndexedDirectory
from services.matcher.directory.plain import PlainDirectory, best_of_each
from services.matcher.domain.eligible import Asked, Eligible, Nearly
from services.matcher.policy import load_policy

SEED, PARTNERS, QUESTIONS = 20261125, 300, 100_000
_CHANGE_EVERY, _EXPLAIN_EVERY, _FORGET_EVERY = 2, 20, 199
_CHANCES = {Category.FOOD: 0.9, Category.BEDS: 0.2}


class Both:
    """The same partners in the index and in the plain loop."""

    def __init__(self, chance: random.Random) -> None:
        policy = load_policy().ranking
        self.chance = chance
        self.plain, self.index = PlainDirectory(policy), IndexedDirectory(policy)
        self.partners: dict[UUID, PartnerRecorded] = {}
        self.hits = 0
        self.decided_alone: Counter[EligibilityRule] = Counter()
        """How often a rule was the only one to leave a service out."""
        for directory in self._directories:
            directory.learn_chances(_CHANCES)

    @property
    def _directories(self) -> tuple[Directory, Directory]:
        return self.plain, self.index

    def change(self) -> None:
        """A partner is new, or different, or gone; new only while there are fewer than `PARTNERS`."""
        known, what = list(self.partners), self.chance.random()
        old = known and (what < 0.5 or len(known) >= PARTNERS)
        partner_id = self.chance.choice(known) if old else identity(self.chance)
        gone = what < 0.15
        self.take(Tombstone(partner_id) if gone else a_partner(self.chance, partner_id))

    def take(self, event: PartnerRecorded | Tombstone) -> None:
        """Both take in a partner's record, and sometimes how it answered, or its removal."""
        for directory in self._directories:
            directory.apply(event)
        self.partners.pop(event.key, None)
        if isinstance(event, PartnerRecorded):
            self.partners[event.key] = event
            record = a_record(self.chance, event)
            for directory in self._directories if self.chance.random() < 0.5 else ():
                directory.learn({event.key: record})

    def ask(self) -> None:
        """Asks both something."""
        self.compare(self._question())

    def compare(self, asked: Asked) -> None:
        """Asks both who may be asked, all and the best. Raises AssertionError where they differ."""
        found = self.plain.find(asked)
        _compare(self.index.find(asked), found)
        _compare(self.index.find(asked, most=3), best_of_each(found, asked, 3))
        self.hits += len(found)

    def explain(self) -> None:
        """Asks both why not. Raises AssertionError where they differ."""
        asked = self._question()
        assert self.index.tally(asked) == self.plain.tally(asked), asked
        assert _rounded(self.index.nearly(asked)) == _rounded(self.plain.nearly(asked)), asked
        for partner_id in [*self.partners, identity(self.chance)]:
            why = self.plain.why_not(partner_id, asked)
            assert self.index.why_not(partner_id, asked) == why, asked
            self.decided_alone.update(rules[0] for rules in why.values() if len(rules) == 1)

    def _question(self) -> Asked:
        asked = a_question(self.chance, list(self.partners))
        services = [(one.partner_id, service.service_id) for one in self.partners.values() for service in one.services]
        return replace(asked, closed=frozenset(self.chance.sample(services, min(9, len(services)))))

    def forget(self) -> None:
        """Both forget how everybody answered."""
        for directory in self._directories:
            directory.forget_records()


def run(questions: int, partners: int = PARTNERS) -> Both:
    """Asks so many questions, and changes a partner every few."""
    both = Both(random.Random(SEED))
    for _ in range(partners):
        both.change()
    for number in range(questions):
        both.ask()
        if number % _CHANGE_EVERY == 0:
            both.change()
        if number % _EXPLAIN_EVERY == 0:
            both.explain()
        if number % _FORGET_EVERY == 0:
            both.forget()
    return both


def _compare(found: Sequence[Eligible], expected: Sequence[Eligible]) -> None:
    by_id = {one.partner_id: one for one in expected}
    assert {one.partner_id for one in found} == by_id.keys()
    for one, placed in zip(found, expected, strict=True):
        # Scores that differ by rounding alone may change places.
        assert math.isclose(one.score, placed.score, rel_tol=1e-6)
        _compare_one(one, by_id[one.partner_id])


def _rounded(nearly: Mapping[EligibilityRule, Nearly]) -> dict[EligibilityRule, Nearly]:
    # To a thousandth of a mile: the two add up in another order.
    return {
        rule: one._replace(distance_miles=None if one.distance_miles is None else round(one.distance_miles, 3))
        for rule, one in nearly.items()
    }


def _compare_one(one: Eligible, other: Eligible) -> None:
    assert (one.service_id, one.items) == (other.service_id, other.items)
    assert (one.distance_miles is None) == (other.distance_miles is None)
    assert math.isclose(one.distance_miles or 0, other.distance_miles or 0, rel_tol=1e-6, abs_tol=1e-6)
    assert one.reasons.to_be_confirmed == other.reasons.to_be_confirmed
    for part, expected in zip(one.reasons[:-1], other.reasons[:-1], strict=True):
        assert math.isclose(part, expected, rel_tol=1e-6), (one.reasons, other.reasons)


def main() -> None:
    """Runs, and says what was compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    both = run(parser.parse_args().questions)
    alone = ", ".join(f"{rule} {both.decided_alone[rule]}" for rule in EligibilityRule)
    sys.stdout.write(f"seed {SEED}: no difference; {both.hits} hits; rules that decided alone: {alone}\n")


if __name__ == "__main__":
    main()
