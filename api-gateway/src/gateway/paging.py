"""Query parameters that several routes have: those of every list, and instants."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from gateway.problems import Problem
from shared.contracts.fields import parse_instant

LONGEST_CURSOR = 512

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]

QueryInstant = Annotated[
    datetime,
    # A `+` that was not escaped arrives as a blank.
    BeforeValidator(lambda value: parse_instant(value.replace(" ", "+") if isinstance(value, str) else value)),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def check_cursor(cursor: str | None) -> str | None:
    """A cursor that may be passed on. Raises 400 `invalid_cursor` for what no list has given out."""
    if cursor is None:
        return None
    if not 1 <= len(cursor) <= LONGEST_CURSOR or not cursor.isascii() or not cursor.isprintable():
        raise invalid_cursor()
    return cursor


def invalid_cursor() -> Problem:
    """400 `invalid_cursor`."""
    return Problem(400, "This cursor was not given out by a list.", "invalid_cursor")
