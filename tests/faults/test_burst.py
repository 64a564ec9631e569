"""Twenty times the usual load for half a minute: everybody gets in, it is worked off, nothing is lost.

Who is in a hurry goes first: `tests/integration/test_notifier.py` has that, since how long each waits here is the
machine's doing.
"""

import asyncio

import pytest

from bench.faults.people import Town
from bench.faults.storm import running_storm, settle
from switchboard.local.folders import claimed_run_folder
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

USUALLY_EVERY_S = 4.0
TIMES, SECONDS = 20, 30


async def test_a_burst_is_worked_off() -> None:
    with claimed_run_folder("burst", fresh=True) as folder:
        async with running_storm(folder, seed=5, lead=(80, 110)) as storm:
            over = asyncio.Event()
            entering = asyncio.create_task(storm.town.enter_needs(USUALLY_EVERY_S / TIMES, over))
            await asyncio.sleep(SECONDS)  # the burst's length, not a wait for anything
            over.set()
            await entering
            await eventually(lambda: all_answered(storm.town), 120)
            report = await settle(storm, print)
    assert report.broken == {}
    assert storm.town.given_up == 0


async def all_answered(town: Town) -> bool:
    return town.unanswered == 0
