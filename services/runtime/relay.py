"""Publishes the outbox: one relay of a service at a time, in id order, deleting what the broker acknowledged."""

import asyncio
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter

from schemas.topics import ServiceName
from services.runtime.headers import headers_from_json
from services.runtime.loops import Loop

_BATCH = 500
_POLL_S = 0.02
_STANDBY_POLL_S = 1.0
_LOCK = 7_041_002
_REQUEST_TIMEOUT_MS = 15_000

PUBLISHED = Counter("switchboard_outbox_published_total", "Records that the broker acknowledged")


class Relay:
    """The outbox's way to Kafka.

    The lock lives on a connection of the relay's own, and all it reads and deletes goes over that connection:
    whoever loses the connection has lost the lock, and can no longer delete.
    """

    name = "relay"

    def __init__(self, service: ServiceName, database_url: str, bootstrap_servers: str) -> None:
        self._service = service
        self._database_url = database_url
        self._bootstrap_servers = bootstrap_servers
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._loop = Loop("relay", self._publish_some, _POLL_S)

    async def start(self) -> None:
        """Begins to publish, or to stand by while another copy does."""
        await self._loop.start()

    async def stop(self) -> None:
        """Publishes what is in hand and lets go of the lock."""
        await self._loop.stop()
        await self._let_go()

    def problem(self) -> str | None:
        """A relay that stands by is ready; one that fails is not."""
        return self._loop.problem()

    async def _publish_some(self) -> int:
        try:
            connection = await self._lead()
            if connection is None:
                await asyncio.sleep(_STANDBY_POLL_S)
                return 0
            rows = await connection.fetch(
                "SELECT id, topic, key, value, headers FROM outbox ORDER BY id LIMIT $1", _BATCH
            )
            if rows:
                await self._send(rows)
                await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in rows])
                PUBLISHED.inc(len(rows))
        except BaseException:
            await self._let_go()
            raise
        return len(rows)

    async def _send(self, rows: Sequence[asyncpg.Record]) -> None:
        producer = await self._started_producer()
        waiting = [
            await producer.send(
                row["topic"], value=row["value"], key=row["key"], headers=list(headers_from_json(row["headers"]))
            )
            for row in rows
        ]
        await asyncio.gather(*waiting)

    async def _lead(self) -> "asyncpg.Connection[asyncpg.Record] | None":
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        connection = await asyncpg.connect(
            self._database_url,
            command_timeout=10,
            # A cut cable must not hold the lock: the server notices within about 20 seconds.
            server_settings={
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
                "application_name": f"{self._service}-relay",
            },
        )
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            self._connection = connection
            return connection
        await connection.close()
        return None

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        # A producer that failed half-way would go on with the next records: order begins anew with a new one.
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers,
                client_id=f"{self._service}-relay",
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                request_timeout_ms=_REQUEST_TIMEOUT_MS,
            )
            await producer.start()
        return self._producer
