"""For machines and operators of this process: health, readiness, status, metrics."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.api.dependencies import System
from gateway.http.answers import shows
from gateway.http.routes import api_router
from gateway.status.model import Readiness, SystemStatus
from shared.runtime import operations

routes = api_router("Operations")
routes.add_api_route(
    "/healthz",
    operations.healthz,
    methods=["GET"],
    response_class=PlainTextResponse,
    responses=shows(200, "ok\n", media_type="text/plain"),
)
_CHECKS = {"nats": "ok", "database": "ok", "outcomes": "ok"}
_INSTANCE = {
    "instance": "booking-7f3a",
    "version": "1.4.0",
    "zone_data": "2026b",
    "age_seconds": 1.5,
    "ready": True,
    "checks": {"nats": "ok", "database": "ok"},
    "lag": {"booking-create-booking": 0},
}
_READY = {
    "status": "ready",
    "service": "gateway",
    "instance": "gateway-1c2d",
    "version": "1.4.0",
    "checks": _CHECKS,
    "capabilities": {"can_search": "ok", "can_book": "ok", "can_take_money": "down", "can_notify": "down"},
    "read_only": "off",
    "services": [{"name": "booking", "state": "ok", "instances": [_INSTANCE]}],
    "jobs": None,
}
_NOT_READY = _READY | {"status": "not_ready", "checks": _CHECKS | {"nats": "not connected"}}


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
    not_ready = shows(503, {"status": "not_ready"}, description="Not ready.", model=Readiness)
    answers = shows(200, {"status": "ready"}) | not_ready
    router.add_api_route("/readyz", bare_readyz, methods=["GET"], response_model=Readiness, responses=answers)
    return router


def state_routes(*, metrics: bool) -> APIRouter:
    """The state of the whole system, versions and instances included, and `/metrics`, where it is wanted."""
    router = api_router("Operations")
    not_ready = shows(503, _NOT_READY, description="Not ready; `checks` says why.", model=SystemStatus)
    answers = shows(200, _READY) | not_ready
    router.add_api_route("/readyz", readyz, methods=["GET"], response_model=SystemStatus, responses=answers)
    router.add_api_route("/status", status, methods=["GET"], response_model=SystemStatus, responses=shows(200, _READY))
    if metrics:
        router.add_api_route(
            "/metrics",
            operations.metrics,
            methods=["GET"],
            response_class=PlainTextResponse,
            responses=shows(200, "outbox_pending 0.0\n", media_type="text/plain"),
        )
    return router
