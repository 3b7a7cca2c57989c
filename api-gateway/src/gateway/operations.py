"""The routes for machines and operators of this process: health, readiness, status, metrics."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.gateway import gateway_of
from gateway.responses import show
from gateway.routing import LeanRoute
from gateway.status import SystemStatus

routes = APIRouter(route_class=LeanRoute, tags=["Operations"])
metrics_routes = APIRouter(route_class=LeanRoute, tags=["Operations"])


@routes.get("/", include_in_schema=False)
async def index(_: Request) -> Response:
    """Where to go from here."""
    return JSONResponse({"name": "Tidebook", "docs": "/docs", "openapi": "/openapi.json", "status": "/status"})


@routes.get("/healthz", response_class=PlainTextResponse)
async def healthz(_: Request) -> Response:
    """The process lives. Says nothing about anything else: a restart would not mend that."""
    return PlainTextResponse("ok\n")


@routes.get(
    "/readyz",
    response_model=SystemStatus,
    responses={503: {"model": SystemStatus, "description": "Not ready; `checks` says why."}},
)
async def readyz(request: Request) -> Response:
    """Whether this gateway may take traffic, with the state of the whole system."""
    status = await gateway_of(request).view.look()
    return show(status, 200 if status.status == "ready" else 503)


@routes.get("/status", response_model=SystemStatus)
async def status(request: Request) -> Response:
    """The same for people: always 200."""
    return show(await gateway_of(request).view.look())


@metrics_routes.get("/metrics", response_class=PlainTextResponse)
async def metrics(_: Request) -> Response:
    """This process's metrics, in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
