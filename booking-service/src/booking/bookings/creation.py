"""Creating bookings, in batches: the hot path.

One transaction a batch: read the catalog once, apply the rules, take every place with one statement under the exclusion
constraint, insert those bookings that got what they need, emit. Who names no resource gets the least loaded.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from booking.allocations.model import give_back, hand_over
from booking.allocations.needs import Needs, among, required_by
from booking.allocations.rules import Need
from booking.allocations.taking import Want, take
from booking.availability.admission import admitted
from booking.availability.rules import SlotRejection
from booking.availability.search import alternatives, slot_taken
from booking.bookings.model import DETAILS, Booking, several
from booking.calendars.model import TimesOff
from booking.catalog.hours import clock_shows
from booking.catalog.model import Resource, Service
from booking.catalog.rules import occupied_by_any
from booking.customers.matching import Guest, Guests
from booking.errors import Archived, HoldNotFound, InvalidCommand, ServiceNotFound
from booking.holds.model import Hold, HoldPolicy, locked_holds
from shared.clock import utc_now
from shared.contracts.base import Contract
from shared.contracts.booking.availability import Slot
from shared.contracts.booking.bookings import BookingStatus, CreateBooking, DepositStatus
from shared.errors import DomainError
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")

_COLUMNS = [column for column in Booking.__table__.columns if column.computed is None]
_ATTRIBUTES = [Booking.__mapper__.get_property_by_column(column).key for column in _COLUMNS]
_ENCODERS: dict[type, Callable[[Any], Any]] = {JSONB: lambda value: None if value is None else json.dumps(value)}
"""What asyncpg takes for the types that SQLAlchemy has a form of its own for."""
_ENCODED = [
    (index, _ENCODERS[type(column.type)]) for index, column in enumerate(_COLUMNS) if type(column.type) in _ENCODERS
]
_DIALECT = dialect()  # type: ignore[no-untyped-call]
_NAMES = ", ".join(column.name for column in _COLUMNS)
_ARRAYS = ", ".join(f"${number}::{column.type.compile(_DIALECT)}[]" for number, column in enumerate(_COLUMNS, 1))
_INSERT = f"""
    INSERT INTO bookings ({_NAMES})
    SELECT * FROM unnest({_ARRAYS}) AS r ({_NAMES})
    ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - names of our own, nothing from outside
_OF_CUSTOMERS = """
    UPDATE bookings SET customer_id = given.customer_id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS given (tenant_id, id, customer_id)
    WHERE bookings.tenant_id = given.tenant_id AND bookings.id = given.id
"""
# $1 all services asked for, $2 the resources named, $3 the services asked for without naming one; $4 and $5 bound the
# time that is wanted. Few tenants have time off just then: who has none is spared the statement that reads it.
_CATALOG = """
    SELECT s.*, r.id AS resource_id, r.name AS resource_name, r.time_zone, r.weekly_hours, r.overrides,
           r.kind, r.capacity, r.archived_at AS resource_archived_at,
           EXISTS (SELECT FROM time_off t WHERE t.tenant_id = s.tenant_id AND t.removed_at IS NULL
                   AND t.reaches_at > $4 AND t.begins_at < $5) AS any_off
    FROM services s
    LEFT JOIN resource_services o ON o.tenant_id = s.tenant_id AND o.service_id = s.id AND o.offered
         AND (o.resource_id = ANY($2::uuid[]) OR o.service_id = ANY($3::uuid[]))
    LEFT JOIN resources r ON r.tenant_id = o.tenant_id AND r.id = o.resource_id
    WHERE s.id = ANY($1::uuid[])
    ORDER BY r.created_at, r.id
"""


@dataclass(slots=True)
class _Asked:
    """A command, and what it asks for: by itself, or by its hold."""

    command: CreateBooking
    service_id: UUID
    resource_id: UUID | None
    starts_at: datetime
    hold: Hold | None = None
    """What it has its places from already."""


@dataclass(slots=True)
class _Attempt:
    """A command that keeps the rules, and the resources that it may have by them."""

    asked: _Asked
    service: Service
    needs: list[Need]

    @property
    def command(self) -> CreateBooking:
        """What was sent."""
        return self.asked.command

    @property
    def want(self) -> Want:
        """What it is to have."""
        period = self.service.rules.occupied(self.asked.starts_at)
        return Want(self.command.tenant_id, self.command.subject_id, period, self.needs)


@handlers.command(CreateBooking, batch=100)
async def create_bookings(
    commands: list[CreateBooking], tx: Transaction, holds: HoldPolicy
) -> list[Contract | DomainError]:
    """Wanted slots become bookings: confirmed, held for a deposit, or refused with the reason."""
    now = utc_now()
    guests = await Guests.find(tx.driver, commands)
    results: dict[UUID, Contract | DomainError] = dict(guests.refused)
    wanted = await _asked(tx, [command for command in commands if command.id not in results], now, results)
    if not wanted:
        return [results[command.id] for command in commands]
    catalog = await _Catalog.load(tx.driver, wanted)
    attempts: list[_Attempt] = []
    for asked in wanted:
        try:
            attempts.append(_apply_rules(asked, catalog, now))
        except DomainError as refusal:
            results[asked.command.id] = refusal
    got = await take(tx.driver, [attempt.want for attempt in attempts if attempt.asked.hold is None])
    got |= {a.command.subject_id: a.asked.hold.taken for a in attempts if a.asked.hold}
    bookings = {
        attempt.command.id: _place(attempt, guests.of[attempt.command.id], resources, now, holds)
        for attempt in attempts
        if (resources := got.get(attempt.command.subject_id))
    }
    inserted = await _insert(tx.driver, list(bookings.values()))
    # Of an id that there is already: a command came again when nobody remembers it any more.
    made = [booking for booking in bookings.values() if booking.id not in inserted]
    await give_back(tx.driver, [(b.tenant_id, b.id, resource.id) for b in made for resource in b.resources])
    await _write_down_customers(tx.driver, guests, [b for b in bookings.values() if b.id in inserted], now)
    taken: list[_Attempt] = []
    for attempt in attempts:
        booking = bookings.get(attempt.command.id)
        if booking and booking.id in inserted:
            event = booking.placed(attempt.command)
            tx.emit(event)
            results[attempt.command.id] = event.booking
        else:
            taken.append(attempt)
    if taken:
        results |= await _made_before(tx, taken)
        await _refuse_taken(tx, [attempt for attempt in taken if attempt.command.id not in results], now, results)
    return [results[command.id] for command in commands]


async def _asked(
    tx: Transaction, commands: list[CreateBooking], now: datetime, results: dict[UUID, Contract | DomainError]
) -> list[_Asked]:
    """What the commands ask for. Those that name a hold have its places from now on; if it is gone they are refused in
    `results`, and answered there if it is they who have booked it."""
    keys = {(command.tenant_id, command.hold_id) for command in commands if command.hold_id}
    holds = await locked_holds(tx.session, keys) if keys else {}
    asked: list[_Asked] = []
    for command in commands:
        try:
            if command.hold_id is None:
                if command.service_id is None or command.starts_at is None:
                    raise InvalidCommand("hold_id", "is missing: say what and when, or by which hold")
                asked.append(_Asked(command, command.service_id, command.resource_id, command.starts_at))
                continue
            hold = holds.get((command.tenant_id, command.hold_id))
            if hold is None:
                raise HoldNotFound("no such hold")
            made = await tx.session.get(Booking, (command.tenant_id, command.subject_id))
            if made is not None and hold.booking_id == made.id:
                results[command.id] = made.snapshot()
                continue
            hold.check_live(now)
            await hand_over(tx.driver, command.tenant_id, hold.id, command.subject_id)
            hold.book(command.subject_id)
            asked.append(_Asked(command, hold.service_id, None, hold.starts_at, hold))
        except DomainError as refusal:
            results[command.id] = refusal
    return asked


@dataclass(slots=True)
class _Catalog:
    """The services and resources that a batch is about, read with one statement."""

    services: dict[tuple[UUID, UUID], Service]
    resources: dict[tuple[UUID, UUID], list[Resource]]
    required: Needs
    times_off: TimesOff

    @classmethod
    async def load(cls, driver: Any, wanted: list[_Asked]) -> "_Catalog":
        period = occupied_by_any(asked.starts_at for asked in wanted)
        rows = await driver.fetch(
            _CATALOG,
            list({asked.service_id for asked in wanted}),
            list({asked.resource_id for asked in wanted if asked.resource_id}),
            list({asked.service_id for asked in wanted if not asked.resource_id}),
            *period,
        )
        services: dict[tuple[UUID, UUID], Service] = {}
        resources: dict[tuple[UUID, UUID], list[Resource]] = defaultdict(list)
        away = {row["tenant_id"] for row in rows if row["any_off"]}
        for row in rows:
            key = row["tenant_id"], row["id"]
            if key not in services:
                services[key] = Service(**{column.key: row[column.key] for column in Service.__table__.columns})
            if row["resource_id"]:
                resources[key].append(
                    Resource(
                        tenant_id=row["tenant_id"],
                        id=row["resource_id"],
                        name=row["resource_name"],
                        time_zone=row["time_zone"],
                        weekly_hours=row["weekly_hours"],
                        overrides=row["overrides"],
                        kind=row["kind"],
                        capacity=row["capacity"],
                        archived_at=row["resource_archived_at"],
                    )
                )
        required = await required_by(driver, services.values())
        times_off = await TimesOff.load(driver, away, *period) if away else TimesOff([])
        return cls(services, resources, required, times_off)

    def needs(self, asked: _Asked) -> list[Need]:
        """What a command needs, with the resources that may serve it. Raises `ResourceNotFound`, `Archived`."""
        key = asked.command.tenant_id, asked.service_id
        return among(self.required.get(key) or [Need(1, self.resources.get(key, []))], asked.resource_id)


def _apply_rules(asked: _Asked, catalog: _Catalog, now: datetime) -> _Attempt:
    """Which resources a command may have by the rules. Raises the `DomainError` that refuses it.

    Notice is measured from when the gateway received the command, but the past stays the past. What is held was
    admitted when it was held.
    """
    command, starts_at = asked.command, asked.starts_at
    service = catalog.services.get((command.tenant_id, asked.service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    if asked.hold is not None:
        return _Attempt(asked, service, [])
    if service.archived_at:
        raise Archived("the service is archived")
    needs = catalog.needs(asked)
    if starts_at < now:
        raise SlotRejection.TOO_SOON.error
    if command.override_reason is None:
        needs = admitted(service.rules, needs, catalog.times_off, command.received_at, starts_at)
    return _Attempt(asked, service, needs)


def _place(attempt: _Attempt, guest: Guest, resources: list[Resource], now: datetime, holds: HoldPolicy) -> Booking:
    """The booking that a command makes of the resources that it got: confirmed, held for its deposit, or kept until
    the business has said whether it takes it."""
    command, service, resource = attempt.command, attempt.service, resources[0]
    starts_at, hold = attempt.asked.starts_at, attempt.asked.hold
    rules, deposit, asked = service.rules, service.deposit_amount, service.approval_minutes
    status = BookingStatus.PENDING_PAYMENT if deposit else BookingStatus.CONFIRMED
    # As if it had been loaded: the instrumentation of an object that may change costs as much as the rest.
    booking: Booking = Booking.__mapper__.class_manager.new_instance()
    vars(booking).update(
        tenant_id=command.tenant_id,
        id=command.subject_id,
        status=BookingStatus.PENDING_APPROVAL if asked else status,
        version=1,
        sequence=1,
        service_id=service.id,
        service_name=service.name,
        resource_id=resource.id,
        resource_name=resource.name,
        several=several(resources),
        starts_at=starts_at,
        ends_at=hold.ends_at if hold else rules.ends_at(starts_at),
        time_zone=resource.time_zone,
        customer_name=guest.name,
        customer_email=guest.email,
        customer_phone=guest.phone,
        customer_id=guest.id,
        price_amount=service.price_amount,
        price_currency=service.price_currency,
        price_version=service.price_version,
        deposit_amount=deposit,
        deposit_status=DepositStatus.PENDING if deposit else None,
        deposit_refunded=0,
        deposit_sequence=0,
        hold_expires_at=holds.until(now, starts_at) if deposit and not asked else None,
        approve_by=min(now + timedelta(minutes=asked), starts_at) if asked else None,
        payment_id=None,
        business_name=command.business_name,
        cancellation_reason=None,
        created_at=now,
        agreed_local_start=clock_shows(starts_at, resource.time_zone),
        **{attribute: getattr(command, name) for name, attribute in DETAILS},
    )
    return booking


async def _insert(driver: Any, bookings: Sequence[Booking]) -> set[UUID]:
    """Insert what is still free; returns the ids that made it."""
    if not bookings:
        return set()
    rows = [vars(booking) for booking in bookings]
    columns = [[row[attribute] for row in rows] for attribute in _ATTRIBUTES]
    for index, encode in _ENCODED:
        columns[index] = [encode(value) for value in columns[index]]
    inserted = await driver.fetch(_INSERT, *columns)
    return {row["id"] for row in inserted}


async def _write_down_customers(driver: Any, guests: Guests, bookings: list[Booking], now: datetime) -> None:
    """Write the customers of these bookings down who are new. One who was written down by another replica in the
    meantime is the same person, under the id that was given there."""
    elsewhere = await guests.write_down(driver, {id_ for booking in bookings if (id_ := booking.customer_id)}, now)
    moved = [booking for booking in bookings if booking.customer_id in elsewhere]
    if not moved:
        return
    for booking in moved:
        vars(booking)["customer_id"] = elsewhere[vars(booking)["customer_id"]]
    values = [[getattr(booking, name) for booking in moved] for name in ("tenant_id", "id", "customer_id")]
    await driver.execute(_OF_CUSTOMERS, *values)


async def _made_before(tx: Transaction, taken: list[_Attempt]) -> dict[UUID, Contract | DomainError]:
    """The bookings that these very commands have made already, when nobody remembers their keys any more: the id
    comes from key and body, so that a booking of that id is what was asked for."""
    keys = [(attempt.command.tenant_id, attempt.command.subject_id) for attempt in taken]
    found = await tx.session.scalars(select(Booking).where(tuple_(Booking.tenant_id, Booking.id).in_(keys)))
    made = {(booking.tenant_id, booking.id): booking.snapshot() for booking in found}
    return {a.command.id: made[key] for a, key in zip(taken, keys, strict=True) if key in made}


async def _refuse_taken(
    tx: Transaction, taken: list[_Attempt], now: datetime, results: dict[UUID, Contract | DomainError]
) -> None:
    """Each refusal carries the next free slots; many who wanted the same slot share one search."""
    found: dict[tuple[UUID, UUID | None, datetime], list[Slot]] = {}
    for attempt in taken:
        asked = attempt.asked
        wanted = (asked.service_id, asked.resource_id, asked.starts_at)
        if wanted not in found:
            found[wanted] = await alternatives(tx, attempt.service, asked.resource_id, asked.starts_at, now)
        results[attempt.command.id] = slot_taken(found[wanted])
