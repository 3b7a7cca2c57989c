"""For machines and operators of this process: health, readiness, status, metrics."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.api.dependencies import System
from gateway.http.routes import api_router
from gateway.status.model import Readiness, SystemStatus
from shared.runtime import operations

routes = api_router("Operations")
routes.add_api_route("/healthz", operations.healthz, methods=["GET"], response_class=PlainTextResponse)


@routes.get("/", include_in_schema=False)
async def index() -> Response:
    """Where to go from here."""
    return JSONResponse({"name": "Tidebook", "docs": "/docs", "openapi": "/openapi.json", "status": "/status"})


async def readyz(view: System, response: Response) -> SystemStatus:
    """Whether this gateway may take traffic, with the state of the whole system."""
    status = await view.look()
    response.status_code = 200 if status.status == "ready" else 503
    return status


async def bare_readyz(view: System, response: Response) -> Readiness:
    """Whether this gateway may take traffic, and nothing about how the system is made."""
    status = await view.look()
    response.status_code = 200 if status.status == "ready" else 503
    return Readiness(status=status.status)


async def status(view: System) -> SystemStatus:
    """The same for people: always 200."""
    return await view.look()


def public_state_routes() -> APIRouter:
    """What everybody may know of a gateway's state: yes or no."""
    router = api_router("Operations")
    router.add_api_route("/readyz", bare_readyz, methods=["GET"], response_model=Readiness)
    return router


def state_routes(*, metrics: bool) -> APIRouter:
    """The state of the whole system, versions and instances included, and `/metrics`, where it is wanted."""
    router = api_router("Operations")
    not_ready = {"model": SystemStatus, "description": "Not ready; `checks` says why."}
    router.add_api_route("/readyz", readyz, methods=["GET"], response_model=SystemStatus, responses={503: not_ready})
    router.add_api_route("/status", status, methods=["GET"], response_model=SystemStatus)
    if metrics:
        router.add_api_route("/metrics", operations.metrics, methods=["GET"], response_class=PlainTextResponse)
    return router
