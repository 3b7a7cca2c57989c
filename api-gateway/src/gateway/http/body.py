"""What clients send as JSON: read once, strictly, within a time limit."""

import asyncio
import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from gateway.http.load_shedding import Permit
from gateway.http.problems import FieldError, Problem, field_errors, invalid

B = TypeVar("B", bound="Body")

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
"""Unknown members, other types and values out of range are refused."""

_NAME = re.compile(rb'"\s*:')
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf'{_WORD}/{_WORD}([ \t]*;[ \t]*({_WORD}=({_WORD}|"[^"\\]*"))?)*[ \t]*')
_MEDIA_TYPE_LIMIT = 200
_CHARSET = re.compile(rf';[ \t]*charset[^=;]*=({_WORD}|"[^"]*")', re.IGNORECASE)
BODY_SECONDS = 10
"""A body that takes longer, of 64 KiB or of six times as much, is not coming."""


LONG_BYTES = 64 * 1024
PIECES_LIMIT = 1000
"""The most members and items of a long body, in all."""


class Body(BaseModel):
    """A body of a request. A path operation takes one as a parameter of such a type (`gateway.http.routes`)."""

    model_config = STRICT


NOTHING = Body()
"""The body of a write that has none: what tells it from others under one key is its address."""


def unchanged(**bounds: Any) -> Any:
    """The default of a member of a patch (RFC 7396) that may be left out, and may not be null."""
    return Field(default_factory=lambda: None, **bounds)


def given(patch: Body) -> dict[str, Any]:
    """The members that a patch gives."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}


BODY_REFUSALS = ("request_timeout", "body_too_large", "overloaded")
"""With which codes a body is refused, whatever it is."""


async def read_body(request: Request, seconds: float = BODY_SECONDS) -> bytes:
    """The raw body; its length counts in the quota. Raises 408 if it does not arrive in time, 413 if it is too long.

    Meanwhile the request holds no place: a client that is slow keeps nobody out (ADR 0031).
    """
    permit: Permit | None = request.scope.get("permit")
    try:
        async with permit.reading(seconds) if permit else asyncio.timeout(seconds):
            data = await request.body()
    except TimeoutError:
        raise Problem(408, "The body did not arrive in time.", headers={"Connection": "close"}) from None
    request.scope["body_bytes"] = len(data)
    return data


async def read_json(request: Request, model: type[B], default: B | None = None) -> B:
    """The body as a model that validates strictly; `default` stands for no body at all, where it may be left out.

    Fields are told (`shared.contracts.fields.DEFAULT_COUNTRY`) what the request's tenant has set, `validation` in its
    scope, or else this installation, `app.state.validation`.
    Raises 415 for another media type, 400 `malformed_json` for bytes that are no JSON, 422 `validation_error` for JSON
    of another shape.
    """
    data = await read_body(request)
    context: Any = request.scope.get("validation") or getattr(request.app.state, "validation", None)
    if default is not None and not data:
        return default
    _check_media_type(request)
    if len(data) > LONG_BYTES:
        _refuse_crowds(data)
    try:
        body = model.model_validate_json(data, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise Problem(400, f"The body is not JSON: {_reason(found[0]['msg'])}.", "malformed_json") from None
        _refuse_constants(data)
        raise invalid(field_errors(found)) from None
    if len(_NAME.findall(data)) != _members(body):
        _refuse_repeated_names(data)
    return body


def _refuse_constants(data: bytes) -> None:
    """Refuse NaN and the infinities, which the parser reads: JSON has none (RFC 8259 §6). No model takes any."""

    def refuse(constant: str) -> None:
        raise Problem(400, f"The body is not JSON: it has no {constant}.", "malformed_json")

    if b"NaN" in data or b"Infinity" in data:
        json.loads(data, parse_constant=refuse)


def _reason(message: str) -> str:
    """What the parser says, without its own preamble; it names places, never the input."""
    return message.removeprefix("Invalid JSON: ")[:200]


def _refuse_crowds(data: bytes) -> None:
    """Refuse a long body that is made of more pieces than any that we take: each would be an error of its own, and
    telling all of them would take as long as hundreds of requests. Long bodies that we take are long texts."""
    try:
        waiting = [from_json(data)]
    except ValueError:
        return  # which is told where the body is validated
    pieces = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            pieces += len(value)
            waiting.extend(value.values() if isinstance(value, dict) else value)
        if pieces > PIECES_LIMIT:
            raise invalid([FieldError(field="", message="has too many members")])


def _check_media_type(request: Request) -> None:
    declared = request.headers.getlist("content-type")
    if declared != ["application/json"] and not (len(declared) == 1 and _is_json(declared[0])):
        raise Problem(415, "Send JSON: Content-Type: application/json, in UTF-8.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "Send the body uncompressed.")


def _is_json(media_type: str) -> bool:
    """Whether this says JSON in UTF-8 (RFC 9110 §8.3.1); parameters that say nothing of the encoding are ignored."""
    if len(media_type) > _MEDIA_TYPE_LIMIT or not _MEDIA_TYPE.fullmatch(media_type):
        return False
    if media_type.partition(";")[0].strip().lower() != "application/json":
        return False
    charsets = [value.strip('"').lower() for value in _CHARSET.findall(media_type)]
    return all(charset in ("utf-8", "utf8") for charset in charsets)


def _members(value: Any) -> int:
    """How many members the objects of a body have; of a name given twice one is left."""
    if isinstance(value, BaseModel):
        return len(value.model_fields_set) + sum(_members(item) for item in vars(value).values())
    if isinstance(value, dict):
        return len(value) + sum(_members(item) for item in value.values())
    if isinstance(value, list):
        return sum(_members(item) for item in value)
    return 0


def _refuse_repeated_names(data: bytes) -> None:
    """A name given twice is refused: two readers of such a body may disagree on what it says.

    Reading a body a second time costs more than validating it. It is done where more names, or what
    looks like one within a text, were sent than members came of it.
    """

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            repeated = next(name for name in names if names.count(name) > 1)
            raise invalid([FieldError(field=repeated[:80], message="given more than once")])
        return found

    json.loads(data, object_pairs_hook=check)
