"""The database: one pool for each service, and which of its errors are outages."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic_core import from_json

# Quoted: asyncpg's classes take parameters in its stubs alone.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_COMMAND_TIMEOUT_S = 10

_OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
)
_COLLISIONS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


def is_passing(error: BaseException) -> bool:
    """Whether an error says nothing about the work: the server was away, or two transactions met."""
    return isinstance(error, _OUTAGES + _COLLISIONS)


async def read_clock(connection: Connection) -> datetime:
    """The database's time, one for all: a process's own clock may be wrong, and would hold back what is due."""
    moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return moment


def to_columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows of that width as columns, for `unnest`; so many empty ones for no rows."""
    return [[row[position] for row in rows] for position in range(width)]


async def _speak_json(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=from_json, schema="pg_catalog")


async def _leave_as_it_is(connection: Connection) -> None:
    # Nobody changes a session here; the driver's own way asks the server for it each time that one is given back.
    del connection


@asynccontextmanager
async def open_pool(database_url: str, connections: int) -> AsyncIterator[Pool]:
    """A pool whose connections speak JSON and never hang for longer than ten seconds.

    It connects when somebody first wants it to: a service that starts while the database is away waits, like any other.
    """
    pool = asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=connections,
        command_timeout=_COMMAND_TIMEOUT_S,
        init=_speak_json,
        reset=_leave_as_it_is,
        server_settings={"idle_in_transaction_session_timeout": "30s", "timezone": "UTC"},
    )
    async with pool:
        yield pool


@asynccontextmanager
async def open_connection(database_url: str) -> AsyncIterator[Connection]:
    """One connection that speaks JSON and may take its time, for work that a person waits for."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC"})
    try:
        await _speak_json(connection)
        yield connection
    finally:
        await connection.close()
