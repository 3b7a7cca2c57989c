"""Free slots from the database: loads calendars, lets `rules` decide; three statements, whatever the size."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from booking.availability.rules import Calendar, free_slots
from booking.catalog.hours import local_time
from booking.catalog.model import Resource, Service, resources_offering
from booking.catalog.rules import SlotRules
from booking.errors import SlotTaken
from shared.contracts.booking.availability import Slot
from shared.persistence.transaction import Transaction

ALTERNATIVES = 3
ALTERNATIVES_WITHIN = timedelta(days=7)

# Resource by resource: under row-level security no condition on a range reaches an index (`&&` is not
# leakproof), and a list of resources would be found by scanning what all tenants have booked.
BUSY = text("""
    SELECT wanted.id AS resource_id, busy_from, busy_to
    FROM unnest(CAST(:resources AS uuid[])) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT lower(occupied) AS busy_from, upper(occupied) AS busy_to FROM bookings
        WHERE resource_id = wanted.id AND occupying
          AND occupied && tstzrange(:start, :end)) AS busy
""")
# The same as whole epoch seconds, a row for each resource: a month of a business has thousands.
_BUSY_SECONDS = """
    SELECT wanted.id, busy.starts, busy.ends
    FROM unnest($1::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT array_agg(floor(date_part('epoch', lower(occupied)))::bigint ORDER BY lower(occupied)) AS starts,
               array_agg(ceil(date_part('epoch', upper(occupied)))::bigint ORDER BY lower(occupied)) AS ends
        FROM bookings
        WHERE resource_id = wanted.id AND occupying
          AND occupied && tstzrange($2, $3)) AS busy
    WHERE busy.starts IS NOT NULL
"""


async def find_slots(
    tx: Transaction,
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
    rows = await tx.driver.fetch(_BUSY_SECONDS, [r.id for r in resources], *period)
    busy = {row["id"]: list(zip(row["starts"], row["ends"], strict=True)) for row in rows}
    zones = {r.id: r.time_zone for r in resources}
    calendars = {r.id: Calendar(r.hours, busy.get(r.id, ())) for r in resources}
    found: list[Slot] = []
    for starts_at, free in free_slots(rules, calendars, now, start, end).items():
        found.extend(_slots_at(starts_at, rules, free, zones))
        if most is not None and len(found) >= most:
            return found[:most]
    return found


async def alternatives(
    tx: Transaction,
    service: Service,
    tenant_id: UUID,
    resource_id: UUID | None,
    wanted: datetime,
    now: datetime,
) -> list[Slot]:
    """The next free slots from a taken one on, within a week: what a refusal offers instead."""
    resources = await resources_offering(tx.session, tenant_id, service.id, resource_id)
    return await find_slots(tx, service, resources, now, wanted, wanted + ALTERNATIVES_WITHIN, ALTERNATIVES)


def slot_taken(free: list[Slot]) -> SlotTaken:
    """The refusal for a slot that somebody else has, with the next free ones."""
    return SlotTaken(
        "this slot is not free any more",
        {"alternatives": [slot.model_dump(mode="json") for slot in free]},
    )


def _slots_at(starts_at: datetime, rules: SlotRules, free: list[UUID], zones: dict[UUID, str]) -> list[Slot]:
    by_zone: dict[str, list[UUID]] = {}
    for zone in dict.fromkeys(map(zones.__getitem__, free)):
        by_zone[zone] = [resource_id for resource_id in free if zones[resource_id] == zone]
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
