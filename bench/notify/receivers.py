"""A mail server and a texting API in a process of their own: each takes what it gets, and writes down when.

The ledger has a line for each message: the time in seconds since 1970, a tab, and its id, which stands in an email's
Message-ID and in a text's StatusCallback. SIGUSR1 and SIGUSR2 close both doors (421, 503), and open them again.
"""

import argparse
import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any, TextIO
from uuid import uuid4

from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.runtime.serving import serve
from switchboard.processes import LOCALHOST

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)
_CALLBACK = re.compile(r"/texts/([^/]+)/status")


class Receivers:
    """Both doors, and the ledger."""

    def __init__(self, ledger: TextIO) -> None:
        self._ledger, self.closed = ledger, False

    def close(self) -> None:
        """Takes nothing."""
        self.closed = True

    def open(self) -> None:
        """Takes everything."""
        self.closed = False

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Takes any recipient."""
        if self.closed:
            return "421 4.3.2 Closed for a while"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Takes any email."""
        found = _MESSAGE_ID.search(envelope.content)
        self._write(found[1].decode() if found else "")
        return "250 OK"

    async def send(self, request: Request) -> Response:
        """Takes any text."""
        if self.closed:
            return JSONResponse({"code": 20503, "message": "Service Unavailable"}, 503)
        form = await request.form()
        found = _CALLBACK.search(str(form["StatusCallback"]))
        self._write(found[1] if found else "")
        return JSONResponse({"sid": f"SM{uuid4().hex}", "status": "queued"}, 201)

    async def list(self, _request: Request) -> Response:
        """Remembers nothing."""
        return JSONResponse({"messages": []})

    async def ready(self, _request: Request) -> Response:
        """It is, as soon as it answers."""
        return JSONResponse({"status": "ready"})

    def _write(self, message_id: str) -> None:
        self._ledger.write(f"{time():.6f}\t{message_id}\n")


def main() -> None:
    """Serves until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    given = parser.parse_args()
    with given.ledger.open("a", buffering=1) as ledger:
        receivers = Receivers(ledger)
        serve(_create_app(receivers, given.smtp_port), LOCALHOST, given.http_port, grace_seconds=1)


def _create_app(receivers: Receivers, smtp_port: int) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, receivers.close)
        loop.add_signal_handler(signal.SIGUSR2, receivers.open)
        smtp = await loop.create_server(lambda: SMTP(receivers, ident="bench"), LOCALHOST, smtp_port)
        async with smtp:
            yield

    messages = "/2010-04-01/Accounts/{account}/Messages.json"
    return Starlette(
        routes=[
            Route(messages, receivers.send, methods=["POST"]),
            Route(messages, receivers.list),
            Route("/health/ready", receivers.ready),
        ],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    main()
