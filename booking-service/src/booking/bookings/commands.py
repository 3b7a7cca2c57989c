"""What the business does with a booking that it has; making one is `creation`."""

from sqlalchemy.exc import IntegrityError

from booking.availability.rules import rejection
from booking.availability.search import alternatives, slot_taken
from booking.bookings.model import Booking, is_overlap, locked_booking
from booking.calendars.model import TimesOff
from booking.catalog.model import resources_offering, service_of
from booking.catalog.rules import occupied_by_any
from shared.clock import utc_now
from shared.contracts.booking import bookings as contracts
from shared.contracts.booking.bookings import (
    BookingEvent,
    CancelBooking,
    CompleteBooking,
    MarkNoShow,
    RescheduleBooking,
    StartBooking,
)
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.command(CancelBooking)
async def cancel_booking(command: CancelBooking, tx: Transaction) -> contracts.Booking:
    """The business calls an appointment off; billing and the mails follow from the event."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    return _announced(tx, booking, booking.cancel(command.reason, _expected(command)))


@handlers.command(RescheduleBooking)
async def reschedule_booking(command: RescheduleBooking, tx: Transaction) -> contracts.Booking:
    """The same booking moves: the old slot is freed and the new one taken in one transaction."""
    now = utc_now()
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    service = await service_of(tx.session, command.tenant_id, booking.service_id)
    resource_id = command.resource_id or booking.resource_id
    [resource] = await resources_offering(tx.session, command.tenant_id, service.id, resource_id)
    if (command.starts_at, resource.id) != (booking.starts_at, booking.resource_id):
        asked_at = max(command.received_at, now)
        period = occupied_by_any([command.starts_at])
        off = (await TimesOff.load(tx.driver, {command.tenant_id}, *period)).of(resource)
        if reason := rejection(service.rules, resource.hours, off, asked_at, command.starts_at):
            raise reason.error
    try:
        async with tx.session.begin_nested():
            event = booking.reschedule(command.starts_at, service.rules, resource, _expected(command))
            await tx.session.flush()
    except IntegrityError as error:
        if not is_overlap(error):
            raise
        free = await alternatives(tx, service, command.tenant_id, resource_id, command.starts_at, now)
        raise slot_taken(free) from None
    return _announced(tx, booking, event)


@handlers.command(StartBooking)
async def start_booking(command: StartBooking, tx: Transaction) -> contracts.Booking:
    """The business says that an appointment has begun."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    return _announced(tx, booking, booking.start(command.reason, utc_now(), command.expected_versions))


@handlers.command(CompleteBooking)
async def complete_booking(command: CompleteBooking, tx: Transaction) -> contracts.Booking:
    """The business says that an appointment is done; without a word it is at its end."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    return _announced(tx, booking, booking.complete(command.reason, utc_now(), command.expected_versions))


@handlers.command(MarkNoShow)
async def mark_no_show(command: MarkNoShow, tx: Transaction) -> contracts.Booking:
    """The business says that nobody came; the deposit stays with it."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    return _announced(tx, booking, booking.mark_no_show(command.reason, utc_now(), command.expected_versions))


def _announced(tx: Transaction, booking: Booking, event: BookingEvent | None) -> contracts.Booking:
    """The booking as it stands now; the event goes out with it, if a verb has changed anything."""
    if event:
        tx.emit(event)
    return booking.snapshot()


def _expected(command: CancelBooking | RescheduleBooking) -> list[int] | None:
    """The versions at which the sender wants it done; None for any."""
    if command.expected_versions is None and command.expected_version is not None:
        return [command.expected_version]
    return command.expected_versions
