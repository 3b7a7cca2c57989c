"""The routes for machines that every process has: liveness, readiness, metrics."""

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.runtime.health import Health

Endpoint = Callable[[Request], Awaitable[Response]]


async def healthz(_: Request) -> Response:
    """The process lives. Says nothing about anything else: a restart would not mend that."""
    return PlainTextResponse("ok\n")


async def metrics(_: Request) -> Response:
    """This process's metrics, in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def readyz(service: str, health: Health) -> Endpoint:
    """Whether a process can do its own job, check by check."""

    async def endpoint(_: Request) -> Response:
        ready = await health.ready()
        checks = {name: "ok" if result.ok else result.detail for name, result in (await health.results()).items()}
        body = {"status": "ready" if ready else "not_ready", "service": service, "checks": checks}
        return JSONResponse(body, 200 if ready else 503)

    return endpoint


def operational_routes(service: str, health: Health, *, with_metrics: bool) -> list[Route]:
    """`/healthz`, `/readyz` and, if enabled, `/metrics` of a process that serves nothing else."""
    routes = [Route("/healthz", healthz), Route("/readyz", readyz(service, health))]
    return [*routes, Route("/metrics", metrics)] if with_metrics else routes
