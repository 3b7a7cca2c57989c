"""What booking-service does when money moves."""

from sqlalchemy.exc import IntegrityError

from booking.metrics import BOOKINGS
from booking.model import BookingClosed, locked_booking
from shared.contracts.base import utc_now
from shared.contracts.billing import PaymentSucceeded, RefundIssued
from shared.contracts.booking import BookingConfirmed
from shared.messaging.reactions import Reactions
from shared.service.context import Context

reactions = Reactions("booking")


@reactions.on(PaymentSucceeded)
async def confirm_booking(event: PaymentSucceeded, ctx: Context) -> None:
    """A paid booking becomes confirmed; money that comes too late for its slot is refused."""
    async with ctx.transaction() as tx:
        booking = await locked_booking(tx.session, event.tenant_id, event.booking_id)
        try:
            async with tx.session.begin_nested():
                if booking.starts_at < utc_now():
                    raise BookingClosed("its time has passed")
                fact = booking.confirm(event.payment_id)
                await tx.session.flush()
        except (BookingClosed, IntegrityError) as refusal:
            # An IntegrityError is the exclusion constraint: the hold had expired and the slot was taken since.
            await tx.session.refresh(booking)
            closed = isinstance(refusal, BookingClosed)
            reason = str(refusal) if closed else "the slot was taken after the hold expired"
            fact = booking.refuse_late_payment(event.payment_id, reason)
        if fact:
            tx.emit(fact)
    BOOKINGS.labels("confirmed").inc(sum(isinstance(e, BookingConfirmed) for e in tx.events))


@reactions.on(RefundIssued)
async def record_refund(event: RefundIssued, ctx: Context) -> None:
    """The deposit of the booking has gone back."""
    async with ctx.transaction() as tx:
        booking = await locked_booking(tx.session, event.tenant_id, event.booking_id)
        booking.record_refund()
