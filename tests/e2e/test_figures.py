"""What waits is on each service's own /metrics."""

import pytest

from tests.system import System
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def figures(system: System, service: str) -> dict[str, float]:
    url = getattr(system.run, service).url
    lines = (await system.client.get(f"{url}/metrics")).text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


async def test_a_need_that_nobody_can_help_with_is_counted_as_stuck(system: System) -> None:
    await system.add_need(items=[{"code": "childcare.week", "quantity": 1}])

    async def counted() -> bool:
        return (await figures(system, "matcher")).get('switchboard_needs_stuck{cause="nobody_eligible"}') == 1

    await eventually(counted)
    assert (await figures(system, "matcher"))['switchboard_needs_open{state="asking"}'] >= 1


@pytest.mark.parametrize("service", ["intake", "matcher", "notifier"])
async def test_each_service_tells_what_waits(system: System, service: str) -> None:
    async def nothing_waits() -> bool:
        told = await figures(system, service)
        return told["switchboard_outbox_records"] == 0 and told["switchboard_parked_records"] == 0

    await eventually(nothing_waits)
