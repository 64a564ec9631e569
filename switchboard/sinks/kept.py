"""What was sent, newest last, in bounded memory."""

import asyncio
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

_KEEP = 20_000


@dataclass
class Kept:
    """One email or text. Texts that people sent to us are `incoming`."""

    number: int
    kind: str
    sender: str
    to: str
    text: str
    received_at: str
    subject: str = ""
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    sid: str = ""
    status: str = ""
    incoming: bool = False

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


class Box:
    """Keeps messages, and wakes whoever waits for the next one."""

    def __init__(self) -> None:
        self._messages: deque[Kept] = deque(maxlen=_KEEP)
        self._numbers = count(1)
        self._arrived = asyncio.Event()

    def add(self, **values: Any) -> Kept:  # noqa: ANN401 - the fields of Kept
        """Keeps a message."""
        kept = Kept(number=next(self._numbers), received_at=datetime.now(UTC).isoformat(), **values)
        self._messages.append(kept)
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()
        return kept

    def find(self, kind: str | None = None, to: str | None = None, after: int = 0) -> list[Kept]:
        """Messages after a number, oldest first."""
        found = []
        for message in reversed(self._messages):
            if message.number <= after:
                break
            if kind in {None, message.kind} and to in {None, "", message.to}:
                found.append(message)
        return found[::-1]

    async def wait(self, after: int, seconds: float) -> list[Kept]:
        """As `find`, but waits for the first one."""
        arrived = self._arrived
        if not (found := self.find(after=after)):
            try:
                await asyncio.wait_for(arrived.wait(), seconds)
            except TimeoutError:
                return []
            found = self.find(after=after)
        return found
