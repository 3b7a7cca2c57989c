"""Free slots from the database: loads calendars, lets `rules` decide; three statements, whatever the size.

How much one answer may hold, and how it is made without holding up the rest: ADR 0033.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from booking.availability.rules import Calendar, free_slots
from booking.catalog.hours import instant_at, local_time
from booking.catalog.model import Resource, Service, resources_offering
from booking.catalog.rules import SlotRules
from booking.errors import SlotTaken
from shared.contracts.booking.availability import Slot
from shared.persistence.transaction import Transaction

ALTERNATIVES = 3
ALTERNATIVES_WITHIN = timedelta(days=7)

SLOT_SIZE = 10
"""What a slot costs to make and to write down, in resources named in it."""
STRETCH_SIZE = 4_000
"""What is searched before the loop turns again: two milliseconds or so."""
CLOSED_FACTOR = 4
"""How much longer than what would fill an answer a search reads on, for the nights and Sundays in it."""

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


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """What one answer may hold, so that no question takes the loop, in which bookings are made, for itself."""

    size: int = 50_000
    """Times a resource is offered in one answer; a slot by itself counts as `SLOT_SIZE` of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """The bookable starts up to `until`, ascending: the end of the search, or where the answer was full."""

    slots: list[Slot]
    until: datetime


async def find_slots(
    tx: Transaction,
    service: Service,
    resources: list[Resource],
    now: datetime,
    start: datetime,
    end: datetime,
    bounds: SearchBounds,
    most: int | None = None,
) -> Found:
    """The bookable starts in `[start, end)`, or in the first part of it that fills an answer, or has `most`.

    Resources in different zones that are free at the same instant make one slot for each zone. The search is
    made in stretches of some milliseconds; between two of them the loop turns, and who has given up is left.
    """
    rules = service.rules
    slot_size = SLOT_SIZE + len(resources)
    step = timedelta(minutes=rules.slot_step_minutes)
    stretch = step * max(1, STRETCH_SIZE // slot_size)
    # However much of the time turns out to be closed, no more bookings are read than for this.
    end = min(end, start + step * max(1, CLOSED_FACTOR * bounds.size // slot_size))
    period = rules.busy_period(now, start, end)
    found = Found([], end)
    if period is None or not resources:
        return found
    rows = await tx.driver.fetch(_BUSY_SECONDS, [r.id for r in resources], *period)
    busy = {row["id"]: list(zip(row["starts"], row["ends"], strict=True)) for row in rows}
    zones = {r.id: r.time_zone for r in resources}
    calendars = {r.id: Calendar(r.hours, busy.get(r.id, ())) for r in resources}
    slots, size, reached = found.slots, 0, max(start, instant_at(rules.startable(now, start, end)[0]))
    while reached < end:
        until = min(reached + stretch, end)
        for starts_at, free in free_slots(rules, calendars, now, reached, until).items():
            slots.extend(_slots_at(starts_at, rules, free, zones))
            size += SLOT_SIZE + len(free)
        if most is not None and len(slots) >= most:
            return Found(slots[:most], until)
        if size >= bounds.size:
            return Found(slots, until)
        reached = until
        await asyncio.sleep(0)
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
    end = wanted + ALTERNATIVES_WITHIN
    return (await find_slots(tx, service, resources, now, wanted, end, SearchBounds(), ALTERNATIVES)).slots


def slot_taken(free: list[Slot]) -> SlotTaken:
    """The refusal for a slot that somebody else has, with the next free ones."""
    return SlotTaken(
        "this slot is not free any more",
        {"alternatives": [slot.model_dump(mode="json") for slot in free]},
    )


def _slots_at(starts_at: datetime, rules: SlotRules, free: list[UUID], zones: dict[UUID, str]) -> list[Slot]:
    by_zone: dict[str, list[UUID]] = {}
    for resource_id in free:
        by_zone.setdefault(zones[resource_id], []).append(resource_id)
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
