"""Request headers with a grammar of their own: `Prefer`, `If-Match`, `Idempotency-Key`."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header
from pydantic import WithJsonSchema

from gateway.http.answers import refuses
from gateway.http.problems import Problem

LONGEST_WAIT_SECONDS = 30

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS = re.compile(rf"[ \t]*(,[ \t]*)*{_TAG.pattern}([ \t]*,([ \t]*{_TAG.pattern})?)*[ \t]*")
_VERSION = re.compile(r"[0-9]{1,9}")
_TAGS_LIMIT = 2000
"""Characters of `If-Match`, all of its lines together."""
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_WAIT = re.compile(r'"?([0-9]{1,9})"?')


@dataclass(frozen=True, slots=True)
class Preference:
    """What the client prefers (RFC 7240): how long to wait, in seconds, and not to wait at all."""

    wait: int | None = None
    respond_async: bool = False

    def seconds(self, default: float) -> float:
        """How long to wait for the outcome: `wait` if given, else at once if `respond-async`, else the default."""
        if self.wait is not None:
            return self.wait
        return 0 if self.respond_async else default

    def applied(self, *, accepted: bool) -> str | None:
        """The value of `Preference-Applied`, if any preference was; `accepted` says that the answer is a 202."""
        names = ["respond-async"] if self.respond_async and accepted else []
        if self.wait is not None:
            names.append(f"wait={self.wait}")
        return ", ".join(names) or None


def parse_prefer(values: list[str]) -> Preference:
    """Read `Prefer` headers; what is unknown or malformed is ignored, the first of a kind counts (RFC 7240 §2)."""
    wait: int | None = None
    respond_async = False
    for part in ",".join(values).split(","):
        name, _, value = part.split(";", 1)[0].partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "respond-async":
            respond_async = True
        elif name == "wait" and wait is None and (match := _WAIT.fullmatch(value)):
            wait = min(int(match[1]), LONGEST_WAIT_SECONDS)
    return Preference(wait, respond_async)


def parse_if_match(values: list[str]) -> list[int] | None:
    """The versions that `If-Match` names (RFC 9110 §13.1.1); None without the header or for `*`.

    A weak tag, and one that is none of ours, never matches: of such alone the list is empty. Raises 400
    `invalid_if_match` for what is no list of entity tags.
    """
    if not values:
        return None
    value = ",".join(values).strip()
    if value == "*":
        return None
    if len(value) > _TAGS_LIMIT or not _TAGS.fullmatch(value):
        raise Problem(400, 'If-Match must be entity tags, such as "3", or *.', "invalid_if_match")
    strong = [tag for weak, tag in _TAG.findall(value) if not weak]
    return sorted({int(tag) for tag in strong if _VERSION.fullmatch(tag)})


def matches(if_none_match: str, entity_tag: str) -> bool:
    """Whether `If-None-Match` names this entity tag, or any (RFC 9110 §13.1.2: compared weakly)."""
    if if_none_match.strip() == "*":
        return True
    return entity_tag.removeprefix("W/").strip('"') in [tag for _, tag in _TAG.findall(if_none_match)]


def parse_idempotency_key(values: list[str]) -> str | None:
    """The `Idempotency-Key`, quoted (as its draft standard has it) or not; None without the header.

    Raises 400 `invalid_idempotency_key` unless it is 1 to 255 printable ASCII characters.
    """
    if not values:
        return None
    key = values[0].strip(" \t")
    if quoted := _QUOTED.fullmatch(key):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    printable = key.isascii() and key.isprintable()
    if len(values) > 1 or not 1 <= len(key) <= 255 or not printable:
        raise Problem(400, "Idempotency-Key must be 1 to 255 printable ASCII characters.", "invalid_idempotency_key")
    return key


def _text(**schema: Any) -> WithJsonSchema:
    """A header is read with all its repetitions, since one too many is refused; documented is the one."""
    return WithJsonSchema({"type": "string", **schema})


_IdempotencyKeys = Annotated[
    list[str] | None,
    _text(minLength=1, maxLength=255, pattern="^[ -~]*[!#-~][ -~]*$"),
    Header(
        alias="Idempotency-Key",
        description="Names a write: sent again with the same key and body, it is carried out once and answered alike.",
    ),
]
_Preferences = Annotated[
    list[str] | None,
    _text(examples=["wait=10", "respond-async"]),
    Header(
        alias="Prefer",
        description="`wait=N`: wait at most N (30) seconds for the outcome; `respond-async`: don't wait (RFC 7240).",
    ),
]
_Versions = Annotated[
    list[str] | None,
    _text(examples=['"3"', '"3", "4"', "*"], maxLength=_TAGS_LIMIT, pattern=rf"^([ \t]*\*[ \t]*|{_TAGS.pattern})$"),
    Header(
        alias="If-Match",
        description="Only if the thing is at one of these versions, as its `ETag` says; else 412.",
    ),
]


@dataclass(frozen=True, slots=True)
class CommandHeaders:
    """What accompanies a command: under which key it is known, and how its sender wants to be answered."""

    idempotency_key: str | None
    preference: Preference


@refuses("invalid_idempotency_key")
async def read_command_headers(keys: _IdempotencyKeys = None, preferences: _Preferences = None) -> CommandHeaders:
    """The headers of a command. Raises 400 for a malformed `Idempotency-Key`."""
    return CommandHeaders(parse_idempotency_key(keys or []), parse_prefer(preferences or []))


@refuses("invalid_if_match")
async def read_expected_versions(versions: _Versions = None) -> list[int] | None:
    """The versions that `If-Match` names, None for any. Raises 400 for a malformed one."""
    return parse_if_match(versions or [])


SentHeaders = Annotated[CommandHeaders, Depends(read_command_headers)]
ExpectedVersions = Annotated[list[int] | None, Depends(read_expected_versions)]
