"""What every test may ask for: a real Kafka, a real PostgreSQL, a real Chromium."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import certifi
import pytest
import pytest_asyncio
import structlog
from playwright.async_api import Browser, async_playwright, expect

from switchboard.local.folders import claimed_run_folder
from tests.chromium import find_chromium
from tests.parts import DatabaseMaker, Kind, database_maker, new_kafka, shared_kafka
from tests.waiting import WITHIN_SECONDS

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--parts",
        choices=["local", "containers"],
        default="local",
        help="how to start a Kafka and a PostgreSQL that the environment does not name",
    )


@pytest.fixture(scope="session")
def parts(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.config.getoption("--parts")
    return kind


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """Where this run's parts keep data and logs; the logs stay until the next run."""
    with claimed_run_folder("test", fresh=True) as folder:
        yield folder


@pytest.fixture(autouse=True, scope="session")
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests call nobody outside, and each HTTP client would spend a twentieth of a second on all who vouch for them."""
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    path = tmp_path_factory.mktemp("authorities") / "one.pem"
    path.write_text(first + end)
    # Kafka's jars may be fetched meanwhile, from whom the machine trusts.
    trusted = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", trusted)
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(autouse=True, scope="session")
def errors_only() -> Iterator[None]:
    """Where Kafka is away, a service says so all the time, at length."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(parts: Kind, run_folder: Path) -> AsyncIterator[str]:
    """Bootstrap servers of the one broker that all tests share: use group ids and keys of your own."""
    async with shared_kafka(parts, run_folder) as bootstrap_servers:
        yield bootstrap_servers


@pytest_asyncio.fixture
async def fresh_kafka(parts: Kind, run_folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Bootstrap servers of a broker that this test alone uses."""
    folder = run_folder / request.node.name
    async with new_kafka(parts, folder) as bootstrap_servers:
        yield bootstrap_servers


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(parts: Kind, run_folder: Path) -> AsyncIterator[DatabaseMaker]:
    """A function that makes a new database with a service's tables and returns its URL: `await postgres("matcher")`."""
    async with database_maker(parts, run_folder) as make_database:
        yield make_database


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_chromium() -> AsyncIterator[Browser]:
    # Three tests at a time and their services share two cores.
    patience_ms = WITHIN_SECONDS * 1000
    expect.set_options(timeout=patience_ms)
    chromium = await asyncio.to_thread(find_chromium)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        browser.on("context", lambda context: context.set_default_timeout(patience_ms))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(running_chromium: Browser) -> AsyncIterator[Browser]:
    """The one that all tests share. What a test left open would go on asking servers that have stopped."""
    yield running_chromium
    for context in running_chromium.contexts:
        await context.close()
