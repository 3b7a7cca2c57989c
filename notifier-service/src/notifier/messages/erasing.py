"""People who were erased: no message of theirs keeps a name or an address, and none is written any more. SQL only."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import utc_now
from shared.contracts.booking.customers import CustomerErased

# News of the booking that comes later, or came here never, changes nothing: the row says that its person is erased.
_BOOKINGS = text("""
    INSERT INTO bookings (tenant_id, booking_id, version, sequence, status, snapshot, erased)
    SELECT CAST(:tenant AS uuid), id, 0, 0, 'cancelled', jsonb_build_object('ends_at', CAST(:now AS timestamptz)), true
    FROM unnest(CAST(:bookings AS uuid[])) AS gone (id)
    ON CONFLICT ON CONSTRAINT bookings_pkey DO UPDATE
    SET erased = true, updated_at = CAST(:now AS timestamptz),
        snapshot = jsonb_build_object('ends_at', bookings.snapshot -> 'ends_at')
""")
_MESSAGES = text("""
    UPDATE messages
    SET recipient = :address, subject_data = NULL,
        last_error = CASE WHEN status IN ('planned', 'queued', 'sending') THEN 'erased' END,
        status = CASE WHEN status IN ('planned', 'queued', 'sending') THEN 'skipped' ELSE status END
    WHERE tenant_id = :tenant AND booking_id = ANY (CAST(:bookings AS uuid[]))
""")


async def forget_person(session: AsyncSession, event: CustomerErased) -> None:
    """Take the person out of what is kept of these bookings; messages that wait are not sent."""
    place = {"tenant": event.tenant_id, "bookings": sorted(event.booking_ids)}
    await session.execute(_BOOKINGS, {**place, "now": utc_now()})
    await session.execute(_MESSAGES, {**place, "address": event.pseudonym.email})
