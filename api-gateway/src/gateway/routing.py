"""How routes are declared: lean where it counts, documented always.

Reads use FastAPI as it comes. Writes take the bare request: a class of route without FastAPI's
dependency machinery, which would cost more than all that the gateway does itself; what they take is
declared beside them, from the models that validate it.
"""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from gateway.problems import MEDIA_TYPE

SECURITY: list[dict[str, list[str]]] = [{"ApiKey": []}]
_MEANINGS = {
    400: "A header or cursor is malformed.",
    401: "No valid API key; the same answer whatever is wrong with it.",
    403: "The key may not do this.",
    404: "No such thing, or another tenant's.",
    408: "The body did not arrive in time.",
    409: "Refused by a rule of the business; `code` says which.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "The request is not valid; `errors` says what is wrong where.",
    429: "The tenant's quota is used up.",
    503: "Not possible just now, or too much is under way (`overloaded`); try again after `Retry-After`.",
}


class LeanRoute(APIRoute):
    """A route whose endpoint takes the request and returns the response, with nothing in between."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            response = await endpoint(request)
            await response(scope, receive, send)

        self.app = app


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem documents that a route may answer with, for its `responses`."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted(statuses)
    }


READ_PROBLEMS = problems(401, 403, 404, 422, 429, 503)
LIST_PROBLEMS = problems(400, 401, 403, 422, 429, 503)
WRITE_PROBLEMS = problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)
OPERATOR_PROBLEMS = problems(400, 401, 403, 404, 408, 413, 415, 422, 503)

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names a write: sent again with the same key and body, it is carried out once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=N`: wait at most N (30) seconds for the outcome; `respond-async`: don't wait (RFC 7240).",
    "schema": {"type": "string", "examples": ["wait=10", "respond-async"]},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Only if the booking still stands at this version, as its `ETag` says.",
    "schema": {"type": "string", "pattern": '^("[0-9]{1,9}"|\\*)$', "examples": ['"3"']},
}


def takes(body: type[BaseModel], *, path: str | None = None, required: bool = True) -> dict[str, Any]:
    """What a lean route takes, as its OpenAPI members: a JSON body and perhaps an id in the path."""
    operation: dict[str, Any] = {
        "security": SECURITY,
        "requestBody": {
            "required": required,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}},
        },
    }
    if path is not None:
        operation["parameters"] = [
            {"name": path, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        ]
    return operation


def durable(operation: dict[str, Any], *, conditional: bool = False) -> dict[str, Any]:
    """The same for a durable request, with the headers that those read."""
    headers = [_IDEMPOTENCY_KEY, _PREFER, *([_IF_MATCH] if conditional else [])]
    return {**operation, "parameters": [*operation.get("parameters", []), *headers]}
