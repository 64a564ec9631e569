"""Serves an ASGI app until SIGTERM or SIGINT, then lets it finish."""

import uvicorn
from starlette.types import ASGIApp

_GRACE_S = 25


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Blocks until the process is told to stop. Pages that stream are cut after the grace period."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
