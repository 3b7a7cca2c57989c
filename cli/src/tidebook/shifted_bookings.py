"""`tidebook shifted-bookings`: future bookings whose local time is not what was agreed on any more.

A booking is an instant; its customer and its business have agreed on a time on the wall. When a country
changes its rules and new zone data come with an update, the two part: somebody has to ask which one counts.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from booking.bookings.lifecycle import OPEN
from shared.zones import zone_of
from tidebook.environment import CommandFailed

_AT_ONCE = 1000
_OPEN = """
    SELECT tenant_id, id, starts_at, time_zone, agreed_local_start FROM bookings
    WHERE status = ANY ($1::text[]) AND starts_at > $2 ORDER BY starts_at, id
"""


@dataclass(frozen=True, slots=True)
class ShiftedBooking:
    """A booking whose start the clock at its place will show otherwise than when it was made or last moved."""

    id: UUID
    tenant_id: UUID
    starts_at: datetime
    time_zone: str
    agreed: datetime
    """On the wall, as its customer was told."""
    now: datetime
    """On the wall, by the zone data of this release."""


@dataclass(slots=True)
class Compared:
    """How many bookings were looked at."""

    bookings: int = 0
    shifted: int = 0
    unknown: int = 0
    """Made before their local time was kept, or with a zone that there is no more."""


async def shifted_bookings(url: str, now: datetime, compared: Compared) -> AsyncIterator[ShiftedBooking]:
    """Those that begin after `now`, the earliest first; counts in `compared`. Raises `CommandFailed`."""
    settings = {"search_path": "booking", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    try:
        connection = await asyncpg.connect(url, timeout=5, server_settings=settings)
        try:
            async with connection.transaction(readonly=True):
                cursor = await connection.cursor(_OPEN, [str(status) for status in OPEN], now)
                while rows := await cursor.fetch(_AT_ONCE):
                    for row in rows:
                        if (booking := _compare(row, compared)) is not None:
                            yield booking
        finally:
            await connection.close(timeout=5)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as error:
        raise CommandFailed(f"booking: its database can't be read: {str(error) or type(error).__name__}") from error


def _compare(row: Any, compared: Compared) -> ShiftedBooking | None:
    compared.bookings += 1
    try:
        local = row["starts_at"].astimezone(zone_of(row["time_zone"])).replace(tzinfo=None)
    except ValueError:
        local = None
    if local is None or row["agreed_local_start"] is None:
        compared.unknown += 1
        return None
    if local == row["agreed_local_start"]:
        return None
    compared.shifted += 1
    return ShiftedBooking(
        row["id"],
        row["tenant_id"],
        row["starts_at"].astimezone(UTC),
        row["time_zone"],
        row["agreed_local_start"],
        local,
    )
