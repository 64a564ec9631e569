"""Pages that stay up to date: a stream that says when there is something new; the page then fetches itself again."""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from services.intake.desk import Desk
from services.intake.store.changes import ReadMarks
from services.intake.watching import Watch
from services.runtime.database import is_passing

_LOOKS = 20
"""A stream ends after six seconds and the browser opens the next: who may look is checked again, and a server that
stops is not held up for long."""
_AT_ONCE = 10
"""More streams than these about one thing look once and come again: a stream is kept for everybody."""
_AGAIN_SOON_MS, _AGAIN_LATER_MS = 300, 5000

_listening: Counter[UUID] = Counter()


def stream_changes(request: Request, desk: Desk, read_marks: ReadMarks, subject: UUID) -> StreamingResponse:
    """Server-sent events: `changed`, each time that the mark differs from what the page was made with."""
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    events = _watch(desk.watch, read_marks, subject, seen)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _watch(watch: Watch, read_marks: ReadMarks, subject: UUID, seen: str) -> AsyncIterator[str]:
    crowded = _listening[subject] >= _AT_ONCE
    _listening[subject] += 1
    try:
        yield f"retry: {_AGAIN_LATER_MS if crowded else _AGAIN_SOON_MS}\n\n"
        async for event in _look(watch, read_marks, subject, seen, 1 if crowded else _LOOKS):
            yield event
    finally:
        _listening[subject] -= 1
        if not _listening[subject]:
            del _listening[subject]


async def _look(watch: Watch, read_marks: ReadMarks, subject: UUID, seen: str, looks: int) -> AsyncIterator[str]:
    for _ in range(looks):
        try:
            mark = await watch.next_mark(read_marks, subject)
        except Exception as error:
            if is_passing(error):
                return
            raise
        if mark != seen:
            seen = mark
            yield f"event: changed\nid: {mark}\ndata: {mark}\n\n"
