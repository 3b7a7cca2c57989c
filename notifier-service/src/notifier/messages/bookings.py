"""Bookings as last heard of: what messages are held against before they leave. SQL only."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.billing.payments import PaymentEvent
from shared.contracts.booking.bookings import Booking, BookingEvent

# All rows of a batch in one statement, sorted, so that replicas never deadlock.
_REMEMBER = text("""
    INSERT INTO bookings (tenant_id, booking_id, version, sequence, status, snapshot)
    SELECT tenant_id, booking_id, version, sequence, status, CAST(snapshot AS jsonb)
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:versions AS integer[]),
                CAST(:sequences AS integer[]), CAST(:statuses AS text[]), CAST(:snapshots AS text[]))
         AS heard (tenant_id, booking_id, version, sequence, status, snapshot)
    ON CONFLICT ON CONSTRAINT bookings_pkey DO UPDATE
    SET version = excluded.version, sequence = excluded.sequence, status = excluded.status,
        snapshot = excluded.snapshot, updated_at = clock_timestamp()
    WHERE bookings.sequence < excluded.sequence AND NOT bookings.erased
""")
_KNOWN = text("""
    SELECT b.tenant_id, b.booking_id, CASE WHEN NOT erased THEN CAST(b.snapshot AS text) END AS snapshot
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[])) AS wanted (tenant_id, booking_id)
    JOIN bookings b USING (tenant_id, booking_id)
""")
# By subject, which has an index: whatever is about a booking has the booking's id there.
_PRUNE = text("""
    DELETE FROM bookings WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM bookings b
        WHERE updated_at < now() - CAST(:age AS interval)
          AND CAST(snapshot ->> 'ends_at' AS timestamptz) < now() - CAST(:age AS interval)
          AND NOT EXISTS (SELECT 1 FROM messages m
                          WHERE m.tenant_id = b.tenant_id AND m.subject_id = b.booking_id)
        LIMIT 5000))
""")


async def remember(session: AsyncSession, events: Collection[BookingEvent]) -> None:
    """Keep each booking as its newest event shows it; older news changes nothing."""
    newest: dict[tuple[UUID, UUID], BookingEvent] = {}
    for event in sorted(events, key=lambda e: (e.tenant_id, e.booking.id, e.sequence)):
        newest[event.tenant_id, event.booking.id] = event
    await session.execute(
        _REMEMBER,
        {
            "tenants": [tenant for tenant, _ in newest],
            "ids": [booking for _, booking in newest],
            "versions": [event.version for event in newest.values()],
            "sequences": [event.sequence for event in newest.values()],
            "statuses": [event.booking.status for event in newest.values()],
            "snapshots": [event.booking.model_dump_json() for event in newest.values()],
        },
    )


async def known_bookings(
    session: AsyncSession, events: Collection[PaymentEvent]
) -> dict[tuple[UUID, UUID], Booking | None]:
    """The bookings that these events are about, as far as they have been heard of: by (tenant, booking). None: its
    customer was erased, and is written to no more."""
    rows = await session.execute(
        _KNOWN, {"tenants": [e.tenant_id for e in events], "ids": [e.booking_id for e in events]}
    )
    return {
        (row.tenant_id, row.booking_id): Booking.model_validate_json(row.snapshot) if row.snapshot else None
        for row in rows
    }


async def prune_bookings(session: AsyncSession, age: timedelta) -> int:
    """Delete a batch of bookings that ended, and were last heard of, that long ago; returns how many."""
    result = await session.execute(_PRUNE, {"age": age})
    return int(result.rowcount)  # type: ignore[attr-defined]
