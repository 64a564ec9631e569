"""A running intake, for a browser to look at."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.intake import RunningIntake, running_intake
from tests.browser.walking import table, walked_in
from tests.parts import DatabaseMaker


@pytest_asyncio.fixture(loop_scope="session")
async def intake(postgres: DatabaseMaker) -> AsyncIterator[RunningIntake]:
    async with running_intake(await postgres("intake")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_intake(postgres: DatabaseMaker) -> AsyncIterator[RunningIntake]:
    """One intake for all tests of a module, each of which brings a site and people of its own."""
    async with running_intake(await postgres("intake")) as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each person's journey took."""
    if journeys := [one for report in terminalreporter.getreports("passed") for one in walked_in(report)]:
        terminalreporter.section("journeys")
        terminalreporter.write("\n".join([*table(journeys), ""]))
