"""The kinds of values that clients may send, with their limits: one definition for commands and HTTP bodies."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

# No control characters where a line is meant: what is stored ends up in mail headers and on pages.
# NUL can't be stored by PostgreSQL at all.
_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_LINE)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=_TEXT)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ().\-/]{2,30}$")]
ZoneName = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_+\-/]+$")]
Opens = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Closes = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE)]
MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=_TEXT)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(max_length=50),
    AfterValidator(lambda members: dict(sorted(members.items()))),
]
"""Sorted by key, so that the same metadata is the same text under an `Idempotency-Key`."""

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_YEARS = range(1970, 3000)
"""Room on both sides for zone offsets and durations, which overflow at the ends of the calendar."""


def check_email(value: str) -> str:
    """An address that mail can go to and that can't smuggle anything into a header. Raises ValueError.

    The dot-atom form of RFC 5321 in ASCII, with a dotted domain: quoted local parts and addresses
    that need SMTPUTF8 are refused because many relays refuse them.
    """
    if len(value) > 254 or not _EMAIL.fullmatch(value) or len(value.partition("@")[0]) > 64:
        raise ValueError("not an e-mail address")
    return value


def parse_instant(value: Any) -> datetime:
    """An RFC 3339 timestamp with its offset, as an instant in UTC. Raises ValueError."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be RFC 3339 with an offset, such as 2026-12-01T09:00:00+01:00")
    moment = datetime.fromisoformat(value.upper())
    if moment.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return moment.astimezone(UTC)


def check_whole_minute(value: datetime) -> datetime:
    """An instant without seconds. Raises ValueError."""
    if value.second or value.microsecond:
        raise ValueError("must be a whole minute")
    return value


Email = Annotated[
    str, AfterValidator(check_email), WithJsonSchema({"type": "string", "format": "email", "maxLength": 254})
]
Instant = Annotated[datetime, BeforeValidator(parse_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Minute = Annotated[Instant, AfterValidator(check_whole_minute)]
