"""Twenty times the usual load for a minute: it is worked off, nothing is lost, and who is in a hurry goes first."""

import asyncio
import statistics

import pytest

from bench.faults.people import Town
from bench.faults.storm import running_storm, settle
from switchboard.local.folders import claimed_run_folder
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

USUALLY_EVERY_S = 2.0
TIMES, SECONDS = 20, 60
_NO_WAIT_S = 1.5


async def test_a_burst_is_worked_off() -> None:
    with claimed_run_folder("burst", fresh=True) as folder:
        async with running_storm(folder, seed=5, lead=(110, 140)) as storm:
            over = asyncio.Event()
            entering = asyncio.create_task(storm.town.enter_needs(USUALLY_EVERY_S / TIMES, over))
            await asyncio.sleep(SECONDS)  # the burst's length, not a wait for anything
            over.set()
            await entering
            await eventually(lambda: all_answered(storm.town), 120)
            report = await settle(storm, print)
    assert report.broken == {}
    assert storm.town.given_up == 0
    urgent: list[float] = []
    others: list[float] = []
    for need_id, posted in storm.town.needs.items():
        if (told := storm.town.first_told.get(need_id)) is not None:
            kind = urgent if report.evidence.matched[need_id]["urgency"] == "today" else others
            kind.append(told - posted.at)
    # Where nobody waits for anybody there is no first and no last.
    assert statistics.median(urgent) <= max(statistics.median(others), _NO_WAIT_S)


async def all_answered(town: Town) -> bool:
    return town.unanswered == 0
