"""The real Kafka and PostgreSQL that tests stand on, wherever they come from.

Looked for in this order: named by the environment; started in containers with `--parts=containers`; else started as
local processes. The suite is the same for all three.
"""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import asyncpg

from services.runtime.migrations import migrate
from services.runtime.topics import create_topics
from switchboard.local.databases import create_database, drop_database
from switchboard.local.kafka import LocalKafka, prepare_kafka
from switchboard.local.postgres import LocalPostgres, prepare_postgres
from switchboard.processes import running
from tests import containers

# Where parts that the environment does not name are started.
Kind = Literal["local", "containers"]
# Makes a new database with the tables of the service that is named, and returns its URL.
DatabaseMaker = Callable[[str], Awaitable[str]]

KAFKA_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
# A role that may create databases and roles.
POSTGRES_VARIABLE = "TEST_POSTGRES_URL"


@asynccontextmanager
async def shared_kafka(kind: Kind, folder: Path) -> AsyncIterator[str]:
    """Bootstrap servers of the broker that the environment names, else of a new one."""
    if named := os.environ.get(KAFKA_VARIABLE):
        await create_topics(named)
        yield named
    else:
        async with new_kafka(kind, folder) as bootstrap_servers:
            yield bootstrap_servers


@asynccontextmanager
async def new_kafka(kind: Kind, folder: Path) -> AsyncIterator[str]:
    """Bootstrap servers of a broker with Switchboard's topics, all empty; gone when the block ends."""
    if kind == "containers":
        with containers.running_kafka() as bootstrap_servers:
            await create_topics(bootstrap_servers)
            yield bootstrap_servers
    else:
        async with running(LocalKafka(folder, await prepare_kafka(print))) as kafka:
            await create_topics(kafka.bootstrap_servers)
            yield kafka.bootstrap_servers


@asynccontextmanager
async def database_maker(kind: Kind, folder: Path) -> AsyncIterator[DatabaseMaker]:
    """Makes databases on one server. When the block ends they are dropped, where the server goes on without us."""
    async with _postgres(kind, folder) as admin_url:
        made: list[str] = []
        templates: dict[str, str] = {}

        async def make_database(service: str) -> str:
            # Copied, for to migrate takes a second each time, and hundreds of tests ask for a database.
            if service not in templates:
                made.append(f"{service}_{secrets.token_hex(4)}")
                templates[service] = await create_database(admin_url, made[-1])
                await migrate(templates[service], service)
            made.append(f"{service}_{secrets.token_hex(4)}")
            return await _copy_database(admin_url, templates[service], made[-1])

        yield make_database
        if POSTGRES_VARIABLE in os.environ:
            for name in reversed(made):
                await drop_database(admin_url, name)


async def _copy_database(admin_url: str, template_url: str, name: str) -> str:
    """A database like the template, and of the same owner; returns its URL."""
    template = urlsplit(template_url)
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template.path.removeprefix("/")}" OWNER "{template.username}"'
        )
    finally:
        await connection.close()
    return template._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def _postgres(kind: Kind, folder: Path) -> AsyncIterator[str]:
    if named := os.environ.get(POSTGRES_VARIABLE):
        yield named
    elif kind == "containers":
        with containers.running_postgres() as admin_url:
            yield admin_url
    else:
        await prepare_postgres(folder)
        async with running(LocalPostgres(folder)) as postgres:
            yield postgres.admin_url
