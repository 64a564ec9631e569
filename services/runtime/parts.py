"""The parts a service runs: started in order, stopped in reverse, each able to say what is wrong with it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol


class Part(Protocol):
    """Something that runs for as long as its service does."""

    @property
    def name(self) -> str:
        """How health and logs call it."""

    async def start(self) -> None:
        """Begins. Returns once it can be relied on to go on by itself."""

    async def stop(self) -> None:
        """Finishes what is in hand or gives it back, then ends."""

    def problem(self) -> str | None:
        """Why the service is not ready because of this part; None when it is."""


@asynccontextmanager
async def running(parts: Sequence[Part]) -> AsyncIterator[None]:
    """Runs the parts while the body does."""
    async with AsyncExitStack() as stack:
        for part in parts:
            stack.push_async_callback(part.stop)
            await part.start()
        yield


class After:
    """A part that starts once something has happened, while the others already run."""

    def __init__(self, happened: asyncio.Event, part: Part) -> None:
        self.name = part.name
        self._happened = happened
        self._part = part
        self._waiting: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Begins to wait."""
        self._waiting = asyncio.create_task(self._wait(), name=f"before {self.name}")

    async def stop(self) -> None:
        """Stops the part, if it ever started."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        if self._started:
            await self._part.stop()

    def problem(self) -> str | None:
        """The part's own, once it runs."""
        return self._part.problem() if self._started else "waiting for its turn"

    async def _wait(self) -> None:
        await self._happened.wait()
        self._started = True
        await self._part.start()
