"""Wait for a condition with a deadline, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.runtime.database import Pool

Result = TypeVar("Result")
POLL_SECONDS = 0.02


# Enough for a machine several times slower than ours that starts Kafka meanwhile: who waits in vain alone pays for it.
WITHIN_SECONDS = 90.0


async def eventually(check: Callable[[], Awaitable[Result]], within: float = WITHIN_SECONDS) -> Result:
    """Call `check` until it returns something truthy, and return that.

    A failed assertion in `check` counts as not yet. After `within` seconds the last one is raised.
    """
    deadline = time.monotonic() + within
    while True:
        result, failure = None, None
        try:
            result = await check()
        except AssertionError as error:
            failure = error
        if result:
            return result
        if time.monotonic() > deadline:
            raise failure or AssertionError(f"still {result!r} after {within:.0f} s")
        await asyncio.sleep(POLL_SECONDS)


async def count_waiting(pool: Pool) -> int:
    """How many of a database's connections wait for a lock right now."""
    waiting: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return waiting
