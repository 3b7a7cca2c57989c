"""What a path operation may answer, for the OpenAPI document: put together from what its functions declare.

    @refuses("invalid_idempotency_key")
    async def read_command_headers(...)

says with which codes a function refuses; a path operation refuses with those of all functions that it depends on.
`shows` says what a success looks like. Nothing here runs when a request is served.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gateway.http.problem_types import PROBLEM_TYPES, ProblemType
from gateway.http.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]
F = TypeVar("F", bound=Callable[..., Any])

EVERYWHERE = ("bad_request", "request_timeout", "body_too_large", "head_too_large")
"""What is said of a request before any route is asked."""
REPEATED = ("Idempotent-Replayed", "Preference-Applied")
"""The headers of what became of a command."""
ASKING = ("unavailable", "internal")
"""What another service, or our own database, may lead to."""
_ALWAYS = ("X-Request-Id", "X-Content-Type-Options", "Cache-Control")
_QUOTA = ("RateLimit", "RateLimit-Policy")
_SHORTENED = ("Content-Encoding", "Vary")
_NOT_MODIFIED = 304


def _header(description: str, example: Any, *, always: bool = False, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": always, "schema": {"type": "string"} | schema, "example": example}


EXAMPLE_ID = UUID("01936c5e-7d80-7000-8000-000000000001")
_ID = str(EXAMPLE_ID)
HEADERS: Mapping[str, dict[str, Any]] = {
    "Allow": _header("The methods of this address.", "GET, HEAD, POST", always=True),
    "Cache-Control": _header("Answers are nobody's to keep.", "no-store", always=True),
    "Content-Encoding": _header("If the request accepts it and the answer has a kilobyte or more.", "gzip"),
    "ETag": _header("The version of the thing, for `If-Match` and `If-None-Match`.", '"3"', always=True),
    "Idempotent-Replayed": _header(
        "This is what became of an earlier request with the same `Idempotency-Key`.", "true"
    ),
    "Location": _header(
        "Where the thing is shown; of a `202`, where it is shown what came of the command.",
        f"/v1/bookings/{_ID}",
        always=True,
        format="uri-reference",
    ),
    "Preference-Applied": _header("Which preferences of `Prefer` were followed (RFC 7240).", "wait=10"),
    "RateLimit": _header(
        "What is left of the tenant's quota (`r`), and the seconds until it is whole again (`t`); missing while nobody "
        "can count.",
        '"tenant";r=599;t=60',
    ),
    "RateLimit-Policy": _header("The tenant's quota: `q` requests in `w` seconds.", '"tenant";q=600;w=60'),
    "Retry-After": _header("Come back after so many seconds.", 2, always=True, type="integer", minimum=0),
    "Vary": _header("The answer may be compressed.", "Accept-Encoding"),
    "WWW-Authenticate": _header("How to prove who asks (RFC 6750).", 'Bearer realm="tidebook"', always=True),
    "X-Content-Type-Options": _header("The content is what Content-Type says.", "nosniff"),
    "X-Request-Id": _header("Names this request in logs, and the command that it was.", _ID, always=True),
}
"""Every header of an answer that is more than HTTP's own framing."""


def refuses(*codes: str, before_quota: Iterable[str] = ()) -> Callable[[F], F]:
    """Declares with which codes a function refuses; `before_quota` are those that are said before the quota is known.

    Raises KeyError for a code that there is not.
    """
    early = tuple(before_quota)
    for code in (*codes, *early):
        PROBLEM_TYPES[code]

    def declare(function: F) -> F:
        function.refusals, function.early_refusals = codes, early  # type: ignore[attr-defined]
        return function

    return declare


def shows(
    status: int,
    example: Any = None,
    *headers: str,
    links: Mapping[str, Any] | None = None,
    description: str = "",
    media_type: str = "application/json",
    model: type[BaseModel] | None = None,
) -> Responses:
    """A success of a path operation, for its `responses`: an example, its headers, and what can follow it.

    `model` is the answer's if it is not the operation's `response_model`.
    """
    shown: dict[str, Any] = {"headers": _references("headers", headers)}
    if model:
        shown["model"] = model
    if description:
        shown["description"] = description
    if example is not None:
        shown["content"] = {media_type: {"example": example}}
    if links:
        shown["links"] = dict(links)
    return {status: shown}


UNLESS_KNOWN = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "Only if the thing is at none of these versions, as its `ETag` says; else 304.",
            "schema": {"type": "string", "examples": ['"3"', "*"]},
        }
    ]
}
"""The parameter of who asks for a thing that has versions."""


def not_modified() -> Responses:
    """The answer to who knows the version that it has, for a route's `responses`."""
    return shows(_NOT_MODIFIED, None, "ETag", description="It is at a version that `If-None-Match` names.")


def follows(operation: str, description: str, **parameters: str) -> dict[str, Any]:
    """A link to an operation, by its id; parameters are runtime expressions (OpenAPI 3.1 §4.8.20.4)."""
    return {"operationId": operation, "description": description, "parameters": parameters}


def outcome_at(operation: str, parameter: str) -> dict[str, Any]:
    """The link from a change that was answered with 202 to where what came of it is shown: a thing, by its id."""
    place = {parameter: "$response.body#/id", "command": "$response.header.X-Request-Id"}
    return {"outcome": follows(operation, "What comes of this change.", **place)}


def again(*names: str) -> dict[str, str]:
    """Parameters of a link that are those of the request's query, as far as it has them."""
    return {name: f"$request.query.{name}" for name in names}


def next_page(operation: str, *filters: str) -> dict[str, Any]:
    """The link from a page of a list to the one after it, with the same filters."""
    description = "The next page, unless `next_cursor` is null."
    given = again("limit", *filters)
    return {"next_page": follows(operation, description, cursor="$response.body#/next_cursor", **given)}


def complete(
    route: APIRoute, operation: dict[str, Any], more: Iterable[str] = (), *, counted: bool, command: bool
) -> None:
    """Add to a documented operation what its functions refuse with, `more` codes, and the headers of all its answers.

    `counted` says that its requests count in a quota, `command` that its own refusals are outcomes of a command.
    """
    early, late = {*EVERYWHERE}, {*more}
    for function in functions_of(route.dependant):
        early.update(getattr(function, "early_refusals", ()))
        late.update(getattr(function, "refusals", ()))
    if route.dependant.call is None:
        raise ValueError(f"{route.name}: nothing to call")
    own = set(getattr(route.dependant.call, "refusals", ())) if command else set()
    responses: dict[str, Any] = operation["responses"]
    told = {PROBLEM_TYPES[code].status for code in late} | {int(status) for status in responses}
    preferred = {PROBLEM_TYPES[code].status for code in own if PROBLEM_TYPES[code].status < 500}
    replayed = {PROBLEM_TYPES[code].status for code in own - {"idempotency_key_reused"}} & preferred
    for status, kinds in _by_status(early | late).items():
        responses[str(status)] = _problem(kinds) | {"headers": _references("headers", _headers_of(kinds))}
    for name, response in responses.items():
        status = int(name)
        _keep_nulls(response, route.responses.get(status, {}))
        headers: dict[str, Any] = response.setdefault("headers", {})
        added = [header for header in _ALWAYS if status != _NOT_MODIFIED or header != "X-Content-Type-Options"]
        if counted and status in told:
            added += _QUOTA
        if status in replayed:
            added.append("Idempotent-Replayed")
        if status in preferred:
            added.append("Preference-Applied")
        if "GET" in (route.methods or ()) and status in told and "ETag" not in headers:
            added += _SHORTENED
        headers |= _references("headers", added)
        response["headers"] = dict(sorted(headers.items()))
    operation["responses"] = dict(sorted(responses.items()))


def _keep_nulls(response: dict[str, Any], declared: Mapping[str, Any]) -> None:
    """Examples as they were declared: FastAPI leaves members out that are null."""
    for media_type, content in declared.get("content", {}).items():
        response["content"][media_type]["example"] = content["example"]


def functions_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """All that a path operation calls: its function, and those that it depends on."""
    if dependant.call is not None:
        yield dependant.call
    for inner in dependant.dependencies:
        yield from functions_of(inner)


def components(paths: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the answers of these paths refer to: headers, and an example of each problem."""
    used = json.dumps(paths)
    headers = {name: header for name, header in HEADERS.items() if f'"{_reference("headers", name)}"' in used}
    examples = {
        code: {"summary": kind.title, "description": f"{kind.meaning} {kind.cure}", "value": _example(kind)}
        for code, kind in PROBLEM_TYPES.items()
        if f'"{_reference("examples", code)}"' in used
    }
    return {"headers": headers, "examples": examples}


def _by_status(codes: Iterable[str]) -> dict[int, list[ProblemType]]:
    found: dict[int, list[ProblemType]] = {}
    for code in sorted(codes):
        found.setdefault(PROBLEM_TYPES[code].status, []).append(PROBLEM_TYPES[code])
    return found


def _problem(kinds: Sequence[ProblemType]) -> dict[str, Any]:
    """The answer of one status: the one shape of all problems, and an example a code."""
    examples = _references("examples", [kind.code for kind in kinds])
    schema = {"$ref": _reference("schemas", "ProblemDocument")}
    return {
        "description": "\n".join(f"* `{kind.code}`: {kind.meaning}" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _headers_of(kinds: Iterable[ProblemType]) -> list[str]:
    return [header for kind in kinds for header in kind.headers]


def _example(kind: ProblemType) -> dict[str, Any]:
    return {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.meaning,
        "code": kind.code,
        "request_id": _ID,
        **kind.members,
    }


def _references(kind: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": _reference(kind, name)} for name in names}


def _reference(kind: str, name: str) -> str:
    return f"#/components/{kind}/{name}"
