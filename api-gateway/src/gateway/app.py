"""The HTTP application: routes, problem documents, the OpenAPI document."""

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway import bookings, catalogue, operations, tenants, webhooks
from gateway.edge import Edge
from gateway.gateway import Gateway
from gateway.problems import HANDLERS, Problem, ProblemDocument, render_problem
from gateway.schemas import Cancellation, NewApiKey, NewBooking, NewResource, NewService, NewTenant, NewTime
from shared.service.app import VERSION

_DESCRIPTION = """
Bookings that can't overlap, paid deposits, mails that are sent. Every request carries
`Authorization: Bearer <key>`. Errors are problem documents (RFC 9457) with a stable `code`.

Writes are durable: once accepted they are carried out, even if a part of the system is down. The
answer is the outcome if it comes in time (5 s, or `Prefer: wait=N`), otherwise `202` with a
`Location` to look at. `Idempotency-Key` makes a write safe to send again.
"""
_BODIES = (Cancellation, NewApiKey, NewBooking, NewResource, NewService, NewTenant, NewTime, ProblemDocument)


def create_app(gateway: Gateway, *, metrics: bool) -> FastAPI:
    """The application around the given parts; `metrics` says whether `/metrics` is served."""
    app = _application(metrics=metrics)
    app.state.gateway = gateway
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return _application(metrics=True).openapi()


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """Ours in place of FastAPI's: the edge has the last word on errors and the first on bodies."""
        app: ASGIApp = AsyncExitStackMiddleware(self.router)
        return Edge(ExceptionMiddleware(app, handlers=self.exception_handlers))

    def openapi(self) -> dict[str, Any]:
        """FastAPI's document, completed by what lean routes declare themselves."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, extra = models_json_schema(
                [(body, "validation") for body in _BODIES], ref_template="#/components/schemas/{model}"
            )
            components = document.setdefault("components", {})
            schemas = components.setdefault("schemas", {})
            schemas |= extra["$defs"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            components["schemas"] = dict(sorted(schemas.items()))
            components["securitySchemes"] = {
                "ApiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A tenant's key (`tb_live_…`), or the operator's for tenants and keys.",
                }
            }
        return self.openapi_schema or {}


def _application(*, metrics: bool) -> FastAPI:
    app = _Application(
        title="Tidebook",
        version=VERSION,
        description=_DESCRIPTION,
        redirect_slashes=False,
        exception_handlers=HANDLERS,
        swagger_ui_parameters={"persistAuthorization": True},
    )
    routers = [
        bookings.writes,  # the hot path is tried first
        webhooks.writes,
        bookings.reads,
        catalogue.reads,
        catalogue.writes,
        tenants.writes,
        tenants.reads,
        operations.routes,
    ]
    if metrics:
        routers.append(operations.metrics_routes)
    # Taken over as they are, and before FastAPI's own: an included router is matched in two steps,
    # and every route that comes first is tried by every request.
    app.router.routes[:0] = [route for router in routers for route in router.routes]
    app.add_exception_handler(HTTPException, _http_problem(app))
    return app


def _http_problem(app: FastAPI) -> Any:
    """Answers 404 and 405 of the router; a 405 names all methods of the address (RFC 9110 §15.5.6)."""
    methods: dict[str, set[str]] = defaultdict(set)
    for route in app.router.routes:
        if isinstance(route, APIRoute):
            methods[route.path] |= route.methods or set()

    async def handler(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        detail = str(error.detail)
        if error.status_code == 404:
            detail = "There is nothing at this address."
        if error.status_code == 405:
            detail = "This address doesn't answer that method."
            path = getattr(request.scope.get("route"), "path", "")
            headers["Allow"] = ", ".join(sorted(methods[path])) if path in methods else headers.get("Allow", "GET")
        return render_problem(request.scope, Problem(error.status_code, detail, headers=headers))

    return handler
