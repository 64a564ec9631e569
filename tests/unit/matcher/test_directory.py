"""The index and the plain loop give the same partners, in the same order, for the same reasons."""

import random
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from bench.matching.agreement import Both, run
from bench.matching.by_chance import a_partner, a_question, identity
from schemas.event import Item
from schemas.partners import NationArea, Service
from schemas.taxonomy import Category
from schemas.vocabulary import EligibilityRule
from services.matcher.directory.places import places


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(chance=st.randoms(use_true_random=False), steps=st.lists(st.sampled_from(["change", "ask"]), max_size=60))
def test_the_index_says_what_the_plain_loop_says(chance: random.Random, steps: list[str]) -> None:
    both = Both(chance)
    for step in steps:
        both.change() if step == "change" else both.ask()
    both.ask()
    both.explain()
    assert len(both.index) == len(both.plain) == len(both.partners)


def test_they_agree_for_long_and_each_rule_is_seen_to_decide() -> None:
    both = run(questions=300)
    assert both.hits > 500
    assert [rule for rule in EligibilityRule if not both.decided_alone[rule]] == []


def test_where_thousands_fit_the_best_are_the_same_though_only_the_nearest_are_looked_at() -> None:
    chance = random.Random(3)  # noqa: S311 - the same numbers every time are what is wanted
    both, homes = Both(chance), [place.zip_code for place in list(places().values())[4000:6000]]
    for number in range(3000):
        food = Service(
            service_id=identity(chance),
            categories=(Category.FOOD, Category.BEDS)[: chance.randint(1, 2)],
            area=NationArea(),
            zip_code=chance.choice([None, *homes]) if number % 9 else None,
            languages=chance.choice([("en",), ("es",), ()]),
        )
        both.take(a_partner(chance, identity(chance)).model_copy(update={"services": (food, food)[: 1 + number % 2]}))
    for zip_code in (*homes[::250], "09001", "99546"):
        asked = a_question(chance, [])
        terms = asked.terms.model_copy(update={"zip_code": zip_code})
        items = (Item(line=1, code="food.box", quantity=1), Item(line=2, code="bed.twin", quantity=1))
        both.compare(replace(asked, terms=terms, items=items))
    assert both.hits > 5000
