"""From which states a booking may come to which: said here, and nowhere else."""

from collections.abc import Mapping

from shared.contracts.booking.bookings import BookingStatus

REACHED_FROM: Mapping[BookingStatus, tuple[BookingStatus, ...]] = {
    BookingStatus.PENDING_APPROVAL: (),
    BookingStatus.PENDING_PAYMENT: (BookingStatus.PENDING_APPROVAL,),
    BookingStatus.CONFIRMED: (BookingStatus.PENDING_APPROVAL, BookingStatus.PENDING_PAYMENT, BookingStatus.EXPIRED),
    BookingStatus.DECLINED: (BookingStatus.PENDING_APPROVAL,),
    BookingStatus.EXPIRED: (BookingStatus.PENDING_PAYMENT,),
    BookingStatus.CANCELLED: (BookingStatus.PENDING_APPROVAL, BookingStatus.PENDING_PAYMENT, BookingStatus.CONFIRMED),
    BookingStatus.IN_PROGRESS: (BookingStatus.CONFIRMED,),
    BookingStatus.COMPLETED: (BookingStatus.CONFIRMED, BookingStatus.IN_PROGRESS),
    BookingStatus.NO_SHOW: (BookingStatus.CONFIRMED, BookingStatus.IN_PROGRESS),
}
"""For each state those that it is reached from; what is made new is `pending_approval`, `pending_payment` or
`confirmed`."""
PAYABLE = (BookingStatus.PENDING_PAYMENT, BookingStatus.EXPIRED)
"""The states in which a deposit that comes confirms the booking: what waits for approval asks for none yet."""
OPEN = REACHED_FROM[BookingStatus.CANCELLED]
"""The states in which a booking can still be moved and cancelled."""
OCCUPYING = (
    BookingStatus.PENDING_APPROVAL,
    BookingStatus.PENDING_PAYMENT,
    BookingStatus.CONFIRMED,
    BookingStatus.IN_PROGRESS,
    BookingStatus.COMPLETED,
    BookingStatus.NO_SHOW,
)
"""The states that occupy a slot; the generated column `occupying` is true in the same (a test compares them)."""
