"""A running intake, for a browser to look at."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.browser.intake import RunningIntake, running_intake
from tests.parts import DatabaseMaker


@pytest_asyncio.fixture(loop_scope="session")
async def intake(postgres: DatabaseMaker) -> AsyncIterator[RunningIntake]:
    async with running_intake(await postgres("intake")) as running:
        yield running
