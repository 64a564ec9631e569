"""A selection of the long storm, for every change: a strike of each kind, and no promise broken."""

import pytest

from bench.faults.storm import SHORT, run_storm
from switchboard.local.folders import claimed_run_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED = 101


async def test_no_storm_breaks_a_promise() -> None:
    with claimed_run_folder("storm", fresh=True) as folder:
        report = await run_storm(folder, SEED, SHORT, print)
    assert report.broken == {}
    assert len(report.evidence.acknowledged) > len(report.strikes), "the storm met hardly anybody"
    assert {one.channel for one in report.evidence.accepts} == {"email", "text"}
    assert any(row["status"] == "fulfilled" for row in report.evidence.entered.values())
    assert {strike.fault for strike in report.strikes} == set(SHORT)
    assert sum(strike.kills for strike in report.strikes) >= SHORT["a copy killed"]
