"""What the business does with a booking that it has; making one is `creation`."""

from collections.abc import Sequence
from datetime import datetime

from booking.allocations.needs import candidates, named_resources
from booking.allocations.rules import Need
from booking.allocations.taking import Want, retake
from booking.availability.rules import rejection
from booking.availability.search import alternatives, slot_taken
from booking.bookings.model import Booking, locked_booking
from booking.calendars.model import TimesOff
from booking.catalog.model import Service, service_of
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
    """The same booking moves: its old places are freed and the new ones taken in one transaction. It keeps its
    resources, but for the first where another is named."""
    now = utc_now()
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    service = await service_of(tx.session, command.tenant_id, booking.service_id)
    booking.check_open(_expected(command))
    resource_id = command.resource_id or booking.resource_id
    if (command.starts_at, resource_id) == (booking.starts_at, booking.resource_id):
        return booking.snapshot()
    kept = [resource.id for resource in booking.resources[1:]]
    needs = [Need(1, [named]) for named in await named_resources(tx, service, [resource_id, *kept])]
    await _check_rules(tx, service, needs, max(command.received_at, now), command.starts_at)
    resources = await retake(tx, Want(booking.tenant_id, booking.id, service.rules.occupied(command.starts_at), needs))
    if resources is None:
        free = await alternatives(tx, service, resource_id, command.starts_at, now)
        raise slot_taken(free)
    return _announced(tx, booking, booking.reschedule(command.starts_at, service.rules, resources))


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


async def _check_rules(
    tx: Transaction, service: Service, needs: Sequence[Need], asked_at: datetime, starts_at: datetime
) -> None:
    """Raises the refusal of the first resource that may not be booked then."""
    times_off = await TimesOff.load(tx.driver, {service.tenant_id}, *occupied_by_any([starts_at]))
    for resource in candidates(needs):
        if reason := rejection(service.rules, resource.hours, times_off.of(resource), asked_at, starts_at):
            raise reason.error


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
