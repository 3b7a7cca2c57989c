"""For machines and operators of this process: health, readiness, status, metrics."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.api.dependencies import System
from gateway.http.routes import api_router
from gateway.status.model import SystemStatus
from shared.runtime import operations

routes = api_router("Operations")
routes.add_api_route("/healthz", operations.healthz, methods=["GET"], response_class=PlainTextResponse)


@routes.get("/", include_in_schema=False)
async def index() -> Response:
    """Where to go from here."""
    return JSONResponse({"name": "Tidebook", "docs": "/docs", "openapi": "/openapi.json", "status": "/status"})


@routes.get(
    "/readyz",
    response_model=SystemStatus,
    responses={503: {"model": SystemStatus, "description": "Not ready; `checks` says why."}},
)
async def readyz(view: System, response: Response) -> SystemStatus:
    """Whether this gateway may take traffic, with the state of the whole system."""
    status = await view.look()
    response.status_code = 200 if status.status == "ready" else 503
    return status


@routes.get("/status", response_model=SystemStatus)
async def status(view: System) -> SystemStatus:
    """The same for people: always 200."""
    return await view.look()


def metrics_routes() -> APIRouter:
    """`/metrics`, where it is wanted."""
    router = api_router("Operations")
    router.add_api_route("/metrics", operations.metrics, methods=["GET"], response_class=PlainTextResponse)
    return router
