"""What happens to bookings by the clock: holds expire, what nobody approves is declined, appointments are over.

Claimed with `SKIP LOCKED`, so that any number of replicas share the work.
"""

from sqlalchemy import select

from booking.bookings.lifecycle import REACHED_FROM
from booking.bookings.model import Booking
from shared.clock import utc_now
from shared.contracts.booking.bookings import Actor, BookingStatus
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

BATCH = 200


def schedule(service: ServiceRuntime) -> None:
    """Let a service do this work."""

    async def expire_holds() -> None:
        due = select(Booking).where(
            Booking.status == BookingStatus.PENDING_PAYMENT, Booking.hold_expires_at < utc_now()
        )
        async with service.context().transaction(EVERY_TENANT) as tx:
            claimed = due.order_by(Booking.hold_expires_at).limit(BATCH).with_for_update(skip_locked=True)
            for booking in await tx.session.scalars(claimed):
                if event := booking.expire():
                    tx.emit(event)

    async def decline_unanswered() -> None:
        due = select(Booking).where(Booking.status == BookingStatus.PENDING_APPROVAL, Booking.approve_by < utc_now())
        async with service.context().transaction(EVERY_TENANT) as tx:
            claimed = due.order_by(Booking.approve_by).limit(BATCH).with_for_update(skip_locked=True)
            for booking in await tx.session.scalars(claimed):
                if event := booking.decline("not approved in time", Actor.SYSTEM):
                    tx.emit(event)

    async def complete_past() -> None:
        running = Booking.status.in_(REACHED_FROM[BookingStatus.COMPLETED])
        over = select(Booking).where(running, Booking.ends_at < utc_now())
        async with service.context().transaction(EVERY_TENANT) as tx:
            claimed = over.order_by(Booking.ends_at).limit(BATCH).with_for_update(skip_locked=True)
            for booking in await tx.session.scalars(claimed):
                if event := booking.end():
                    tx.emit(event)

    service.every(1, "expire-holds", expire_holds)
    service.every(1, "decline-unanswered", decline_unanswered)
    service.every(10, "complete-past", complete_past)
