"""What has been handled already. The fast path against redelivery; the domain's own keys are the guarantee."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from services.runtime.database import Connection, Pool
from services.runtime.loops import Loop

KEEP = timedelta(days=30)
"""At least twice the retention of the topics."""


async def admit(connection: Connection, event_ids: Sequence[UUID]) -> set[UUID]:
    """Marks events as handled, in the caller's transaction, and returns those that were not yet."""
    rows = await connection.fetch(
        "INSERT INTO inbox (event_id) SELECT DISTINCT unnest($1::uuid[]) ORDER BY 1 "
        "ON CONFLICT DO NOTHING RETURNING event_id",
        event_ids,
    )
    return {row["event_id"] for row in rows}


async def seen(connection: Connection, event_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these were marked before."""
    rows = await connection.fetch("SELECT event_id FROM inbox WHERE event_id = ANY($1::uuid[])", event_ids)
    return {row["event_id"] for row in rows}


def pruning(pool: Pool, *others: Callable[[Connection], Awaitable[None]]) -> Loop:
    """The part that forgets what is older than any redelivery can be, and `others` like it, hour by hour."""

    async def prune() -> int:
        async with pool.acquire() as connection:
            await connection.execute("DELETE FROM inbox WHERE received_at < now() - $1::interval", KEEP)
            for forget_old in others:
                await forget_old(connection)
        return 0

    return Loop("pruning", prune, every=3600)
