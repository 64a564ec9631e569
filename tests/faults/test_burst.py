"""Twenty times the usual load for a minute: it is worked off, nothing is lost, and who is in a hurry goes first."""

import asyncio
import statistics

import pytest

from bench.faults.evidence import Evidence
from bench.faults.people import Town
from bench.faults.storm import running_storm, settle
from switchboard.local.folders import claimed_run_folder
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

USUALLY_EVERY_S = 4.0
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
    # Where nobody waits for anybody there is no first and no last.
    urgent, others = (median_wait(report.evidence, urgent=urgent) for urgent in (True, False))
    assert urgent <= max(others, _NO_WAIT_S)


def median_wait(evidence: Evidence, *, urgent: bool) -> float:
    """Seconds that an offer's message waited in the queue until its provider took it."""
    waits: list[float] = [
        (row["accepted_at"] - row["created_at"]).total_seconds()
        for row in evidence.messages
        if row["purpose"] == "offer" and row["accepted_at"] is not None and row["urgent"] is urgent
    ]
    return statistics.median(waits)


async def all_answered(town: Town) -> bool:
    return town.unanswered == 0
