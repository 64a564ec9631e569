"""What the tests of services on real parts share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.cases import Case, awarded_case
from tests.parts import DatabaseMaker


@pytest_asyncio.fixture
async def case(postgres: DatabaseMaker) -> AsyncIterator[Case]:
    """A family's need that a partner was awarded."""
    async with awarded_case(await postgres("intake")) as made:
        yield made
