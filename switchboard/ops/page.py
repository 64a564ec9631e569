"""The board as a web page that fetches itself again: for a second screen, or a phone at night."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from switchboard.ops.board import Board, make_board
from switchboard.ops.metrics import FIGURES, set_figures
from switchboard.ops.reading import Look, Watcher

_EVERY_S = 2.0
_LATE_AFTER_S = 30
"""Longer than the longest look: what is shown is no longer true."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class OpsPage:
    """Looks every two seconds, however many people look at the page."""

    def __init__(self, bootstrap_servers: str, urls: Mapping[str, str]) -> None:
        self._servers, self._urls = bootstrap_servers, urls
        self._board: Board | None = None
        self._at = datetime.now(UTC)
        self._first = asyncio.Event()
        pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._template = pages.get_template("page.html")

    def app(self) -> Starlette:
        """The page at `/`, and what it reads of Kafka at `/metrics`."""
        return Starlette(routes=[Route("/", self.show), Route("/metrics", self.tell)], lifespan=self._watching)

    async def show(self, _request: Request) -> Response:
        """503 when something needs a person, so that whatever polls it can raise an alarm."""
        await self._first.wait()
        board = self._board
        late = (datetime.now(UTC) - self._at).total_seconds() > _LATE_AFTER_S
        status = 503 if board is None or board.alarms or late else 200
        html = self._template.render(board=board, at=self._at, every=_EVERY_S)
        return HTMLResponse(html, status, _HEADERS)

    async def tell(self, _request: Request) -> Response:
        """The figures for Prometheus."""
        await self._first.wait()
        return Response(generate_latest(FIGURES), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def _watching(self, _app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch(), name="watching")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        async with Watcher(self._servers, self._urls) as watcher:
            before = None
            while True:
                try:
                    now = await watcher.look()
                    self._board = make_board(now, before)
                except Exception as error:  # noqa: BLE001 - a board that stands still would look like a calm one
                    now = Look(f"not readable ({type(error).__name__})")
                    self._board = make_board(now, None)
                self._at = datetime.now(UTC)
                set_figures(now.kafka)
                self._first.set()
                before = now
                await asyncio.sleep(_EVERY_S)
