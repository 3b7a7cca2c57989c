"""What the business does with a booking that it has; making one is `creation`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from booking.allocations.model import places_of
from booking.allocations.needs import candidates, named_resources, needs_of
from booking.allocations.rules import Need, choose
from booking.allocations.taking import Want, retake
from booking.availability.admission import admitted
from booking.availability.rules import SlotRejection
from booking.availability.search import alternatives, slot_taken
from booking.bookings.model import Booking, locked_booking
from booking.calendars.model import TimesOff
from booking.catalog.model import service_of
from booking.catalog.rules import SlotRules, occupied_by_any
from booking.errors import InvalidCommand
from booking.holds.model import HoldPolicy
from shared.clock import utc_now
from shared.contracts.booking import bookings as contracts
from shared.contracts.booking.bookings import (
    ApproveBooking,
    BookingEvent,
    CancelBooking,
    ChangeBooking,
    CompleteBooking,
    DeclineBooking,
    MarkNoShow,
    ReassignBooking,
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
    able = await needs_of(tx, service)
    needs = [Need(1, [named]) for named in await named_resources(tx, service, able, [resource_id, *kept])]
    if command.override_reason is None:
        await _check_rules(tx, service.rules, needs, max(command.received_at, now), command.starts_at)
    elif command.starts_at < now:
        raise SlotRejection.TOO_SOON.error
    resources = await retake(tx, Want(booking.tenant_id, booking.id, service.rules.occupied(command.starts_at), needs))
    if resources is None:
        free = await alternatives(tx, service, resource_id, command.starts_at, now)
        raise slot_taken(free)
    event = booking.reschedule(command.starts_at, service.rules, resources, command.override_reason)
    return _announced(tx, booking, event)


@handlers.command(ReassignBooking)
async def reassign_booking(command: ReassignBooking, tx: Transaction) -> contracts.Booking:
    """Other resources at the same time, if they serve what the service needs. Notice and horizon don't count: the
    customer's time stays."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    service = await service_of(tx.session, command.tenant_id, booking.service_id)
    booking.check_open(command.expected_versions)
    wanted = list(dict.fromkeys(command.resource_ids))
    had = {resource.id for resource in booking.resources}
    if wanted == [resource.id for resource in booking.resources]:
        return booking.snapshot()
    able = await needs_of(tx, service)
    named = await named_resources(tx, service, able, wanted)
    matched = choose(able, dict.fromkeys(wanted, 0), {})
    if matched is None or len(matched) != len(wanted):
        raise InvalidCommand("resource_ids", "are not what the service needs")
    needs = [Need(1, [resource]) for resource in named]
    if command.override_reason is None:
        fresh = [need for need, resource in zip(needs, named, strict=True) if resource.id not in had]
        rules = replace(service.rules, minimum_notice_minutes=0)
        await _check_rules(tx, rules, fresh, booking.starts_at, booking.starts_at)
    [place, *_] = await places_of(tx.driver, booking.tenant_id, booking.id)
    period = place["busy_from"], place["busy_until"]
    resources = await retake(tx, Want(booking.tenant_id, booking.id, period, needs))
    if resources is None:
        raise slot_taken(await alternatives(tx, service, wanted[0], booking.starts_at, utc_now()))
    return _announced(tx, booking, booking.reassign(resources, command.override_reason or command.reason))


@handlers.command(ChangeBooking)
async def change_booking(command: ChangeBooking, tx: Transaction) -> contracts.Booking:
    """Other notes, metadata or contact details, in any state; what is the same already is no change."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    booking.check(command.expected_versions)
    return _announced(tx, booking, booking.change(command.customer, command.notes, command.metadata))


@handlers.command(ApproveBooking)
async def approve_booking(command: ApproveBooking, tx: Transaction, holds: HoldPolicy) -> contracts.Booking:
    """The business takes a booking that waits for its word."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    event = booking.approve(command.reason, utc_now(), holds, command.expected_versions)
    return _announced(tx, booking, event)


@handlers.command(DeclineBooking)
async def decline_booking(command: DeclineBooking, tx: Transaction) -> contracts.Booking:
    """The business does not take a booking that waits for its word."""
    booking = await locked_booking(tx.session, command.tenant_id, command.subject_id)
    event = booking.decline(command.reason, expected_versions=command.expected_versions)
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


async def _check_rules(
    tx: Transaction, rules: SlotRules, needs: Sequence[Need], asked_at: datetime, starts_at: datetime
) -> None:
    """Raises the refusal of the first resource that may not be booked then."""
    tenants = {resource.tenant_id for resource in candidates(needs)}
    times_off = await TimesOff.load(tx.driver, tenants, *occupied_by_any([starts_at]))
    admitted(rules, needs, times_off, asked_at, starts_at)


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
