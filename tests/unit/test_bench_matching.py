"""The engines that the bench compares find the same partners, and one that finds others is caught."""

from uuid import UUID

import pytest

from bench.matching.contest import Disagreement, Result, compare
from bench.matching.engines import Choice
from bench.matching.measuring import ENGINES, Task, answer, ask_for, build, open_engine, time_updates
from bench.matching.scan import ScanEngine
from services.matcher.domain.eligible import Asked
from services.matcher.policy import load_policy

IN_THIS_PROCESS = [engine for engine in ENGINES if engine != "postgresql"]
PARTNERS, NEEDS, UPDATES, SEED = 3_000, 40, 200, 7


def task_for(engine: str) -> Task:
    return Task(engine, PARTNERS, NEEDS, UPDATES, SEED)


class Forgetful(ScanEngine):
    """Does not find one partner of each need."""

    async def find_all(self, asked: Asked) -> list[UUID]:
        return (await super().find_all(asked))[1:]


class Partial(ScanEngine):
    """Finds all, but likes one of them more than the rule says."""

    async def find(self, asked: Asked, most: int) -> list[Choice]:
        found = await super().find(asked, most)
        return [(partner_id, score + 0.01) for partner_id, score in found[:1]] + found[1:]


async def test_all_engines_find_and_rank_the_same_partners_also_when_some_have_changed() -> None:
    before, after = [], []
    for engine in IN_THIS_PROCESS:
        task = task_for(engine)
        async with open_engine(engine) as opened:
            built = await build(opened, task)
            before.append(Result(task, built, await answer(opened, ask_for(task))))
            await time_updates(opened, task)
            after.append(Result(task, built, await answer(opened, ask_for(task))))
    compare(before)
    compare(after)
    assert sum(one.hits for one in before[0].answers), "finding nothing is no answer"
    assert before[0].answers != after[0].answers


@pytest.mark.parametrize("broken", [Forgetful, Partial])
async def test_an_engine_that_is_broken_on_purpose_is_caught(broken: type[ScanEngine]) -> None:
    task, policy, results = task_for("numpy"), load_policy().ranking, []
    for engine in (ScanEngine(policy), broken(policy)):
        built = await build(engine, task)
        results.append(Result(task, built, await answer(engine, ask_for(task))))
    with pytest.raises(Disagreement):
        compare(results)
