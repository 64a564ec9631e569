"""Looks for all pages of one process that stay up to date: a statement for each kind, not one for each page."""

import asyncio
from uuid import UUID

from services.intake.store.changes import ReadMarks
from services.runtime.database import Pool

LOOK_EVERY_S = 0.3


class Watch:
    """Who asks within the same third of a second shares a look, and its one connection."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._looks: dict[ReadMarks, tuple[set[UUID], asyncio.Task[dict[UUID, str]]]] = {}

    async def next_mark(self, read_marks: ReadMarks, subject: UUID) -> str:
        """The mark at the next look. Raises what the look raises, to everybody who shares it."""
        if read_marks not in self._looks:
            look = asyncio.create_task(self._look(read_marks))
            look.add_done_callback(_hear)
            self._looks[read_marks] = (set(), look)
        subjects, look = self._looks[read_marks]
        subjects.add(subject)
        # Whoever leaves takes the look from nobody else.
        return (await asyncio.shield(look)).get(subject, "")

    async def _look(self, read_marks: ReadMarks) -> dict[UUID, str]:
        await asyncio.sleep(LOOK_EVERY_S)
        subjects, _ = self._looks.pop(read_marks)
        async with self._pool.acquire() as connection:
            return await read_marks(connection, subjects)


def _hear(look: asyncio.Task[dict[UUID, str]]) -> None:
    """Everybody who asked may have left: what it raises is nobody's then, and no trouble."""
    if not look.cancelled():
        look.exception()
