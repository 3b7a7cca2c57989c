"""How path operations run (ADR 0026). They are declared as FastAPI has it, with two classes of route of our own.

`JsonRoute` is FastAPI's, but for a parameter whose type is a `Body`: it is read strictly, and after the
checks that stand before it. `RawRoute` runs the same declaration without FastAPI's dependency machinery,
which would cost more than all that the gateway does itself; it is for the few routes whose speed counts.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Annotated, Any, ClassVar, get_args, get_origin

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Depends, Header, Query, Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from pydantic import BaseModel
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.http.answers import refuses
from gateway.http.body import BODY_REFUSALS, Body, read_json
from gateway.http.problems import FieldError, invalid

Endpoint = Callable[..., Awaitable[Any]]

WITH_ANY_QUERY = frozenset({"/webhooks/stripe"})
"""Addresses that others have written down, with whatever they like behind the question mark."""


class NumberConvertor(Convertor[int]):
    """A number counted from 1, of at most 18 digits, as part of an address (`{name:number}`).

    What is none leads to no such route: a word in its place can be an address of its own, with its own methods.
    """

    regex = "[1-9][0-9]{0,17}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Its part of the address."""
        return str(value)


class BookingConvertor(Convertor[str]):
    """Whatever stands in the place of a booking's id (`{name:booking}`), but for the word that is an address of its
    own there."""

    regex = "(?!bulk(?:/|$))[^/]+"

    def convert(self, value: str) -> str:
        """The text, which is validated as an id later."""
        return value

    def to_string(self, value: str) -> str:
        """Its part of the address."""
        return value


register_url_convertor("number", NumberConvertor())
register_url_convertor("booking", BookingConvertor())


@dataclass(frozen=True, slots=True)
class _BodyReader:
    """A dependency: the request's body as a model."""

    model: type[Body]
    default: Body | None
    """What no body at all stands for; None if there must be one."""

    refusals: ClassVar = (*BODY_REFUSALS, "malformed_json", "unsupported_media_type", "validation_error")

    async def __call__(self, request: Request) -> Body:
        return await read_json(request, self.model, self.default)


class JsonRoute(APIRoute):
    """A path operation whose JSON body is validated strictly. `body_model` is its type, for the document."""

    body_model: type[Body] | None = None

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        endpoint, reader = _reading_body(endpoint, any_query=path in WITH_ANY_QUERY)
        if reader is not None:
            self.body_model = reader.model
            schema = {"$ref": f"#/components/schemas/{reader.model.__name__}"}
            content = {"required": reader.default is None, "content": {"application/json": {"schema": schema}}}
            options["openapi_extra"] = {"requestBody": content} | (options.get("openapi_extra") or {})
        super().__init__(path, endpoint, **options)
        self.path = self.path_format  # an address is known by this: to metrics, and in lists of its methods
        self.query = query_parameters(self)


class RawRoute(JsonRoute):
    """The same, run by itself: parameters are resolved as declared, in order, with nothing in between.

    They may be the `Request`, `Header` lists, a `Body`, and `Depends` or `Security` of functions with such
    parameters. Raises TypeError at the declaration for others.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if self.dependencies:
            raise TypeError(f"{self.name}: a raw route names its dependencies among its parameters")
        run = _resolving(self.endpoint)
        status = self.status_code or 200

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            answer = await run(Request(scope, receive, send))
            if isinstance(answer, BaseModel):
                answer = Response(answer.model_dump_json(), status, media_type="application/json")
            await answer(scope, receive, send)

        self.app = app


class RawDispatch:
    """Calls a raw route without path parameters at once; all else goes through the application.

    Routing and middleware would cost a booking more than its validation.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], RawRoute] = {
            (method, route.path): route
            for route in app.routes
            if isinstance(route, RawRoute) and "{" not in route.path
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = self._routes.get((scope.get("method", ""), scope.get("path", "")))
        if route is None:
            await self._app(scope, receive, send)
        else:
            scope["app"] = self._app
            scope["route"] = route
            await route.app(scope, receive, send)


def query_parameters(route: APIRoute) -> dict[str, bool]:
    """The query parameters that a route takes, each with whether it may be given several times."""
    fields = [field for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)]
    return {field.alias: get_origin(field.field_info.annotation) is list for field in fields}


@refuses("validation_error")
async def check_query(request: Request) -> None:
    """Raises 422 for parameters that the route does not have, or that are given twice: a filter that is misspelt
    would otherwise show everything. Asked last, so that who has no key is told that first."""
    if not request.scope["query_string"]:
        return
    route: JsonRoute = request.scope["route"]
    known, errors = route.query, []
    for name in dict.fromkeys(name for name, _ in request.query_params.multi_items()):
        if name not in known:
            names = ", ".join(sorted(known))
            errors.append(FieldError(field=name[:80], message=f"no such parameter; there are: {names or 'none'}"))
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            errors.append(FieldError(field=name[:80], message="given more than once"))
    if errors:
        raise invalid(errors)


_CHECKED_QUERY = Annotated[None, Depends(check_query)]


def api_router(tag: str, *, raw: bool = False, guard: Security | None = None) -> APIRouter:
    """The path operations of one public resource; their ids in the document are the functions' names.

    `guard` is asked before each of them.
    """
    return APIRouter(
        route_class=RawRoute if raw else JsonRoute,
        tags=[tag],
        dependencies=[guard] if guard else None,
        generate_unique_id_function=lambda route: route.name,
    )


def securities(route: APIRoute) -> list[Security]:
    """The `Security` that a path operation declares, for itself and by its router."""
    parameters = inspect.signature(route.endpoint).parameters.values()
    declared = [marker for parameter in parameters for marker in get_args(parameter.annotation)[1:]]
    return [marker for marker in (*declared, *route.dependencies) if isinstance(marker, Security)]


def _reading_body(endpoint: Endpoint, *, any_query: bool) -> tuple[Endpoint, _BodyReader | None]:
    """The function with its `Body` parameter, if it has one, as a dependency that reads it, and with its query checked
    before that, unless it takes any."""
    parameters = []
    reader, reader_name = None, ""
    for declared in inspect.signature(endpoint).parameters.values():
        parameter = declared.replace(kind=declared.KEYWORD_ONLY)
        if inspect.isclass(declared.annotation) and issubclass(declared.annotation, Body):
            reader = _BodyReader(declared.annotation, None if declared.default is declared.empty else declared.default)
            dependency: Any = Annotated[reader.model, Depends(reader)]
            parameter = parameter.replace(annotation=dependency, default=declared.empty)
            reader_name = declared.name
        parameters.append(parameter)
    checked = inspect.Parameter("_query", inspect.Parameter.KEYWORD_ONLY, annotation=_CHECKED_QUERY)
    body = next((n for n, p in enumerate(parameters) if reader and p.name == reader_name), len(parameters))
    if not any_query:
        parameters.insert(body, checked)

    async def reading(*, _query: None = None, **values: Any) -> Any:
        return await endpoint(**values)

    update_wrapper(reading, endpoint)
    del reading.__wrapped__  # type: ignore[attr-defined]  # FastAPI would look through to the first signature
    reading.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return reading, reader


def _resolving(function: Endpoint, scopes: tuple[str, ...] = ()) -> Callable[[Request], Awaitable[Any]]:
    """Calls the function with the parameters that it declares. Raises TypeError for those of other kinds."""
    at_once: dict[str, Callable[[Request], Any]] = {}
    awaited: dict[str, Callable[[Request], Awaitable[Any]]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        markers = get_args(parameter.annotation)[1:]
        dependency = next((marker for marker in markers if isinstance(marker, Depends)), None)
        header = next((marker for marker in markers if isinstance(marker, Header)), None)
        if parameter.annotation is Request:
            at_once[name] = _request
        elif parameter.annotation is SecurityScopes:
            at_once[name] = _constant(SecurityScopes(list(scopes)))
        elif dependency is not None and dependency.dependency is not None:
            asked = tuple(dependency.scopes or ()) if isinstance(dependency, Security) else scopes
            awaited[name] = _resolving(dependency.dependency, asked)
        elif header is not None and header.alias:
            at_once[name] = _header(header.alias)
        else:
            raise TypeError(f"{name}: a raw route can't take this parameter")

    if len(at_once) == 1 and not awaited and _request in at_once.values():
        return function  # it is called with the request as it is

    async def resolve(request: Request) -> Any:
        values = {name: get(request) for name, get in at_once.items()}
        for name, get in awaited.items():
            values[name] = await get(request)
        return await function(**values)

    return resolve


def _request(request: Request) -> Request:
    return request


def _constant(value: Any) -> Callable[[Request], Any]:
    return lambda _: value


def _header(name: str) -> Callable[[Request], list[str]]:
    return lambda request: request.headers.getlist(name)
