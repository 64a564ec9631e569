from collections.abc import AsyncIterator

import pytest_asyncio

from tests.system import System, running_system


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running() -> AsyncIterator[System]:
    """One running Switchboard for all tests here."""
    async with running_system("e2e") as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def system(running: System) -> AsyncIterator[System]:
    """The running Switchboard with nobody in it; a need left open would go on asking the next test's partners."""
    yield running
    await running.end_needs()
    for partner in await running.partners():
        await running.remove_partner(partner)
