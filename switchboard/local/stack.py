"""The parts that the services stand on: those named by the environment, and the rest started here."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from switchboard.local.databases import create_database
from switchboard.local.kafka import VERSION as KAFKA_VERSION
from switchboard.local.kafka import LocalKafka, prepare_kafka
from switchboard.local.postgres import LocalPostgres, prepare_postgres
from switchboard.processes import running
from switchboard.progress import step

SERVICES = ("intake", "matcher", "notifier")


@dataclass(frozen=True)
class Parts:
    """Where Kafka and the databases are; `kafka` and `postgres` are None where somebody else runs them."""

    bootstrap_servers: str
    database_urls: dict[str, str]
    kafka: LocalKafka | None
    postgres: LocalPostgres | None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name these parts to a service."""
        databases = {database_variable(service): url for service, url in self.database_urls.items()}
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, **databases}


@asynccontextmanager
async def running_parts(folder: Path) -> AsyncIterator[Parts]:
    """Kafka and a database for each service with their data in `folder`, until the block ends.

    `KAFKA_BOOTSTRAP_SERVERS` or `<SERVICE>_DATABASE_URL` names one that exists; then none is started for it.
    """
    async with AsyncExitStack() as stack:
        kafka = postgres = None
        if (bootstrap_servers := os.environ.get("KAFKA_BOOTSTRAP_SERVERS")) is None:
            with step(f"Kafka {KAFKA_VERSION}") as tell:
                kafka = LocalKafka(folder, await prepare_kafka(tell))
                await stack.enter_async_context(running(kafka))
            bootstrap_servers = kafka.bootstrap_servers

        named = {service: os.environ.get(database_variable(service)) for service in SERVICES}
        database_urls = {service: url for service, url in named.items() if url is not None}
        if missing := named.keys() - database_urls.keys():
            with step("PostgreSQL 18"):
                await prepare_postgres(folder)
                postgres = await stack.enter_async_context(running(LocalPostgres(folder)))
                for service in missing:
                    database_urls[service] = await create_database(postgres.admin_url, service)

        yield Parts(bootstrap_servers, database_urls, kafka, postgres)


def database_variable(service: str) -> str:
    """The environment variable that names a service's database."""
    return f"{service.upper()}_DATABASE_URL"
