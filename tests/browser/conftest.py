"""A running intake, and a real Chromium to look at it with."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog
from playwright.async_api import Browser, async_playwright

from tests.browser.intake import RunningIntake, running_intake
from tests.chromium import find_chromium
from tests.parts import DatabaseMaker

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        await browser.close()
