"""Creating bookings, in batches: the hot path.

One transaction a batch: read the catalog once, apply the rules, take every place with one statement under the exclusion
constraint, insert those bookings that got what they need, emit. Who names no resource gets the least loaded.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from booking.allocations.model import give_back
from booking.allocations.needs import Needs, among, candidates, required_by
from booking.allocations.rules import Need
from booking.allocations.taking import Want, take
from booking.availability.rules import SlotRejection, rejection
from booking.availability.search import alternatives, slot_taken
from booking.bookings.model import Booking, HoldPolicy
from booking.calendars.model import TimesOff
from booking.catalog.model import Resource, Service
from booking.catalog.rules import occupied_by_any
from booking.errors import Archived, ServiceNotFound
from shared.clock import utc_now
from shared.contracts.base import Contract
from shared.contracts.booking.availability import Slot
from shared.contracts.booking.bookings import CreateBooking
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
class _Attempt:
    """A command that keeps the rules, and the resources that it may have by them."""

    command: CreateBooking
    service: Service
    needs: list[Need]

    @property
    def want(self) -> Want:
        """What it is to have."""
        command = self.command
        return Want(command.tenant_id, command.subject_id, self.service.rules.occupied(command.starts_at), self.needs)


@handlers.command(CreateBooking, batch=100)
async def create_bookings(
    commands: list[CreateBooking], tx: Transaction, holds: HoldPolicy
) -> list[Contract | DomainError]:
    """Wanted slots become bookings: confirmed, held for a deposit, or refused with the reason."""
    catalog = await _Catalog.load(tx.driver, commands)
    now = utc_now()
    results: dict[UUID, Contract | DomainError] = {}
    attempts: list[_Attempt] = []
    for command in commands:
        try:
            attempts.append(_apply_rules(command, catalog, now))
        except DomainError as refusal:
            results[command.id] = refusal
    got = await take(tx.driver, [attempt.want for attempt in attempts])
    bookings = {
        attempt.command.id: Booking.place(attempt.command, attempt.service, resources, now, holds)
        for attempt in attempts
        if (resources := got.get(attempt.command.subject_id))
    }
    inserted = await _insert(tx.driver, list(bookings.values()))
    # Of an id that there is already: a command came again when nobody remembers it any more.
    made = [booking for booking in bookings.values() if booking.id not in inserted]
    await give_back(tx.driver, [(b.tenant_id, b.id, resource.id) for b in made for resource in b.resources])
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


@dataclass(slots=True)
class _Catalog:
    """The services and resources that a batch is about, read with one statement."""

    services: dict[tuple[UUID, UUID], Service]
    resources: dict[tuple[UUID, UUID], list[Resource]]
    required: Needs
    times_off: TimesOff

    @classmethod
    async def load(cls, driver: Any, commands: list[CreateBooking]) -> "_Catalog":
        period = occupied_by_any(command.starts_at for command in commands)
        rows = await driver.fetch(
            _CATALOG,
            list({r.service_id for r in commands}),
            list({r.resource_id for r in commands if r.resource_id}),
            list({r.service_id for r in commands if not r.resource_id}),
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

    def needs(self, command: CreateBooking) -> list[Need]:
        """What a command needs, with the resources that may serve it. Raises `ResourceNotFound`, `Archived`."""
        key = command.tenant_id, command.service_id
        return among(self.required.get(key) or [Need(1, self.resources.get(key, []))], command.resource_id)


def _apply_rules(command: CreateBooking, catalog: _Catalog, now: datetime) -> _Attempt:
    """Which resources the command may have by the rules. Raises the `DomainError` that refuses it.

    Notice is measured from when the gateway received the command, but the past stays the past.
    """
    service = catalog.services.get((command.tenant_id, command.service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    if service.archived_at:
        raise Archived("the service is archived")
    needs = catalog.needs(command)
    if command.starts_at < now:
        raise SlotRejection.TOO_SOON.error
    rules = service.rules
    off, asked_at, starts_at = catalog.times_off, command.received_at, command.starts_at
    if command.override_reason is not None:
        return _Attempt(command, service, needs)
    rejections = {r.id: rejection(rules, r.hours, off.of(r), asked_at, starts_at) for r in candidates(needs)}
    for index, need in enumerate(needs):
        allowed = [r for r in need.resources if rejections[r.id] is None]
        if len(allowed) < need.quantity:
            raise next((r for r in rejections.values() if r), SlotRejection.OUTSIDE_HOURS).error
        needs[index] = Need(need.quantity, allowed)
    return _Attempt(command, service, needs)


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
        command = attempt.command
        wanted = (command.service_id, command.resource_id, command.starts_at)
        if wanted not in found:
            found[wanted] = await alternatives(tx, attempt.service, command.resource_id, command.starts_at, now)
        results[command.id] = slot_taken(found[wanted])
