"""A service that starts while its database is away waits for it."""

import asyncio

import pytest

from services.runtime.database import open_pool
from services.runtime.loops import Once
from switchboard.local.ports import find_free_port
from tests.waiting import WITHIN_SECONDS, eventually


@pytest.mark.asyncio
async def test_work_that_is_done_once_is_tried_until_it_can_be() -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionRefusedError

    once = Once("work", work)
    assert once.problem() == "not done yet"
    await once.start()

    async def done() -> bool:
        return once.problem() is None

    await eventually(done)
    await once.stop()
    assert tries == 3


@pytest.mark.asyncio
async def test_work_that_hangs_does_not_keep_the_others_from_starting() -> None:
    once = Once("work", asyncio.Event().wait)  # type: ignore[arg-type] # what it returns matters to nobody
    await asyncio.wait_for(once.start(), WITHIN_SECONDS)
    assert once.problem() == "not done yet"
    await asyncio.wait_for(once.stop(), WITHIN_SECONDS)


@pytest.mark.asyncio
async def test_work_that_can_be_done_is_done_when_it_has_started() -> None:
    once = Once("work", lambda: asyncio.sleep(0))
    await once.start()
    assert once.problem() is None
    await once.stop()


@pytest.mark.asyncio
async def test_a_pool_opens_while_its_database_is_away() -> None:
    async with open_pool(f"postgresql://nobody@127.0.0.1:{find_free_port()}/nothing", 1) as pool:
        with pytest.raises(OSError, match="Connect"):
            await pool.acquire()
