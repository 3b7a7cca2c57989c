"""The HTTP application: routes, problem documents, the OpenAPI document."""

from collections import defaultdict
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import bookings, catalogue, dead_letter_routes, operations, tenants, webhooks
from gateway.dead_letter_schemas import BulkDecision, Decision
from gateway.edge import Edge
from gateway.gateway import Gateway
from gateway.problems import Problem, ProblemDocument, render_problem
from gateway.routing import LeanRoute
from gateway.schemas import (
    Cancellation,
    NewApiKey,
    NewBooking,
    NewResource,
    NewService,
    NewTenant,
    NewTime,
)
from shared.runtime.service import VERSION

_DESCRIPTION = """
Bookings that can't overlap, paid deposits, mails that are sent. Every request carries
`Authorization: Bearer <key>`. Errors are problem documents (RFC 9457) with a stable `code`.

Writes are durable: once accepted they are carried out, even if a part of the system is down. The
answer is the outcome if it comes in time (5 s, or `Prefer: wait=N`), otherwise `202` with a
`Location` to look at. `Idempotency-Key` makes a write safe to send again.
"""
_BODIES = (
    BulkDecision,
    Cancellation,
    Decision,
    NewApiKey,
    NewBooking,
    NewResource,
    NewService,
    NewTenant,
    NewTime,
    ProblemDocument,
)


def create_app(gateway: Gateway, *, metrics: bool) -> FastAPI:
    """The application around the given parts; `metrics` says whether `/metrics` is served."""
    app = _application(metrics=metrics)
    app.state.gateway = gateway
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return _application(metrics=True).openapi()


class _Application(FastAPI):
    """FastAPI within the edge, which has the first word on bodies and the last on errors.

    A lean route without parameters is found by a look into a table and called at once: routing and
    middleware would cost a booking more than its validation.
    """

    direct: dict[tuple[str, str], LeanRoute]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self.edge(scope, receive, send)

    @cached_property
    def edge(self) -> Edge:
        """The middleware around everything."""
        return Edge(self._dispatch, self.state.gateway.doors)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self.direct.get((scope.get("method", ""), scope.get("path", "")))
        if route is None:
            await super().__call__(scope, receive, send)
        else:
            scope["route"] = route
            await route.app(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Only what routes need: errors that we know are answered by the edge."""
        handlers = {HTTPException: _http_problem(self)}
        return ExceptionMiddleware(AsyncExitStackMiddleware(self.router), handlers=handlers)

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
        dead_letter_routes.reads,
        dead_letter_routes.lean,
        operations.routes,
    ]
    if metrics:
        routers.append(operations.metrics_routes)
    # Taken over as they are, and before FastAPI's own: an included router is matched in two steps,
    # and every route that comes first is tried by every request.
    ours = [route for router in routers for route in router.routes]
    app.router.routes[:0] = ours
    app.direct = {
        (method, route.path): route
        for route in ours
        if isinstance(route, LeanRoute) and "{" not in route.path
        for method in route.methods or ()
    }
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
