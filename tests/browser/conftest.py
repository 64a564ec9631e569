"""A running intake, for a browser to look at."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog

from tests.browser.intake import RunningIntake, running_intake
from tests.parts import DatabaseMaker


@pytest.fixture(autouse=True, scope="session")
def errors_only() -> Iterator[None]:
    """Kafka is away in these tests, and intake says so all the time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest_asyncio.fixture(loop_scope="session")
async def intake(postgres: DatabaseMaker) -> AsyncIterator[RunningIntake]:
    async with running_intake(await postgres("intake")) as running:
        yield running
