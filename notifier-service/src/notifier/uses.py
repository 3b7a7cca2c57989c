"""What notifier-service asks others."""

from shared.contracts.booking.bookings import GetBooking
from shared.messaging.uses import Uses

USES = Uses(queries=(GetBooking,))
