"""What the gateway sends to services and asks them."""

from shared.contracts.billing.payments import GetPayment
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.bookings import (
    CancelBooking,
    CreateBooking,
    GetBooking,
    ListBookings,
    RescheduleBooking,
)
from shared.contracts.booking.catalog import (
    CreateResource,
    CreateService,
    GetResource,
    GetService,
    ListResources,
    ListServices,
)
from shared.contracts.booking.commands import FollowBookingCommand
from shared.messaging.uses import Uses

USES = Uses(
    commands=(CreateService, CreateResource, CreateBooking, CancelBooking, RescheduleBooking),
    queries=(
        GetService,
        ListServices,
        GetResource,
        ListResources,
        FindSlots,
        GetBooking,
        ListBookings,
        GetPayment,
        FollowBookingCommand,
    ),
    stripe_events=True,
)
