"""Work that is looked for again and again (due timers, queued messages, parked records, the outbox), or done once."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from services.runtime.logs import get_logger
from services.runtime.pauses import pauses

_SOON_S = 2.0

_log = get_logger(__name__)


class Loop:
    """Calls `work` again at once while it finds something, otherwise after `every` seconds.

    `work` returns how much it did. An error is logged and followed by growing pauses: a loop never ends by itself.
    A service can do without a loop that is not `vital`, and is ready while it fails.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[int]], every: float, *, vital: bool = True) -> None:
        self.name = name
        self._vital = vital
        self._work = work
        self._every = every
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing_since: float | None = None

    async def start(self) -> None:
        """Begins to look for work."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Lets the work in hand finish."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    def problem(self) -> str | None:
        """What fails, once it has failed for longer than a hiccup."""
        if not self._vital:
            return None
        if self._task is None:
            return "not started"
        if self._failing_since is not None and monotonic() - self._failing_since > 5:  # noqa: PLR2004 - seconds
            return "its work fails"
        return None

    async def _run(self) -> None:
        waits = pauses()
        while not self._stopping.is_set():
            try:
                done = await self._work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must go on
                self._failing_since = self._failing_since or monotonic()
                _log.warning("loop failed, trying again", loop=self.name, error=type(error).__name__, exc_info=error)
                await self._wait(next(waits))
            else:
                self._failing_since, waits = None, pauses()
                if done == 0:
                    await self._wait(self._every)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


class Once:
    """Does its work once: at its start where that is possible, otherwise as soon as it is. Not ready before."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._work = work
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Tries, and goes on trying while the service already runs."""
        self._task = asyncio.create_task(self._run(), name=self.name)
        await asyncio.wait({self._task}, timeout=_SOON_S)

    async def stop(self) -> None:
        """Tries no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def problem(self) -> str | None:
        """Whether it is still to be done."""
        return None if self._task is not None and self._task.done() else "not done yet"

    async def _run(self) -> None:
        for pause in pauses():
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                _log.warning("not done, trying again", work=self.name, error=type(error).__name__, exc_info=error)
                await asyncio.sleep(pause)
            else:
                return
