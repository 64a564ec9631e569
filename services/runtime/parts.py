"""The parts a service runs: started in order, stopped in reverse, each able to say what is wrong with it."""

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
