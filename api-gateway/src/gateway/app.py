"""The HTTP application: routes, problem documents, the OpenAPI document."""

import json
from collections import defaultdict
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import api
from gateway.api import operations
from gateway.http.answers import complete, components, functions_of
from gateway.http.documentation import PATHS, PreparedAnswer, documentation_routes
from gateway.http.edge import CLIENT_GONE, WEBHOOK_PATH
from gateway.http.headers import read_command_headers
from gateway.http.problems import Problem, ProblemDocument, answer_to, render_internal, render_problem
from gateway.http.routes import JsonRoute
from gateway.identity.access import caller, guard_of, more_refusals
from shared.declarations import declared_in
from shared.errors import DomainError, Unavailable
from shared.messaging.rpc import Rejected
from shared.runtime.service import VERSION

_DESCRIPTION = """
Bookings that can't overlap, paid deposits, mails that are sent. Every request carries
`Authorization: Bearer <key>`. Errors are problem documents (RFC 9457) with a stable `code`; their `type` is
an address at this gateway that explains it, and [/problems](/problems) lists them all. Each operation names the codes
that it answers with. Beside those, an address that there is not is `404` `not_found`, a method that an address does not
have is `405` `method_not_allowed` (`Allow` names those that it has), and `500` `internal` is a defect of ours.

Writes are durable: once accepted they are carried out, even if a part of the system is down. The
answer is the outcome if it comes in time (5 s, or `Prefer: wait=N`), otherwise `202` with a
`Location` to look at. `Idempotency-Key` makes a write safe to send again.

Requests are counted by the minute (`RateLimit` and `RateLimit-Policy` headers); a body or an answer counts as one
more for every 64 KiB of it. Lists may end before their limit if their things are large: go on with `next_cursor`.
"""
_PAGES = ("/problems", "/problems/{code}")
PUBLIC = frozenset({"/", "/healthz", "/readyz", "/status", "/metrics", WEBHOOK_PATH, "/openapi.json", *PATHS, *_PAGES})
"""The addresses that ask for no key. The webhook asks for Stripe's signature."""


class UnguardedRoute(Exception):
    """A route asks for no key and is not among the public ones: the application does not start with it."""


def create_app(*, metrics: bool, state: bool = True) -> FastAPI:
    """The application, without the parts that serve it.

    `metrics` says whether `/metrics` is served, `state` whether the state of the system is shown here at all.
    Raises `UnguardedRoute`.
    """
    states = operations.state_routes(metrics=metrics) if state else operations.public_state_routes()
    routers = [*declared_in(api, APIRouter), states]
    app = FastAPI(
        title="Tidebook",
        version=VERSION,
        description=_DESCRIPTION,
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "The gateway that serves this document."}],
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        routes=[route for router in routers for route in router.routes],
    )
    _write_document_once(app)
    app.router.routes += documentation_routes()
    check_guards(app.routes)
    for known in (Problem, Rejected, DomainError, Unavailable, RequestValidationError, Exception):
        app.add_exception_handler(known, _answer)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(HTTPException, _unrouted)
    app.openapi = lambda: _complete_document(app)  # type: ignore[method-assign]  # as FastAPI's documentation has it
    return app


def _write_document_once(app: FastAPI) -> None:
    """Serve the document as the bytes that it is: FastAPI would write it anew for everybody who asks, key or not."""

    @cache
    def written() -> PreparedAnswer:
        document = json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
        return PreparedAnswer(document, "application/json")

    async def document(request: Request) -> Response:
        return written().to(request)

    place = next(n for n, route in enumerate(app.routes) if getattr(route, "path", "") == app.openapi_url)
    app.router.routes[place] = Route(app.routes[place].path, document, include_in_schema=False)  # type: ignore[attr-defined]


def create_operations_app(*, metrics: bool) -> FastAPI:
    """What operators and their machines ask on a port of their own."""
    routes = [*operations.routes.routes, *operations.state_routes(metrics=metrics).routes]
    app = FastAPI(openapi_url=None, routes=routes)
    app.add_exception_handler(HTTPException, _unrouted)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return create_app(metrics=True).openapi()


def check_guards(routes: list[BaseRoute]) -> None:
    """Every route asks for a scope, or for the operator's key, or is public. Raises `UnguardedRoute`."""
    for route in routes:
        guard = guard_of(route) if isinstance(route, APIRoute) else None
        path = getattr(route, "path", "")
        if guard is None and path not in PUBLIC:
            raise UnguardedRoute(f"{path} asks for no scope and is not public")


def _complete_document(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, completed by the bodies that our routes read themselves."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            license_info=app.license_info,
            servers=app.servers,
            routes=app.routes,
        )
        bodies = {route.body_model for route in app.routes if isinstance(route, JsonRoute) and route.body_model}
        models: list[type[BaseModel]] = [*sorted(bodies, key=lambda model: model.__name__), ProblemDocument]
        _, extra = models_json_schema(
            [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
        )
        schemas = document["components"]["schemas"] | extra["$defs"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for route in app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    _complete_operation(route, document["paths"][route.path][method.lower()])
        schemas = _without_null_defaults(dict(sorted(schemas.items())))
        document["components"] |= {"schemas": schemas} | components(document["paths"])
        app.openapi_schema = document
    return app.openapi_schema


def _complete_operation(route: APIRoute, operation: dict[str, Any]) -> None:
    """What a path operation may answer; FastAPI's own guess of 422 makes room for that."""
    if route.path in PUBLIC:
        operation["security"] = []
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
    operation["responses"].pop("422", None)
    called = set(functions_of(route.dependant))
    more = more_refusals(guard_of(route))
    complete(route, operation, more, counted=caller in called, command=read_command_headers in called)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which may be left out but never is null: FastAPI says so of all that may be None."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return {**{k: v for k, v in schema.items() if k != "anyOf"}, **kinds[0]} if len(kinds) == 1 else schema


def _without_null_defaults(part: Any) -> Any:
    """A part of the document, less what it says of members that may be left out: that null stands for nothing. Makers
    of clients take a member with a default for one that is always there."""
    if isinstance(part, dict):
        return {
            name: _without_null_defaults(value)
            for name, value in part.items()
            if not (name == "default" and value is None)
        }
    return [_without_null_defaults(each) for each in part] if isinstance(part, list) else part


async def _answer(request: Request, error: Exception) -> Response:
    """The answer to an error: what it says if we know it, otherwise that something is broken."""
    return answer_to(request.scope, error) or render_internal(request.scope)


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads this answer; its status is for the metrics."""
    return Response(status_code=CLIENT_GONE)


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answers 404 and 405 of the router; a 405 names all methods of the address (RFC 9110 §15.5.6)."""
    if not isinstance(error, HTTPException):
        return render_internal(request.scope)
    headers = dict(error.headers or {})
    detail = str(error.detail)
    if error.status_code == 404:
        detail = "There is nothing at this address."
    if error.status_code == 405:
        detail = "This address doesn't answer that method."
        path = getattr(request.scope.get("route"), "path", "")
        headers["Allow"] = ", ".join(sorted(_methods(request.app)[path])) or headers.get("Allow", "GET")
    return render_problem(request.scope, Problem(error.status_code, detail, headers=headers))


def _methods(app: FastAPI) -> dict[str, set[str]]:
    """The methods of each address."""
    methods: dict[str, set[str]] = defaultdict(set)
    for route in app.routes:
        if isinstance(route, APIRoute):
            methods[route.path] |= route.methods or set()
            if "GET" in methods[route.path]:
                methods[route.path].add("HEAD")
    return methods
