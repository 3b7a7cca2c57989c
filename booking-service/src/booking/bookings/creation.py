"""Creating bookings, in batches: the hot path.

One transaction a batch: read the catalog once, apply the rules, insert every booking with one statement
under the exclusion constraint, emit. A command that names no resource tries the free ones, least loaded first.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from booking.availability.rules import SlotRejection, rejection
from booking.availability.search import BUSY, alternatives, slot_taken
from booking.bookings.model import Booking, HoldPolicy
from booking.calendars.model import TimesOff
from booking.catalog.model import Resource, Service
from booking.catalog.rules import occupied_by_any
from booking.errors import Archived, ResourceNotFound, ServiceNotFound
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
_ENCODERS: dict[type, Callable[[Any], Any]] = {
    JSONB: json.dumps,
    TSTZRANGE: lambda occupied: asyncpg.Range(occupied.lower, occupied.upper),
}
"""What asyncpg takes for the types that SQLAlchemy has a form of its own for."""
_ENCODED = [
    (index, _ENCODERS[type(column.type)]) for index, column in enumerate(_COLUMNS) if type(column.type) in _ENCODERS
]
_DIALECT = dialect()  # type: ignore[no-untyped-call]
_NAMES = ", ".join(column.name for column in _COLUMNS)
_ARRAYS = ", ".join(f"${number}::{column.type.compile(_DIALECT)}[]" for number, column in enumerate(_COLUMNS, 1))
# Sorted, so that replicas that insert contended batches wait in one order instead of deadlocking.
_INSERT = f"""
    INSERT INTO bookings ({_NAMES})
    SELECT * FROM unnest({_ARRAYS}) AS r ({_NAMES})
    ORDER BY resource_id, starts_at
    ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - names of our own, nothing from outside
# $1 all services asked for, $2 the resources named, $3 the services asked for without naming one; $4 and $5 bound the
# time that is wanted. Few tenants have time off just then: who has none is spared the statement that reads it.
_CATALOG = """
    SELECT s.*, r.id AS resource_id, r.name AS resource_name, r.time_zone, r.weekly_hours, r.overrides,
           r.archived_at AS resource_archived_at,
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
    """A command that keeps the rules, and the resources that are left to try for it."""

    command: CreateBooking
    service: Service
    candidates: list[Resource] = field(default_factory=list)


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
    await _prefer_least_loaded(tx, attempts)
    taken: list[_Attempt] = []
    while attempts:
        taken += [attempt for attempt in attempts if not attempt.candidates]
        attempts = [attempt for attempt in attempts if attempt.candidates]
        bookings = [Booking.place(a.command, a.service, a.candidates.pop(0), now, holds) for a in attempts]
        inserted = await _insert(tx.driver, bookings)
        for attempt, booking in zip(attempts, bookings, strict=True):
            if booking.id in inserted:
                event = booking.placed(attempt.command)
                tx.emit(event)
                results[attempt.command.id] = event.booking
        attempts = [attempt for attempt in attempts if attempt.command.id not in results]
    if taken:
        results |= await _made_before(tx, taken)
        await _refuse_taken(tx, [attempt for attempt in taken if attempt.command.id not in results], now, results)
    return [results[command.id] for command in commands]


@dataclass(slots=True)
class _Catalog:
    """The services and resources that a batch is about, read with one statement."""

    services: dict[tuple[UUID, UUID], Service]
    resources: dict[tuple[UUID, UUID], list[Resource]]
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
                        archived_at=row["resource_archived_at"],
                    )
                )
        return cls(services, resources, await TimesOff.load(driver, away, *period) if away else TimesOff([]))


def _apply_rules(command: CreateBooking, catalog: _Catalog, now: datetime) -> _Attempt:
    """Which resources the command may have by the rules. Raises the `DomainError` that refuses it.

    Notice is measured from when the gateway received the command, but the past stays the past.
    """
    service = catalog.services.get((command.tenant_id, command.service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    if service.archived_at:
        raise Archived("the service is archived")
    candidates = catalog.resources.get((command.tenant_id, command.service_id), [])
    if command.resource_id is not None:
        candidates = [r for r in candidates if r.id == command.resource_id]
        if not candidates:
            raise ResourceNotFound("no such resource offers this service")
        if candidates[0].archived_at:
            raise Archived("the resource is archived")
    candidates = [r for r in candidates if r.archived_at is None]
    if command.starts_at < now:
        raise SlotRejection.TOO_SOON.error
    rules = service.rules
    off, asked_at, starts_at = catalog.times_off, command.received_at, command.starts_at
    rejections = {r.id: rejection(rules, r.hours, off.of(r), asked_at, starts_at) for r in candidates}
    allowed = [r for r in candidates if rejections[r.id] is None]
    if not allowed:
        raise next((r for r in rejections.values() if r), SlotRejection.OUTSIDE_HOURS).error
    return _Attempt(command, service, allowed)


async def _prefer_least_loaded(tx: Transaction, attempts: Iterable[_Attempt]) -> None:
    """Where there is a choice: drop busy resources, put those with the fewest bookings around the day first."""
    for attempt in attempts:
        if len(attempt.candidates) < 2:
            continue
        busy_from, busy_to = attempt.service.rules.occupied(attempt.command.starts_at)
        around = timedelta(hours=12)
        rows = await tx.session.execute(
            BUSY,
            {
                "resources": [r.id for r in attempt.candidates],
                "start": busy_from - around,
                "end": busy_to + around,
            },
        )
        load: dict[UUID, int] = defaultdict(int)
        busy: set[UUID] = set()
        for row in rows:
            load[row.resource_id] += 1
            if row.busy_from < busy_to and busy_from < row.busy_to:
                busy.add(row.resource_id)
        attempt.candidates = sorted((r for r in attempt.candidates if r.id not in busy), key=lambda r: load[r.id])


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
            found[wanted] = await alternatives(
                tx, attempt.service, command.tenant_id, command.resource_id, command.starts_at, now
            )
        results[command.id] = slot_taken(found[wanted])
