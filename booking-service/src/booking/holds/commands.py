"""Slots that are kept, kept for longer, and let go."""

from booking.allocations.needs import needs_of
from booking.allocations.taking import Want, take
from booking.availability.admission import admitted
from booking.availability.search import alternatives, slot_taken
from booking.calendars.model import TimesOff
from booking.catalog.model import service_of
from booking.catalog.rules import occupied_by_any
from booking.errors import Archived, TooManyHolds
from booking.holds.model import LIVE_LIMIT, Hold, HoldPolicy, live_count, locked_hold
from shared.clock import utc_now
from shared.contracts.booking import holds as contracts
from shared.contracts.booking.holds import (
    CreateHold,
    ExtendHold,
    HoldEvent,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    ReleaseHold,
)
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.command(CreateHold)
async def create_hold(command: CreateHold, tx: Transaction, holds: HoldPolicy) -> contracts.Hold:
    """A slot is kept, by the rules of a booking: what can be held can be booked."""
    if made := await tx.session.get(Hold, (command.tenant_id, command.subject_id)):
        return made.snapshot()  # by this very command, whose key nobody remembers any more
    now = utc_now()
    service = await service_of(tx.session, command.tenant_id, command.service_id)
    if service.archived_at:
        raise Archived("the service is archived")
    needs = await needs_of(tx, service, command.resource_id)
    times_off = await TimesOff.load(tx.driver, {command.tenant_id}, *occupied_by_any([command.starts_at]))
    asked_at = max(command.received_at, now)
    needs = admitted(service.rules, needs, times_off, asked_at, command.starts_at)
    if await live_count(tx.session, command.tenant_id) >= LIVE_LIMIT:
        raise TooManyHolds(f"there are {LIVE_LIMIT} holds already")
    period = service.rules.occupied(command.starts_at)
    want = Want(command.tenant_id, command.subject_id, period, needs)
    resources = (await take(tx.driver, [want])).get(command.subject_id)
    if resources is None:
        raise slot_taken(await alternatives(tx, service, command.resource_id, command.starts_at, now))
    hold = Hold.of(command, service, resources, now, holds)
    tx.session.add(hold)
    await tx.session.flush()
    return _announced(tx, hold, HoldPlaced)


@handlers.command(ExtendHold)
async def extend_hold(command: ExtendHold, tx: Transaction, holds: HoldPolicy) -> contracts.Hold:
    """A slot is kept for longer, once."""
    hold = await locked_hold(tx.session, command.tenant_id, command.subject_id)
    hold.extend(utc_now(), holds)
    return _announced(tx, hold, HoldExtended)


@handlers.command(ReleaseHold)
async def release_hold(command: ReleaseHold, tx: Transaction) -> contracts.Hold:
    """A slot is let go. Doing it twice changes nothing."""
    hold = await locked_hold(tx.session, command.tenant_id, command.subject_id)
    return _announced(tx, hold, HoldReleased) if hold.release(utc_now()) else hold.snapshot()


def _announced(tx: Transaction, hold: Hold, event_type: type[HoldEvent]) -> contracts.Hold:
    """The hold as it stands now, which is told with the event."""
    snapshot = hold.snapshot()
    tx.emit(event_type(tenant_id=hold.tenant_id, hold=snapshot))
    return snapshot
