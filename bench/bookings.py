"""Bookings in bulk, put straight into booking-service's tables under all their constraints."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.clock import utc_now
from shared.identifiers import new_id

_OPEN = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(7)]

_TENANTS = """
    INSERT INTO services (tenant_id, id, name, duration_minutes, price_amount, price_currency, buffer_before_minutes,
        buffer_after_minutes, deposit_percent, minimum_notice_minutes, horizon_days, slot_step_minutes)
    SELECT tenant, uuidv7(), 'Standard cleaning', 30, 9000, 'eur', 0, 0, 0, 0, 365, 30 FROM unnest($1::uuid[]) AS tenant
"""
_RESOURCES = """
    WITH made AS (
        INSERT INTO resources (tenant_id, id, name, time_zone, weekly_hours)
        SELECT tenant, uuidv7(), 'Team ' || number, 'Europe/Paris', $3::text::jsonb
        FROM unnest($1::uuid[]) AS tenant, generate_series(1, $2::integer) AS number
        RETURNING tenant_id, id)
    INSERT INTO resource_services (tenant_id, service_id, resource_id)
    SELECT s.tenant_id, s.id, made.id FROM made JOIN services s USING (tenant_id)
"""
# In the order of creation, as bookings come.
_BOOKINGS = """
    WITH made AS (INSERT INTO bookings (tenant_id, id, status, service_id, service_name, resource_id, resource_name,
        starts_at, ends_at, time_zone, customer_name, customer_email, notes, metadata, price_amount, price_currency,
        business_name, created_at)
    SELECT s.tenant_id, uuidv7(), $2, s.id, s.name, r.id, r.name, starts_at, starts_at + interval '30 minutes',
        r.time_zone, 'Ada Lovelace', 'ada@customer.example',
        'The key is under the mat.', '{"source": "bench"}', s.price_amount, s.price_currency, 'Bench',
        $6::timestamptz + number * interval '1 millisecond'
    FROM generate_series(0, $3::integer - 1) AS number
    CROSS JOIN LATERAL (
        SELECT $4::timestamptz + number / $5::integer * interval '1 day' + number % $5 * interval '1 hour' AS starts_at)
    JOIN services s ON s.tenant_id = ANY($1::uuid[])
    JOIN resources r ON r.tenant_id = s.tenant_id
    RETURNING tenant_id, id, resource_id, starts_at, ends_at, occupying)
    INSERT INTO allocations (tenant_id, owner_id, resource_id, unit, busy_from, busy_until, occupying)
    SELECT tenant_id, id, resource_id, 0, starts_at, ends_at, occupying FROM made
"""


@dataclass(frozen=True, slots=True)
class Business:
    """A tenant with one service of half an hour, which all its resources offer."""

    tenant_id: UUID
    service_id: UUID
    resource_ids: list[UUID]


async def open_businesses(connection: "asyncpg.Connection[Any]", count: int, resources: int) -> list[Business]:
    """New tenants with so many resources each; `connection` is a superuser's with booking's search path."""
    tenants = [new_id() for _ in range(count)]
    async with connection.transaction():
        await connection.execute(_TENANTS, tenants)
        await connection.execute(_RESOURCES, tenants, resources, json.dumps(_OPEN))
    rows = await connection.fetch(
        """SELECT tenant_id, service_id, array_agg(resource_id) AS resources FROM resource_services
           WHERE tenant_id = ANY($1::uuid[]) GROUP BY tenant_id, service_id""",
        tenants,
    )
    return [Business(row["tenant_id"], row["service_id"], row["resources"]) for row in rows]


async def book(
    connection: "asyncpg.Connection[Any]",
    businesses: list[Business],
    each: int,
    first: datetime,
    a_day: int,
    status: str = "confirmed",
) -> None:
    """So many bookings for each resource: from the hour `first` on, one an hour, `a_day` of them (up to 24) a day."""
    tenants = [business.tenant_id for business in businesses]
    await connection.execute(_BOOKINGS, tenants, status, each, first, a_day, utc_now(), timeout=1800)


async def tidy(connection: "asyncpg.Connection[Any]") -> None:
    """Leave the tables as autovacuum would after a while."""
    tables = "services, resources, resource_services, bookings, allocations"
    await connection.execute(f"VACUUM (ANALYZE) {tables}", timeout=1800)
    await connection.execute("CHECKPOINT", timeout=600)


def tomorrow() -> datetime:
    """The coming midnight, UTC."""
    return (utc_now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
