"""Pages that stay up to date: a stream that says when there is something new; the page then fetches itself again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from services.runtime.database import Connection, Pool, is_passing

ReadMark: TypeAlias = Callable[[Connection, UUID], Awaitable[str]]
"""Reads a mark that differs when there is something new: see `store/changes.py`."""

_LOOK_EVERY_S = 0.3
_LOOKS = 20
"""A stream ends after six seconds and the browser opens the next: who may look is checked again, and a server that
stops is not held up for long."""
_AT_ONCE = 10
"""More streams than these about one thing look once and come again: each look takes a connection from everybody."""
_AGAIN_SOON_MS, _AGAIN_LATER_MS = 300, 5000

_listening: Counter[UUID] = Counter()


def stream_changes(request: Request, pool: Pool, read_mark: ReadMark, subject: UUID) -> StreamingResponse:
    """Server-sent events: `changed`, each time that the mark differs from what the page was made with."""
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    events = _watch(pool, read_mark, subject, seen)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _watch(pool: Pool, read_mark: ReadMark, subject: UUID, seen: str) -> AsyncIterator[str]:
    crowded = _listening[subject] >= _AT_ONCE
    _listening[subject] += 1
    try:
        yield f"retry: {_AGAIN_LATER_MS if crowded else _AGAIN_SOON_MS}\n\n"
        async for event in _look(pool, read_mark, subject, seen, 1 if crowded else _LOOKS):
            yield event
    finally:
        _listening[subject] -= 1
        if not _listening[subject]:
            del _listening[subject]


async def _look(pool: Pool, read_mark: ReadMark, subject: UUID, seen: str, looks: int) -> AsyncIterator[str]:
    for left in reversed(range(looks)):
        try:
            async with pool.acquire() as connection:
                mark = await read_mark(connection, subject)
        except Exception as error:
            if is_passing(error):
                return
            raise
        if mark != seen:
            seen = mark
            yield f"event: changed\nid: {mark}\ndata: {mark}\n\n"
        if left:
            await asyncio.sleep(_LOOK_EVERY_S)
