"""What an orchestrator and ops ask a service: is it alive, is it ready, what are its figures."""

from collections.abc import Sequence

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.runtime.parts import Part


def health_routes(parts: Sequence[Part]) -> list[Route]:
    """`/health/live`, `/health/ready` (503 with each part's problem) and `/metrics`."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        problems = {part.name: problem for part in parts if (problem := part.problem()) is not None}
        status = "ready" if not problems else "not ready"
        return JSONResponse({"status": status, "problems": problems}, status_code=503 if problems else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]
