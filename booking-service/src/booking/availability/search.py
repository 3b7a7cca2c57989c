"""Free slots from the database: loads calendars, lets `rules` decide; four statements, whatever the size.

How much one answer may hold, and how it is made without holding up the rest: ADR 0033.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from booking.availability.rules import Calendar, free_slots, merged
from booking.calendars.model import TimesOff
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
STRETCH_SIZE = 3_000
"""What is searched before the loop turns again: a millisecond or two."""
IDLE_TURN_SECONDS = 0.0002
"""What a turn of the loop takes in which nobody has anything to do, and some more."""
CLOSED_FACTOR = 3
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
class Search:
    """What must be known to tell the bookable starts in `[start, end)`; nothing of it is read later."""

    rules: SlotRules
    calendars: Mapping[UUID, Calendar]
    zones: dict[UUID, str]
    now: datetime
    start: datetime
    end: datetime

    def stretches(self) -> Iterator[tuple[list[Slot], datetime]]:
        """The bookable starts, ascending, some at a time, each time with the end of the time that was searched.

        Resources in different zones that are free at the same instant make one slot for each zone.
        """
        if not self.calendars:
            return
        reached = self.start
        length = _time_of(STRETCH_SIZE, self.rules, len(self.calendars))
        while reached < self.end:
            until = min(reached + length, self.end)
            found: list[Slot] = []
            for starts_at, free in free_slots(self.rules, self.calendars, self.now, reached, until).items():
                found.extend(_slots_at(starts_at, self.rules, free, self.zones))
            yield found, until
            reached = until


def _time_of(size: int, rules: SlotRules, resources: int) -> timedelta:
    """The time in which a service's starts come to this size, if nothing is closed or booked."""
    return timedelta(minutes=rules.slot_step_minutes) * max(1, size // (SLOT_SIZE + resources))


class Searches:
    """The searches of this process: one at a time, and never the whole loop for it, in which bookings are made."""

    def __init__(self, size: int = 25_000) -> None:
        """`size` is how often one answer offers a resource at the most; a slot by itself counts as `SLOT_SIZE`."""
        self.size = size
        self._turn = asyncio.Lock()

    async def run(self, search: Search) -> tuple[list[Slot], datetime]:
        """The bookable starts as far as they fit into an answer, and the end of the time that was searched.

        Between two stretches the loop turns; if others have work, it has as much time for them as the stretch took.
        """
        slots: list[Slot] = []
        size, until = 0, search.end
        async with self._turn:
            started = time.perf_counter()
            for found, reached in search.stretches():
                slots += found
                until = reached
                size += sum(SLOT_SIZE + len(slot.resource_ids) for slot in found)
                if size >= self.size:
                    break
                turned = time.perf_counter()
                await asyncio.sleep(0)
                if time.perf_counter() - turned > IDLE_TURN_SECONDS:
                    await asyncio.sleep(turned - started)
                started = time.perf_counter()
        return slots, until

    def longest(self, rules: SlotRules, resources: int) -> timedelta:
        """How far a search is made at once: bookings of no longer time are read, however much of it is closed."""
        return _time_of(CLOSED_FACTOR * self.size, rules, resources)


async def prepare(
    tx: Transaction, service: Service, resources: list[Resource], now: datetime, start: datetime, end: datetime
) -> Search:
    """Read what a search needs."""
    period = service.rules.busy_period(now, start, end)
    if period is None or not resources:
        return Search(service.rules, {}, {}, now, start, end)
    rows = await tx.driver.fetch(_BUSY_SECONDS, [r.id for r in resources], *period)
    busy = {row["id"]: list(zip(row["starts"], row["ends"], strict=True)) for row in rows}
    times_off = await TimesOff.load(tx.driver, {service.tenant_id}, *period)
    for resource in resources:
        if off := times_off.of(resource):
            busy[resource.id] = merged([*busy.get(resource.id, ()), *off])
    calendars = {r.id: Calendar(r.hours, busy.get(r.id, ())) for r in resources}
    earliest = instant_at(service.rules.startable(now, start, end)[0])
    return Search(service.rules, calendars, {r.id: r.time_zone for r in resources}, now, max(start, earliest), end)


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
    search = await prepare(tx, service, resources, now, wanted, wanted + ALTERNATIVES_WITHIN)
    slots: list[Slot] = []
    for found, _ in search.stretches():
        slots += found
        if len(slots) >= ALTERNATIVES:
            break
        await asyncio.sleep(0)
    return slots[:ALTERNATIVES]


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
