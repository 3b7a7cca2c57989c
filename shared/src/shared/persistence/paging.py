"""Pages of lists, newest first, and the one form that their cursors have.

A cursor names the row that a page ended with. It is opaque to clients, and checked: one that was mistyped, cut
off, or given out by another list or for another tenant is refused instead of showing a wrong page. It is no
secret, and opens nothing: whoever reckons one sees the page of his own list that it names.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.base import Contract, ListQuery
from shared.errors import DomainError

PAGE_BYTES = 128 * 1024
"""A page that has grown so long ends, whatever its limit: NATS carries 1 MiB, and clients read pages whole."""

_CHECK_BYTES = 6

T = TypeVar("T", bound=Contract)


class InvalidCursor(DomainError):
    """The cursor is not one that this list has given out."""

    code = "invalid_cursor"
    status = 400
    title = "Invalid cursor"


def encode_cursor(scope: str, *key: str) -> str:
    """The cursor for a place in the list `scope`: the values that its order is made of."""
    place = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(scope, place) + place).decode().rstrip("=")


def decode_cursor(scope: str, cursor: str, *kinds: Callable[[str], Any]) -> tuple[Any, ...]:
    """The values that `encode_cursor` was given for this list, each read by its kind. Raises `InvalidCursor`."""
    try:
        encoded = cursor.encode("ascii")
        raw = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise _invalid() from None
    check, place = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(scope, place):
        raise _invalid()
    try:
        values = json.loads(place)
        return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError):  # the check is no secret: somebody has reckoned it
        raise _invalid() from None


async def page_of(
    session: AsyncSession, statement: Select[Any], entity: Any, query: ListQuery[Any]
) -> tuple[list[Any], str | None]:
    """The page of rows that a query asks for, and the cursor of the next; nothing is skipped or shown twice.

    `entity` is the mapped class, with `created_at` and `id`. Raises `InvalidCursor`.
    """
    if query.cursor is not None:
        after = decode_cursor(query.subject, query.cursor, _moment, UUID)
        statement = statement.where(tuple_(entity.created_at, entity.id) < tuple_(*after))
    statement = statement.order_by(entity.created_at.desc(), entity.id.desc()).limit(query.limit + 1)
    rows = list(await session.scalars(statement))
    if len(rows) <= query.limit:
        return rows, None
    return rows[: query.limit], _cursor_after(query, rows[query.limit - 1])


def cut_to_size(items: list[T], cursor: str | None, query: ListQuery[Any]) -> tuple[list[T], str | None]:
    """The page as far as it fits into `PAGE_BYTES`, at least one of the things it shows, and the cursor of the next.

    `items` and `cursor` are what `page_of` gave, as it is shown: with `created_at` and `id`.
    """
    size = 0
    for place, item in enumerate(items):
        size += len(item.model_dump_json().encode())
        if place and size > PAGE_BYTES:
            return items[:place], _cursor_after(query, items[place - 1])
    return items, cursor


def _cursor_after(query: ListQuery[Any], last: Any) -> str:
    return encode_cursor(query.subject, last.created_at.isoformat(), str(last.id))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant has an offset")
    return moment.astimezone(UTC)  # OverflowError: at the ends of the calendar an offset leads out of it


def _check(scope: str, place: bytes) -> bytes:
    return hashlib.blake2b(scope.encode() + b"\0" + place, digest_size=_CHECK_BYTES, person=b"tidebook-cursor").digest()


def _invalid() -> InvalidCursor:
    return InvalidCursor("this cursor was not given out by this list")
