"""What happens to bookings when money moves."""

from sqlalchemy.exc import IntegrityError

from booking.allocations.model import is_overlap, places_of
from booking.bookings.model import Booking, locked_booking
from booking.calendars.model import TimesOff
from booking.catalog.model import Resource
from booking.errors import BookingClosed
from shared.clock import utc_now
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.billing.refunds import RefundFailed, RefundIssued, RefundSucceeded
from shared.contracts.booking.bookings import BookingStatus, DepositStatus
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.on(PaymentSucceeded, name="confirm-booking")
async def confirm_booking(event: PaymentSucceeded, tx: Transaction) -> None:
    """A paid booking becomes confirmed; money that comes too late for its slot is refused."""
    booking = await locked_booking(tx.session, event.tenant_id, event.booking_id)
    try:
        async with tx.session.begin_nested():
            if booking.starts_at < utc_now():
                raise BookingClosed("its time has passed")
            if booking.status == BookingStatus.EXPIRED and await _is_off(tx, booking):
                raise BookingClosed("its resource is off at that time by now")
            fact = booking.confirm(event.payment_id)
            await tx.session.flush()
    except BookingClosed as closed:
        reason = str(closed)
    except IntegrityError as error:
        if not is_overlap(error):  # a mistake of ours must not send anybody's money back
            raise
        reason = "the slot was taken after the hold expired"
    else:
        if fact:
            tx.emit(fact)
        return
    await tx.session.refresh(booking)
    tx.emit(booking.refuse_late_payment(event.payment_id, reason))


async def _is_off(tx: Transaction, booking: Booking) -> bool:
    """Whether the time of a booking has become time off of one of its resources."""
    for place in await places_of(tx.driver, booking.tenant_id, booking.id):
        period = place["busy_from"], place["busy_until"]
        resource = await tx.session.get_one(Resource, (booking.tenant_id, place["resource_id"]))
        if (await TimesOff.load(tx.driver, {booking.tenant_id}, *period)).meet(resource, *period):
            return True
    return False


_OF_EARLIER_EVENTS = {
    RefundIssued: DepositStatus.REFUND_PENDING,
    RefundSucceeded: DepositStatus.REFUNDED,
    RefundFailed: DepositStatus.REFUND_FAILED,
}
"""What events say that were published before they told how the payment stands."""


@handlers.on(RefundIssued, RefundSucceeded, RefundFailed, name="record-refund")
async def record_refund(event: RefundIssued | RefundSucceeded | RefundFailed, tx: Transaction) -> None:
    """The deposit of the booking, or a part, is on its way back, has gone, or could not be given back."""
    booking = await locked_booking(tx.session, event.tenant_id, event.booking_id)
    payment = event.payment
    if payment is None:
        booking.record_whole_refund(_OF_EARLIER_EVENTS[type(event)])
    else:
        booking.record_refund(DepositStatus(payment.status), payment.refunded_amount, payment.sequence)
