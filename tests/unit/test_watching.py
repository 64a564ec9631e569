"""What pages that stay up to date share: a look that fails is told to those who wait for it, and to nobody else."""

import asyncio
import gc
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.intake.watching import Watch
from services.runtime.database import Connection


async def read_marks(connection: Connection, subjects: Collection[UUID]) -> dict[UUID, str]:
    """Is never come to: the pool is not open."""
    raise NotImplementedError


async def test_a_look_that_fails_once_everybody_has_left_is_no_trouble() -> None:
    troubles: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(Watch(asyncpg.create_pool()).next_mark(read_marks, uuid4()))
    await asyncio.sleep(0)
    look = (asyncio.all_tasks() - before - {waiting}).pop()
    waiting.cancel()
    await asyncio.wait([look, waiting])
    del look, waiting
    gc.collect()
    assert not troubles
