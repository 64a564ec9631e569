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

from services.runtime.topics import create_topics
from switchboard.local.databases import create_database, drop_database
from switchboard.local.kafka import LocalKafka, prepare_kafka
from switchboard.local.postgres import LocalPostgres, prepare_postgres
from switchboard.processes import running
from tests import containers

# Where parts that the environment does not name are started.
Kind = Literal["local", "containers"]
# Makes a new database, whose name starts with the one given, and returns its URL.
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
        made = []

        async def make_database(name: str) -> str:
            made.append(f"{name}_{secrets.token_hex(4)}")
            return await create_database(admin_url, made[-1])

        yield make_database
        if POSTGRES_VARIABLE in os.environ:
            for name in made:
                await drop_database(admin_url, name)


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
