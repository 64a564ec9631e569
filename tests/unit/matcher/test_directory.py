"""The index and the plain loop give the same partners, in the same order, for the same reasons."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from bench.matching.agreement import Both, run
from bench.matching.by_chance import a_partner, a_question, identity
from schemas.event import Item
from schemas.needs import NeedTerms
from schemas.partners import Contact, NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import AgeBand, Channel, ContactRole, EligibilityRule, IncomeBand, PartnerKind
from services.matcher.directory.places import places
from services.matcher.domain.eligible import Asked, Eligible
from tests.unit.matcher.situation import START, terms


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
    both = run(questions=500)
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


def a_service(**facts: object) -> Service:
    everywhere = {"service_id": UUID(int=5), "categories": (Category.FOOD,), "area": NationArea()}
    return Service.model_validate(everywhere | facts)


def found_by_both(asked: NeedTerms, *services: Service) -> list[Eligible]:
    """What both say of one partner with these services, having compared it."""
    both = Both(random.Random(4))  # noqa: S311 - the same numbers every time are what is wanted
    partner = PartnerRecorded(partner_id=UUID(int=6), name="Somebody", kind=PartnerKind.NONPROFIT, services=services)
    for directory in (both.plain, both.index):
        directory.apply(partner)
    question = Asked(asked, asked.items, START)
    both.compare(question)
    return both.index.find(question)


FOOD = Item(line=1, code="food.box", quantity=1)


@pytest.mark.parametrize(
    ("services", "changes", "helps"),
    [
        pytest.param([], {}, False, id="a partner without a service"),
        pytest.param([a_service()], {}, True, id="everywhere"),
        pytest.param([a_service(area={"kind": "radius", "zip_code": "11201", "miles": 0})], {}, True, id="no area"),
        pytest.param(
            [a_service(area={"kind": "radius", "zip_code": "11215", "miles": 0})], {}, False, id="no area, elsewhere"
        ),
        pytest.param(
            [a_service(area={"kind": "radius", "zip_code": "99546", "miles": 900})],
            {"zip_code": "99547"},
            True,
            id="across the date line",
        ),
        pytest.param(
            [a_service(area={"kind": "radius", "zip_code": "09001", "miles": 1000})],
            {"zip_code": "09001"},
            True,
            id="a ZIP code without a centre, round itself",
        ),
        pytest.param([a_service(max_age=6)], {"household": (AgeBand.AGES_6_12,)}, True, id="just young enough"),
        pytest.param([a_service(max_age=5)], {"household": (AgeBand.AGES_6_12,)}, False, id="just too old"),
        pytest.param([a_service(min_age=12)], {"household": (AgeBand.AGES_6_12,)}, True, id="just old enough"),
        pytest.param([a_service(min_age=13)], {"household": (AgeBand.AGES_6_12,)}, False, id="just too young"),
        pytest.param(
            [a_service(max_household=2)], {"household": (AgeBand.AGES_0_2,) * 2}, True, id="as many as allowed"
        ),
        pytest.param([a_service(max_household=2)], {"household": (AgeBand.AGES_0_2,) * 3}, False, id="one too many"),
        pytest.param([a_service(income_limit=130)], {"income": IncomeBand.UP_TO_130}, True, id="as little as allowed"),
        pytest.param([a_service(income_limit=130)], {"income": IncomeBand.UP_TO_150}, False, id="a little too much"),
        pytest.param(
            [a_service(service_id=UUID(int=number), languages=("es",)) for number in range(499)] + [a_service()],
            {},
            True,
            id="500 services, of which the last fits",
        ),
        pytest.param(
            [a_service()],
            {"items": tuple(Item(line=line, code="food.box", quantity=1) for line in range(1, 51))},
            True,
            id="50 items",
        ),
    ],
)
def test_edges(services: list[Service], changes: dict[str, object], helps: bool) -> None:
    found = found_by_both(terms(FOOD).model_copy(update=changes), *services)
    assert bool(found) is helps


def test_an_empty_directory_says_that_nobody_is_there() -> None:
    both = Both(random.Random(4))  # noqa: S311 - the same numbers every time are what is wanted
    both.ask()
    both.explain()
    assert len(both.index) == 0


A_DAY = timedelta(days=1)
REACHED = Contact(contact_id=UUID(int=7), name="Ada", email="ada@example.org")


@pytest.mark.parametrize(
    ("contacts", "asked"),
    [
        ([{}], True),
        ([{"channels": ()}], False),
        ([{"channels": (Channel.TEXT,)}], False),
        ([{"email": None, "phone": "+17185550141"}], True),
        ([{"email": None, "phone": "+17185550141", "channels": ()}], False),
        ([{"confirmed": False}], False),
        ([{"roles": (ContactRole.FOLLOW_THROUGH,)}], False),
        ([{"away_until": START + A_DAY}], False),
        ([{"away_until": START}], True),
        ([{"channels": ()}, {}], True),
        ([{"away_until": START + A_DAY}, {"channels": ()}], False),
    ],
)
def test_a_partner_of_which_nobody_can_be_told_is_not_asked(contacts: list[dict[str, Any]], *, asked: bool) -> None:
    both = Both(random.Random(4))  # noqa: S311 - the same numbers every time are what is wanted
    there = tuple(REACHED.model_copy(update=changes) for changes in contacts)
    partner = PartnerRecorded(
        partner_id=UUID(int=6), name="Somebody", kind=PartnerKind.NONPROFIT, services=(a_service(),), contacts=there
    )
    for directory in (both.plain, both.index):
        directory.apply(partner)
    for now in (START, START + A_DAY):
        question = Asked(terms(FOOD), (FOOD,), now)
        both.compare(question)
        back = any("away_until" in changes for changes in contacts) and now > START
        assert bool(both.index.find(question)) is (asked or back)
