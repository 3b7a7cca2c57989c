"""Free slots from the database: loads calendars, lets `availability` decide; three statements, whatever the size."""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.availability import Calendar, SlotRules, busy_ranges, free_slots
from booking.catalogue import Resource, Service, resources_offering
from booking.model import local_time
from shared.contracts.booking import Slot

ALTERNATIVES = 3
ALTERNATIVES_WITHIN = timedelta(days=7)

BUSY = text("""
    SELECT resource_id, lower(occupied) AS busy_from, upper(occupied) AS busy_to FROM bookings
    WHERE resource_id = ANY(CAST(:resources AS uuid[])) AND status IN ('pending_payment', 'confirmed')
      AND occupied && tstzrange(:start, :end)
""")


async def find_slots(
    session: AsyncSession,
    service: Service,
    resources: list[Resource],
    now: datetime,
    start: datetime,
    end: datetime,
    most: int | None = None,
) -> list[Slot]:
    """The bookable starts in `[start, end)`, ascending, at most `most`.

    Resources in different zones that are free at the same instant make one slot for each zone.
    """
    rules = service.rules
    period = rules.busy_period(now, start, end)
    if period is None or not resources:
        return []
    busy: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = await session.execute(BUSY, {"resources": [r.id for r in resources], "start": period[0], "end": period[1]})
    for row in rows:
        busy[row.resource_id].append((row.busy_from, row.busy_to))
    zones = {r.id: r.time_zone for r in resources}
    calendars = {r.id: Calendar(r.hours, busy_ranges(busy[r.id])) for r in resources}
    found: list[Slot] = []
    for starts_at, free in free_slots(rules, calendars, now, start, end).items():
        found.extend(_slots_at(starts_at, rules, free, zones))
        if most is not None and len(found) >= most:
            return found[:most]
    return found


async def alternatives(
    session: AsyncSession,
    service: Service,
    tenant_id: UUID,
    resource_id: UUID | None,
    wanted: datetime,
    now: datetime,
) -> list[Slot]:
    """The next free slots from a taken one on, within a week: what a refusal offers instead."""
    resources = await resources_offering(session, tenant_id, service.id, resource_id)
    return await find_slots(session, service, resources, now, wanted, wanted + ALTERNATIVES_WITHIN, ALTERNATIVES)


def _slots_at(starts_at: datetime, rules: SlotRules, free: list[UUID], zones: dict[UUID, str]) -> list[Slot]:
    by_zone: dict[str, list[UUID]] = defaultdict(list)
    for resource_id in free:
        by_zone[zones[resource_id]].append(resource_id)
    ends_at = rules.ends_at(starts_at)
    return [
        Slot.model_construct(
            starts_at=starts_at,
            ends_at=ends_at,
            local_start=local_time(starts_at, zone),
            time_zone=zone,
            resource_ids=ids,
        )
        for zone, ids in by_zone.items()
    ]
