"""What becomes of a batch of records: handled, parked or dead-lettered, all in the database and all or nothing.

Offsets are committed only after this returned: whatever it settled is durable by then.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from time import monotonic

from prometheus_client import Counter, Gauge

from schemas.topics import ServiceName
from services.runtime import inbox, outbox, parking
from services.runtime.database import Connection, Pool, is_passing
from services.runtime.dead_letters import to_dead_letter
from services.runtime.logs import get_logger
from services.runtime.messages import Handler, RawRecord, Read, Readable, Unreadable, read
from services.runtime.pauses import pauses

MAX_ATTEMPTS = 5
BREAKER_LIMIT, BREAKER_WITHIN_S = 200, 60.0
"""So many failures within so long are a bug or an attack, not bad luck: the consumer stops."""

HANDLED = Counter("switchboard_records_handled_total", "Records handled", ["topic"])
PARKED = Counter("switchboard_records_parked_total", "Records set aside after an error", ["topic"])
DEAD = Counter("switchboard_records_dead_total", "Records given up on", ["topic"])
BREAKER_OPEN = Gauge("switchboard_breaker_open", "1 when too many records failed and the consumer has stopped")

_log = get_logger(__name__)


class TooManyFailures(RuntimeError):
    """Nothing goes through any more; a person must look before more is set aside."""


class Breaker:
    """Opens for good when too many records failed within a short time: a restart closes it."""

    def __init__(self, limit: int = BREAKER_LIMIT, within: float = BREAKER_WITHIN_S) -> None:
        self.open = False
        self._limit, self._within = limit, within
        self._failures: deque[float] = deque(maxlen=limit)

    def count(self, failures: int) -> None:
        """Adds failures of this moment."""
        now = monotonic()
        self._failures.extend([now] * failures)
        if len(self._failures) == self._limit and now - self._failures[0] < self._within:
            self.open = True
            BREAKER_OPEN.set(1)


class Settlement:
    """Settles records with a service's handler. Waits for as long as the database is away."""

    def __init__(self, service: ServiceName, pool: Pool, handle: Handler) -> None:
        self._service = service
        self._pool = pool
        self._handle = handle
        self._breaker = Breaker()

    async def settle(self, raws: Sequence[RawRecord]) -> None:
        """Settles a batch. Raises TooManyFailures, and nothing else."""
        items = [read(raw) for raw in raws]
        await self._settle_all(items)
        if self._breaker.open:
            raise TooManyFailures(f"{BREAKER_LIMIT} records failed within {BREAKER_WITHIN_S:.0f} s")

    async def _settle_all(self, items: Sequence[Read]) -> None:
        waits = pauses()
        while True:
            try:
                await self._settle_together(items)
            except Exception as error:  # noqa: BLE001 - sorted below: the one place where failures are dealt with
                if not is_passing(error):
                    break
                _log.warning("waiting for the database", error=type(error).__name__)
                await asyncio.sleep(next(waits))
            else:
                return
        for item in items:
            if self._breaker.open:
                return
            await self._settle_alone(item)

    async def retry_parked(self) -> int:
        """Tries one parked record again. Returns 1 if there was one, else 0."""
        if self._breaker.open:
            return 0
        async with self._pool.acquire() as connection, connection.transaction():
            parked = await parking.take_due(connection)
            if parked is None:
                return 0
            try:
                async with connection.transaction():
                    await self._apply(connection, [read(parked.raw)])
            except Exception as error:
                if is_passing(error):
                    raise
                await self._give_up_or_postpone(connection, parked, _describe(error))
            else:
                await parking.unpark(connection, parked)
        return 1

    async def _settle_together(self, items: Sequence[Read]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            items = await self._without_given_up(connection, items)
            waiting = await parking.parked_keys(connection, (item.raw for item in items))
            behind = [item.raw for item in items if (item.raw.topic, item.raw.key or b"") in waiting]
            if behind:
                await parking.park(connection, behind, 0, "waits behind an earlier record of its key")
            dead = await self._apply(
                connection, [item for item in items if (item.raw.topic, item.raw.key or b"") not in waiting]
            )
        self._breaker.count(dead)

    @staticmethod
    async def _without_given_up(connection: Connection, items: Sequence[Read]) -> Sequence[Read]:
        """A record that was given up on comes again when its offset was not committed: the inbox has its place."""
        given_up = await inbox.seen(connection, [item.raw.place for item in items])
        return [item for item in items if item.raw.place not in given_up] if given_up else items

    async def _settle_alone(self, item: Read) -> None:
        waits = pauses()
        while True:
            try:
                await self._settle_together([item])
            except Exception as error:  # noqa: BLE001 - as above
                if is_passing(error):
                    await asyncio.sleep(next(waits))
                    continue
                await self._park_failed(item.raw, error)
            return

    async def _park_failed(self, raw: RawRecord, error: Exception) -> None:
        _log.error("record parked", topic=raw.topic, offset=raw.offset, problem=_describe(error), exc_info=error)
        self._breaker.count(1)
        waits = pauses()
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await parking.park(connection, [raw], 1, _describe(error))
            except Exception as outage:
                if not is_passing(outage):
                    raise
                await asyncio.sleep(next(waits))
            else:
                PARKED.labels(raw.topic).inc()
                return

    async def _apply(self, connection: Connection, items: Sequence[Read]) -> int:
        dead = [item for item in items if isinstance(item, Unreadable)]
        await outbox.put(connection, [to_dead_letter(self._service, item.raw, item.problem, 1) for item in dead])
        await inbox.admit(connection, [item.raw.place for item in dead])
        good = [item for item in items if isinstance(item, Readable)]
        if good:
            await self._apply_unseen(connection, good)
        for item in dead:
            DEAD.labels(item.raw.topic).inc()
        return len(dead)

    async def _apply_unseen(self, connection: Connection, items: Sequence[Readable]) -> None:
        unseen = await inbox.admit(connection, [item.message.envelope.id for item in items])
        messages = []
        for item in items:
            if item.message.envelope.id in unseen:
                unseen.discard(item.message.envelope.id)
                messages.append(item.message)
        if messages:
            await self._handle(connection, messages)
        for message in messages:
            HANDLED.labels(message.topic).inc()

    async def _give_up_or_postpone(self, connection: Connection, parked: parking.Parked, problem: str) -> None:
        if parked.attempts + 1 < MAX_ATTEMPTS:
            await parking.postpone(connection, parked, problem)
            return
        letter = to_dead_letter(self._service, parked.raw, problem, parked.attempts + 1)
        await outbox.put(connection, [letter])
        await inbox.admit(connection, [parked.raw.place])
        await parking.unpark(connection, parked)
        DEAD.labels(parked.raw.topic).inc()
        self._breaker.count(1)
        _log.error("record given up on", topic=parked.raw.topic, offset=parked.raw.offset, problem=problem)


def _describe(error: Exception) -> str:
    # The type alone: an error's text may quote the record.
    return type(error).__name__
