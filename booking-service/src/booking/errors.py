"""How booking-service says no. Codes are public and stable."""

from shared.errors import DomainError, NotFound


class ServiceNotFound(NotFound):
    """The tenant has no such service."""

    code = "service_not_found"
    title = "Service not found"


class ResourceNotFound(NotFound):
    """The tenant has no such resource, or it does not offer the service."""

    code = "resource_not_found"
    title = "Resource not found"


class LocationNotFound(NotFound):
    """The tenant has no such location."""

    code = "location_not_found"
    title = "Location not found"


class BookingNotFound(NotFound):
    """The tenant has no such booking."""

    code = "booking_not_found"
    title = "Booking not found"


class SlotTaken(DomainError):
    """Somebody else has the slot; `alternatives` are the next free ones."""

    code = "slot_taken"
    title = "Slot taken"


class OutsideHours(DomainError):
    """The appointment does not lie within opening hours."""

    code = "outside_hours"
    title = "Outside opening hours"


class DuringTimeOff(DomainError):
    """The appointment, its buffers included, meets a time in which the resource is off."""

    code = "time_off"
    title = "Time off"


class HoldNotFound(NotFound):
    """The tenant has no such hold."""

    code = "hold_not_found"
    title = "Hold not found"


class HoldClosed(DomainError):
    """The hold keeps its slot no more: it is booked, released, or its time is over."""

    code = "hold_closed"
    title = "Hold closed"


class HoldExtendedBefore(DomainError):
    """The hold was extended before, which can be done once."""

    code = "hold_extended"
    title = "Hold extended already"


class TooManyHolds(DomainError):
    """The tenant has as many holds as it may."""

    code = "too_many_holds"
    title = "Too many holds"


class TimeOffNotFound(NotFound):
    """The tenant has no such time off."""

    code = "time_off_not_found"
    title = "Time off not found"


class CustomerNotFound(NotFound):
    """The tenant has no such customer."""

    code = "customer_not_found"
    title = "Customer not found"


class CustomerExists(DomainError):
    """There is a customer of that address, or without one of that number; `customer_id` is whose it is."""

    code = "customer_exists"
    title = "Customer exists"


class CustomerErased(DomainError):
    """Everything about the customer was erased: nothing can be written to the record any more."""

    code = "customer_erased"
    title = "Customer erased"


class BookingsOpen(DomainError):
    """The customer has bookings that are not over: nobody can be erased who is expected."""

    code = "bookings_open"
    title = "Bookings open"


class Archived(DomainError):
    """The service or the resource is archived: it takes no new bookings."""

    code = "archived"
    title = "Archived"


class TooSoon(DomainError):
    """The start is in the past or within the service's minimum notice."""

    code = "too_soon"
    title = "Too soon"


class TooFar(DomainError):
    """The start lies beyond the service's horizon."""

    code = "too_far"
    title = "Too far ahead"


class VersionConflict(DomainError):
    """The thing has changed since the caller saw it (`If-Match`)."""

    code = "version_conflict"
    status = 412
    title = "Version conflict"


class BookingClosed(DomainError):
    """The booking is cancelled, expired or over; it can't be changed any more."""

    code = "booking_closed"
    title = "Booking closed"


class TransitionNotAllowed(DomainError):
    """The state in which the booking is does not lead to the one that is wanted."""

    code = "transition_not_allowed"
    title = "Transition not allowed"


class TooEarly(DomainError):
    """The appointment can't have begun, be done or be missed yet."""

    code = "too_early"
    title = "Too early"


class InvalidCommand(DomainError):
    """The command is well-formed but makes no sense; `errors` says where."""

    code = "validation_error"
    status = 422
    title = "Validation error"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", {"errors": [{"field": field, "message": message}]})
