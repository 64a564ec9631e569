"""Twenty times the usual load for a minute: it is worked off, nothing is lost, and who is in a hurry goes first."""

import asyncio
import statistics

import pytest

from bench.faults.storm import NEED_EVERY_S, running_storm, settle
from switchboard.local.folders import claimed_run_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMES, SECONDS = 20, 60


async def test_a_burst_is_worked_off() -> None:
    with claimed_run_folder("burst", fresh=True) as folder:
        async with running_storm(folder, seed=5) as storm:
            over = asyncio.Event()
            entering = asyncio.create_task(storm.town.enter_needs(NEED_EVERY_S / TIMES, over))
            await asyncio.sleep(SECONDS)  # the burst's length, not a wait for anything
            over.set()
            await entering
            report = await settle(storm, print)
    assert report.broken == {}
    assert len(report.evidence.acknowledged) > 0.5 * TIMES * SECONDS / NEED_EVERY_S
    urgent: list[float] = []
    others: list[float] = []
    for need_id, posted in storm.town.needs.items():
        if (told := storm.town.first_told.get(need_id)) is not None:
            kind = urgent if report.evidence.matched[need_id]["urgency"] == "today" else others
            kind.append(told - posted.at)
    assert statistics.median(urgent) <= statistics.median(others)
