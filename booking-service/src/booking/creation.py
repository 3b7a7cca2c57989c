"""Creating bookings, in batches: the hot path (design §1.4).

One transaction a batch: claim the requests, read the catalogue once, apply the rules, insert every
booking with one statement under the exclusion constraint, emit. A request that names no resource
tries the free ones, least loaded first.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from booking import ledger
from booking.availability import Refusal, SlotRules, refusal
from booking.catalogue import Resource, ResourceNotFound, Service, ServiceNotFound
from booking.metrics import BOOKINGS
from booking.model import HoldPolicy, OutsideHours, SlotTaken, TooFar, TooSoon, hold_until, local_time
from booking.slots import BUSY, alternatives
from shared.contracts import booking as contracts
from shared.contracts.base import Money, Outcome, utc_now
from shared.contracts.booking import BookingEvent, BookingStatus, CreateBooking, DepositStatus
from shared.errors import DomainError
from shared.identifiers import new_id
from shared.messaging.reactions import Reactions
from shared.persistence.transaction import Transaction
from shared.service.context import Context

reactions = Reactions("booking")

REFUSALS: dict[Refusal, type[DomainError]] = {
    Refusal.OUTSIDE_HOURS: OutsideHours,
    Refusal.TOO_SOON: TooSoon,
    Refusal.TOO_FAR: TooFar,
}
REFUSAL_TEXTS = {
    Refusal.OUTSIDE_HOURS: "the appointment does not lie within opening hours",
    Refusal.TOO_SOON: "the start is in the past or within the minimum notice",
    Refusal.TOO_FAR: "the start lies beyond the booking horizon",
}

_COLUMNS = {
    "tenant_id": "uuid",
    "id": "uuid",
    "status": "text",
    "service_id": "uuid",
    "service_name": "text",
    "resource_id": "uuid",
    "resource_name": "text",
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "occupied": "tstzrange",
    "time_zone": "text",
    "customer_name": "text",
    "customer_email": "text",
    "customer_phone": "text",
    "notes": "text",
    "metadata": "jsonb",
    "price_amount": "integer",
    "price_currency": "text",
    "deposit_amount": "integer",
    "deposit_status": "text",
    "hold_expires_at": "timestamptz",
    "business_name": "text",
    "created_at": "timestamptz",
}
# Sorted, so that replicas that insert contended batches wait in one order instead of deadlocking.
_INSERT = f"""
    INSERT INTO bookings ({", ".join(_COLUMNS)})
    SELECT * FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), 1))})
        AS r ({", ".join(_COLUMNS)})
    ORDER BY resource_id, starts_at
    ON CONFLICT ON CONSTRAINT bookings_no_overlap DO NOTHING RETURNING id
"""  # noqa: S608 - the columns above, nothing from outside
# $1 all services asked for, $2 the resources named, $3 the services asked for without naming one.
_CATALOGUE = """
    SELECT s.*, r.id AS resource_id, r.name AS resource_name, r.time_zone, r.weekly_hours
    FROM services s
    LEFT JOIN resource_services o ON o.tenant_id = s.tenant_id AND o.service_id = s.id
         AND (o.resource_id = ANY($2::uuid[]) OR o.service_id = ANY($3::uuid[]))
    LEFT JOIN resources r ON r.tenant_id = o.tenant_id AND r.id = o.resource_id
    WHERE s.id = ANY($1::uuid[])
    ORDER BY r.created_at, r.id
"""


@reactions.on(CreateBooking, batch=100)
async def create_booking(requests: list[CreateBooking], ctx: Context, holds: HoldPolicy) -> list[Outcome]:
    """Requests for slots become bookings: confirmed, held for a deposit, or refused with the reason."""

    async def decide(tx: Transaction, fresh: list[CreateBooking]) -> list[Outcome]:
        return await _book(tx, fresh, holds)

    async with ctx.transaction() as tx:
        outcomes = await ledger.decide_once(tx, requests, decide)
    BOOKINGS.labels("created").inc(len(tx.events))
    BOOKINGS.labels("confirmed").inc(sum(isinstance(e, contracts.BookingConfirmed) for e in tx.events))
    return outcomes


@dataclass(slots=True)
class _Attempt:
    """A request that keeps the rules, and the resources that are left to try for it."""

    request: CreateBooking
    service: Service
    rules: SlotRules
    candidates: list[Resource] = field(default_factory=list)


async def _book(tx: Transaction, requests: list[CreateBooking], holds: HoldPolicy) -> list[Outcome]:
    catalogue = await _Catalogue.load(tx.driver, requests)
    now = utc_now()
    outcomes: list[Outcome] = []
    attempts: list[_Attempt] = []
    for request in requests:
        try:
            attempts.append(_apply_rules(request, catalogue, now))
        except DomainError as error:
            outcomes.append(ledger.refused(request, error))
    await _prefer_least_loaded(tx, attempts)
    taken: list[_Attempt] = []
    while attempts:
        for attempt in (a for a in attempts if not a.candidates):
            taken.append(attempt)
        attempts = [a for a in attempts if a.candidates]
        bookings = [_booking(a, a.candidates.pop(0), now, holds) for a in attempts]
        inserted = await _insert(tx.driver, attempts, bookings)
        for attempt, booking in zip(attempts, bookings, strict=True):
            if booking.id in inserted:
                tx.emit(_announcement(attempt.request, booking))
                outcomes.append(ledger.done(attempt.request, 201, booking))
        attempts = [a for a in attempts if a.request.id not in inserted]
    outcomes.extend(await _refuse_taken(tx, taken, now))
    return outcomes


@dataclass(slots=True)
class _Catalogue:
    """The services and resources that a batch is about, read with one statement."""

    services: dict[tuple[UUID, UUID], Service]
    resources: dict[tuple[UUID, UUID], list[Resource]]

    @classmethod
    async def load(cls, driver: Any, requests: list[CreateBooking]) -> "_Catalogue":
        rows = await driver.fetch(
            _CATALOGUE,
            list({r.service_id for r in requests}),
            list({r.resource_id for r in requests if r.resource_id}),
            list({r.service_id for r in requests if not r.resource_id}),
        )
        services: dict[tuple[UUID, UUID], Service] = {}
        resources: dict[tuple[UUID, UUID], list[Resource]] = defaultdict(list)
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
                    )
                )
        return cls(services, resources)


def _apply_rules(request: CreateBooking, catalogue: _Catalogue, now: datetime) -> _Attempt:
    """Which resources the request may have by the rules. Raises the `DomainError` that refuses it.

    Notice is measured from when the gateway received the request, but the past stays the past.
    """
    service = catalogue.services.get((request.tenant_id, request.service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    candidates = catalogue.resources.get((request.tenant_id, request.service_id), [])
    if request.resource_id is not None:
        candidates = [r for r in candidates if r.id == request.resource_id]
        if not candidates:
            raise ResourceNotFound("no such resource offers this service")
    if request.starts_at < now:
        raise TooSoon(REFUSAL_TEXTS[Refusal.TOO_SOON])
    rules = service.rules
    refusals = {r.id: refusal(rules, r.hours, request.received_at, request.starts_at) for r in candidates}
    allowed = [r for r in candidates if refusals[r.id] is None]
    if not allowed:
        reason = next((r for r in refusals.values() if r), Refusal.OUTSIDE_HOURS)
        raise REFUSALS[reason](REFUSAL_TEXTS[reason])
    return _Attempt(request, service, rules, allowed)


async def _prefer_least_loaded(tx: Transaction, attempts: Iterable[_Attempt]) -> None:
    """Where there is a choice: drop busy resources, put those with the fewest bookings around the day first."""
    for attempt in attempts:
        if len(attempt.candidates) < 2:
            continue
        busy_from, busy_to = attempt.rules.occupied(attempt.request.starts_at)
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


def _booking(attempt: _Attempt, resource: Resource, now: datetime, holds: HoldPolicy) -> contracts.Booking:
    """The booking that an attempt would make on this resource."""
    request, service = attempt.request, attempt.service
    deposit = service.deposit_amount
    currency = service.price_currency
    return contracts.Booking.model_construct(
        id=request.subject_id,
        status=BookingStatus.PENDING_PAYMENT if deposit else BookingStatus.CONFIRMED,
        version=1,
        service_id=service.id,
        service_name=service.name,
        resource_id=resource.id,
        resource_name=resource.name,
        starts_at=request.starts_at,
        ends_at=attempt.rules.ends_at(request.starts_at),
        local_start=local_time(request.starts_at, resource.time_zone),
        time_zone=resource.time_zone,
        customer=request.customer,
        notes=request.notes,
        metadata=request.metadata,
        price=Money.model_construct(amount=service.price_amount, currency=currency),
        deposit=contracts.Deposit.model_construct(amount=deposit, currency=currency, status=DepositStatus.PENDING)
        if deposit
        else None,
        hold_expires_at=hold_until(now, holds) if deposit else None,
        business_name=request.business_name,
        cancellation_reason=None,
        created_at=now,
    )


async def _insert(driver: Any, attempts: list[_Attempt], bookings: list[contracts.Booking]) -> set[UUID]:
    """Insert what is still free; returns the ids that made it."""
    if not bookings:
        return set()
    rows = [
        (
            a.request.tenant_id,
            b.id,
            b.status,
            b.service_id,
            b.service_name,
            b.resource_id,
            b.resource_name,
            b.starts_at,
            b.ends_at,
            asyncpg.Range(*a.rules.occupied(b.starts_at)),
            b.time_zone,
            b.customer.name,
            b.customer.email,
            b.customer.phone,
            b.notes,
            json.dumps(b.metadata),
            b.price.amount,
            b.price.currency,
            b.deposit.amount if b.deposit else 0,
            b.deposit.status if b.deposit else None,
            b.hold_expires_at,
            b.business_name,
            b.created_at,
        )
        for a, b in zip(attempts, bookings, strict=True)
    ]
    inserted = await driver.fetch(_INSERT, *zip(*rows, strict=True))
    return {row["id"] for row in inserted}


def _announcement(request: CreateBooking, booking: contracts.Booking) -> BookingEvent:
    event_type = (
        contracts.BookingHeld if booking.status is BookingStatus.PENDING_PAYMENT else contracts.BookingConfirmed
    )
    return event_type.model_construct(
        id=new_id(),
        occurred_at=booking.created_at,
        tenant_id=request.tenant_id,
        correlation_id=request.id,
        causation_id=request.id,
        booking=booking,
        version=1,
        sequence=1,
        actor="business",
        reason=None,
        previous=None,
    )


async def _refuse_taken(tx: Transaction, taken: list[_Attempt], now: datetime) -> list[Outcome]:
    """Each refusal carries the next free slots; many who wanted the same slot share one search."""
    found: dict[tuple[UUID, UUID | None, datetime], list[contracts.Slot]] = {}
    outcomes = []
    for attempt in taken:
        request = attempt.request
        wanted = (request.service_id, request.resource_id, request.starts_at)
        if wanted not in found:
            found[wanted] = await alternatives(
                tx, attempt.service, request.tenant_id, request.resource_id, request.starts_at, now
            )
        outcomes.append(ledger.refused(request, slot_taken(found[wanted])))
    return outcomes


def slot_taken(free: list[contracts.Slot]) -> SlotTaken:
    """The refusal for a slot that somebody else has, with the next free ones."""
    return SlotTaken(
        "this slot is not free any more",
        {"alternatives": [slot.model_dump(mode="json") for slot in free]},
    )
