"""The bench of rules of asking: by seed, by the model, and with nobody silently stuck."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from bench.matching.partners import NOW
from bench.routing.community import Community, Size, invent_community
from bench.routing.measuring import Figures, gini, measure, most_in_a_week
from bench.routing.model import Model, by_day
from bench.routing.report import render
from bench.routing.routers import Router, all_routers
from bench.routing.simulation import Run, is_silent, simulate
from services.matcher.domain.state import Need
from services.matcher.policy import load_policy

SIZE = Size(partners=100, needs=12, weeks=1)
ROUTERS = {router.name: router for router in all_routers(load_policy())}


@pytest.fixture(scope="module")
def community() -> Community:
    return invent_community(SIZE, Model(), seed=1)


@pytest.fixture(scope="module")
def runs(community: Community) -> dict[str, Run]:
    return {name: simulate(community, router) for name, router in ROUTERS.items()}


def test_the_same_seed_gives_the_same_table_and_another_does_not(community: Community, runs: dict[str, Run]) -> None:
    table = list(render({"ours": [measure(community, runs["ours"])]}))
    tables = [list(render({"ours": [figures_of(invent_community(SIZE, Model(), seed))]})) for seed in (1, 2)]
    assert tables[0] == table
    assert tables[1] != table


def figures_of(community: Community) -> Figures:
    return measure(community, simulate(community, ROUTERS["ours"]))


def test_where_nobody_ever_answers_nothing_is_claimed_and_nothing_could_be(community: Community) -> None:
    silence = replace(community, chances=np.zeros(SIZE.partners))
    run = simulate(silence, ROUTERS["ours"])
    assert (run.offers > 0, run.claims, run.silent) == (True, 0, set())
    assert silence.fillable == frozenset()


def test_something_is_met_by_every_rule(community: Community, runs: dict[str, Run]) -> None:
    assert community.fillable
    for run in runs.values():
        assert 0 < measure(community, run).met <= 1


def test_whoever_asks_everybody_sends_the_most_offers(runs: dict[str, Run]) -> None:
    assert max(runs, key=lambda name: runs[name].offers) == "blast"


@pytest.mark.parametrize("name", ["ours", "one at a time", "blast"])
def test_nobody_is_silently_stuck(runs: dict[str, Run], name: str) -> None:
    assert runs[name].silent == set()


def test_a_need_that_waits_for_nothing_and_nobody_is_seen(community: Community) -> None:
    one = community.needs[0]
    waiting = Need(one.need_id, "", 1, one.terms, one.terms.needed_by)
    assert is_silent(waiting, one.opened_at)
    assert not is_silent(replace(waiting, look_again_at=one.terms.needed_by), one.opened_at)


def test_ours_keeps_to_what_partners_agreed_to_hear(community: Community, runs: dict[str, Run]) -> None:
    for partner, messages in zip(community.partners, runs["ours"].messages, strict=True):
        # Each offer is followed by one reminder at most.
        assert most_in_a_week(messages) <= 2 * partner.messages_per_week


def test_a_rule_that_asks_nobody_leaves_a_need_silently_stuck(community: Community) -> None:
    class Nobody:
        name, heeds_records, policy = "nobody", False, load_policy()

        def pick(self, look: object) -> None:
            """Asks nobody."""

    router: Router = Nobody()
    assert len(simulate(community, router).silent) == SIZE.needs


def test_equal_burdens_have_a_gini_of_nothing() -> None:
    assert gini([7, 7, 7, 7]) == pytest.approx(0)
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([0, 0]) == 0


def test_the_most_in_any_seven_days_are_counted() -> None:
    days = [0.0, 1.0, 6.9, 7.0, 7.5, 20.0]
    assert most_in_a_week([NOW + timedelta(days=day) for day in days]) == 4


def test_nights_do_not_count() -> None:
    evening = datetime.fromisoformat("2026-11-24T20:00:00-05:00")
    assert by_day(evening, 2) == datetime.fromisoformat("2026-11-25T09:00:00-05:00")
    assert by_day(evening + timedelta(hours=5), 0.5) == datetime.fromisoformat("2026-11-25T08:30:00-05:00")
