"""Serves an ASGI app until SIGTERM or SIGINT, then lets it finish."""

import uvicorn
from starlette.types import ASGIApp


def serve(app: ASGIApp, host: str, port: int, grace_seconds: int = 25) -> None:
    """Blocks until the process is told to stop. What is not answered after the grace period is cut."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )
