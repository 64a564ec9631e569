from collections.abc import AsyncIterator

import pytest_asyncio

from tests.system import System, running_system


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system() -> AsyncIterator[System]:
    """One running Switchboard for all tests here: each uses partners and needs of its own."""
    async with running_system("e2e") as running:
        yield running
