"""Two copies of each service on real parts, with a proxy in each of their ways, and providers with moods."""

import asyncio
import base64
import importlib.metadata
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx

from bench.faults.providers import ACCOUNT, NUMBER, TOKEN, Ledger, Mail, Texts, running_mail, running_texts
from bench.faults.proxy import Ways, running_ways
from services.notifier.domain.quiet_hours import QuietHours
from services.runtime.migrations import migrate
from services.runtime.topics import create_topics
from switchboard.environment import compose_environment
from switchboard.local.databases import create_database
from switchboard.local.kafka import LocalKafka, prepare_kafka
from switchboard.local.ports import find_free_port
from switchboard.local.postgres import LocalPostgres, prepare_postgres
from switchboard.local.stack import SERVICES, Parts, database_variable
from switchboard.people import open_client
from switchboard.processes import LOCALHOST, HttpProcess, running, running_together

COPIES = 2
POLICY = Path(__file__).parent / "policy.toml"
# Not imported, for it would change this process's own environment.
_LIBFAKETIME = importlib.metadata.distribution("libfaketime").locate_file(
    "libfaketime/vendor/libfaketime/src/libfaketime.so.1"
)


@dataclass
class Place:
    """Everything that a storm can hit, and everything that can be read afterwards."""

    kafka: LocalKafka
    postgres: LocalPostgres
    database_urls: dict[str, str]
    """Straight to the databases."""
    services: dict[str, list[HttpProcess]]
    clocks: dict[str, "Clock"]
    """By name of the process, the clock that its faults can turn."""
    ways: Ways
    """Such as `matcher to kafka`."""
    mail: Mail
    texts: Texts
    ledger: Ledger
    url: str
    """Intake, whichever copy."""
    api_key: str

    @property
    def processes(self) -> list[HttpProcess]:
        """All copies of all services."""
        return [copy for copies in self.services.values() for copy in copies]

    def caller(self) -> httpx.AsyncClient:
        """Somebody who calls the API."""
        return open_client(timeout=15, headers={"Authorization": f"Bearer {self.api_key}"})

    async def calm(self, within: float) -> None:
        """Mends everything, and waits until all is ready again."""
        self.ways.clear()
        self.mail.mood, self.texts.mood = self.mail.mood.WELL, self.texts.mood.WELL
        for part in (self.kafka, self.postgres, *self.processes):
            if not part.running:
                part.start()
        await asyncio.gather(
            *(part.wait_ready(within) for part in (self.kafka, self.postgres, *self.processes)),
        )


@dataclass(frozen=True)
class Clock:
    """A process's idea of the time, by a file that libfaketime reads at each look at the clock."""

    path: Path

    def turn(self, seconds: float) -> None:
        """Lets it be so far off from now on."""
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text(f"{seconds:+.0f}")
        unfinished.rename(self.path)

    @property
    def environment(self) -> dict[str, str]:
        """Puts a process under this clock. What it measures durations with stays true."""
        return {
            "LD_PRELOAD": str(_LIBFAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@asynccontextmanager
async def running_place(folder: Path, chance: random.Random, quiet: QuietHours) -> AsyncIterator[Place]:
    """All of it, ready, until the block ends."""
    async with AsyncExitStack() as stack:
        kafka_ways = {service: find_free_port() for service in SERVICES}
        kafka = LocalKafka(folder, await prepare_kafka(print), proxies=tuple(kafka_ways.values()))
        await stack.enter_async_context(running(kafka))
        await prepare_postgres(folder)
        postgres = await stack.enter_async_context(running(LocalPostgres(folder)))
        database_urls = {service: await create_database(postgres.admin_url, service) for service in SERVICES}
        await create_topics(kafka.bootstrap_servers)
        await asyncio.gather(*(migrate(url, service) for service, url in database_urls.items()))

        ports = {service: [find_free_port() for _ in range(COPIES)] for service in SERVICES}
        mail_port, texts_port, intake_port = find_free_port(), find_free_port(), find_free_port()
        between = {
            **{f"{service} to kafka": (port, [kafka.behind[port]]) for service, port in kafka_ways.items()},
            **{f"{service} to its database": (find_free_port(), [postgres.port]) for service in SERVICES},
            "people to intake": (intake_port, ports["intake"]),
            "notifier to intake": (find_free_port(), ports["intake"]),
            "notifier to mail": (find_free_port(), [mail_port]),
            "notifier to texts": (find_free_port(), [texts_port]),
        }
        ways = await stack.enter_async_context(running_ways(between, chance.randrange(2**32)))
        url = f"http://{LOCALHOST}:{intake_port}"
        ledger = Ledger()
        dead = frozenset({"nobody@dead.example.org"})
        mail = Mail(ledger, chance, dead)
        texts = Texts(ledger, chance, f"{url}/webhooks/texts", f"{url}/webhooks/texts")
        await stack.enter_async_context(running_mail(mail, mail_port))
        await stack.enter_async_context(running_texts(texts, texts_port))

        named = {
            "PUBLIC_URL": url,
            "INTAKE_INTERNAL_URL": f"http://{LOCALHOST}:{ways.ports['notifier to intake']}",
            "MATCHER_INTERNAL_URL": f"http://{LOCALHOST}:{ports['matcher'][0]}",
            "SMTP_URL": f"smtp://{LOCALHOST}:{ways.ports['notifier to mail']}",
            "SMS_API_URL": f"http://{LOCALHOST}:{ways.ports['notifier to texts']}",
            "SMS_ACCOUNT_SID": ACCOUNT,
            "SMS_AUTH_TOKEN": TOKEN,
            "SMS_FROM": NUMBER,
            "POLICY_FILE": str(POLICY),
            "QUIET_HOURS": f"{quiet.start}-{quiet.end}",
            "OFFER_WINDOW_MINUTES": "0",
            "LINK_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        }
        for service, database_url in database_urls.items():
            port = ways.ports[f"{service} to its database"]
            named[database_variable(service)] = database_url.replace(f":{urlsplit(database_url).port}/", f":{port}/")
        environment = compose_environment(folder, Parts(kafka.bootstrap_servers, database_urls, kafka, postgres), named)
        services, clocks = _make_services(folder, environment, ports, kafka_ways)
        await stack.enter_async_context(running_together([one for copies in services.values() for one in copies]))
        key = environment["BOOTSTRAP_API_KEY"]
        yield Place(kafka, postgres, database_urls, services, clocks, ways, mail, texts, ledger, url, key)


def _make_services(
    folder: Path, environment: dict[str, str], ports: dict[str, list[int]], kafka_ways: dict[str, int]
) -> tuple[dict[str, list[HttpProcess]], dict[str, Clock]]:
    services: dict[str, list[HttpProcess]] = {}
    clocks = {}
    for service in SERVICES:
        services[service] = []
        for number, port in enumerate(ports[service], start=1):
            name = f"{service}-{number}"
            clocks[name] = clock = Clock(folder / f"{name}.clock")
            clock.turn(0)
            own = {
                f"{service.upper()}_PORT": str(port),
                "KAFKA_BOOTSTRAP_SERVERS": f"{LOCALHOST}:{kafka_ways[service]}",
                **clock.environment,
            }
            command = ["switchboard", "run", service]
            services[service].append(
                HttpProcess(name, command, port, environment | own, folder / "logs" / f"{name}.log")
            )
    return services, clocks


async def terminate_backends(place: Place) -> int:
    """Ends every connection that a service has to its database, as a failover does."""
    connection = await asyncpg.connect(place.postgres.admin_url)
    try:
        ended: int = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = ANY($1::text[])",
            list(SERVICES),
        )
    finally:
        await connection.close()
    return ended


async def count_in_flight(place: Place) -> int:
    """How many needs have not ended, as the matcher's database says."""
    connection = await asyncpg.connect(place.database_urls["matcher"])
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM needs WHERE status <> 'closed'")
    finally:
        await connection.close()
    return count
