"""What waits in a service's database, as gauges: read every few seconds."""

from collections.abc import Awaitable, Callable

from prometheus_client import Gauge

from services.runtime.database import Connection, Pool
from services.runtime.loops import Loop

_EVERY_S = 5.0

OUTBOX = Gauge("switchboard_outbox_records", "Events that wait to be published")
OUTBOX_OLDEST = Gauge("switchboard_outbox_oldest_seconds", "How long the first of them has waited")
PARKED_NOW = Gauge("switchboard_parked_records", "Records that wait to be tried again, and their followers")

Measure = Callable[[Connection], Awaitable[None]]
"""Sets gauges of its own from a query."""


def measuring(pool: Pool, *others: Measure) -> Loop:
    """The part that keeps the gauges of the database true, a service's own among them."""

    async def measure() -> int:
        async with pool.acquire() as connection:
            await _measure_runtime(connection)
            for other in others:
                await other(connection)
        return 0

    return Loop("figures", measure, every=_EVERY_S, vital=False)


async def _measure_runtime(connection: Connection) -> None:
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM outbox) AS waiting,
               coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at) FROM outbox ORDER BY id LIMIT 1),
                        0)::float AS oldest,
               (SELECT count(*) FROM parked) AS parked
        """
    )
    if row is None:
        raise LookupError("an aggregate has one row")
    OUTBOX.set(row["waiting"])
    OUTBOX_OLDEST.set(row["oldest"])
    PARKED_NOW.set(row["parked"])


def set_counts(gauge: Gauge, counts: dict[str, int]) -> None:
    """Sets a gauge of one label to these counts, and forgets the labels that have none any more."""
    gauge.clear()
    for label, count in counts.items():
        gauge.labels(label).set(count)
