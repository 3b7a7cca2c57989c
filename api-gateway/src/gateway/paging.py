"""Cursor pagination, as every list has it."""

from typing import Annotated

from fastapi import Query

from gateway.problems import Problem

LONGEST_CURSOR = 512

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


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
