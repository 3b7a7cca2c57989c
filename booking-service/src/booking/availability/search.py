"""Free slots from the database: loads calendars, lets `rules` decide; four statements, whatever the size.

How much one answer may hold, and how it is made without holding up the rest: ADR 0033.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from booking.allocations.model import LONGEST
from booking.allocations.needs import candidates, needs_of
from booking.allocations.rules import Need, choose
from booking.availability.rules import Calendar, free_slots, merged, refused
from booking.calendars.model import TimesOff
from booking.catalog.hours import clock_shows, instant_at, local_time
from booking.catalog.model import Resource, Service
from booking.catalog.rules import SlotRules
from booking.errors import SlotTaken
from shared.contracts.booking.availability import Candidate, DayOfSlots, Slot
from shared.persistence.transaction import Transaction

ALTERNATIVES = 3
ALTERNATIVES_WITHIN = timedelta(days=7)

SLOT_SIZE = 10
"""What a slot costs to make and to write down, in resources named in it."""
STRETCH_SIZE = 3_000
"""What is searched before the loop turns again: a millisecond or two."""
IDLE_TURN_SECONDS = 0.0002
"""What a turn of the loop takes in which nobody has anything to do, and some more."""
EXPLAINED = 2_000
"""How many candidates one answer explains; one step of every resource at the least."""
EXPLAINED_AT_ONCE = 50
"""How many before the loop turns again."""
CLOSED_FACTOR = 3
"""How much longer than what would fill an answer a search reads on, for the nights and Sundays in it."""

# Resource by resource: a list of resources would be found by scanning what all tenants have booked. As whole epoch
# seconds, a row for each unit: a month of a business has thousands.
_BUSY_SECONDS = """
    SELECT wanted.id, busy.unit, busy.starts, busy.ends
    FROM unnest($1::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT unit, array_agg(floor(date_part('epoch', busy_from))::bigint ORDER BY busy_from) AS starts,
               array_agg(ceil(date_part('epoch', busy_until))::bigint ORDER BY busy_from) AS ends
        FROM allocations
        WHERE tenant_id = $2 AND resource_id = wanted.id AND occupying
          AND busy_from > $3::timestamptz - $5::interval AND busy_from < $4 AND busy_until > $3
        GROUP BY unit) AS busy
"""


@dataclass(frozen=True, slots=True)
class Search:
    """What must be known to tell the bookable starts in `[start, end)`; nothing of it is read later."""

    rules: SlotRules
    needs: Sequence[Need]
    calendars: Mapping[UUID, Calendar]
    off: Mapping[UUID, Sequence[tuple[int, int]]]
    """When they are off, which their calendars know as well."""
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
            free_at = free_slots(self.rules, self.calendars, self.now, reached, until, together=self._together)
            for starts_at, free in free_at.items():
                if self._together and choose(self.needs, dict.fromkeys(free, 0), {}) is None:
                    continue
                found.extend(_slots_at(starts_at, self.rules, free, self.zones))
            yield found, until
            reached = until

    def explained(self) -> Iterator[Candidate]:
        """Each step of the service's from the start on, on each resource, with the code that refuses it."""
        at, step = self.start, timedelta(minutes=self.rules.slot_step_minutes)
        while at < self.end:
            for resource_id, calendar in self.calendars.items():
                code = refused(self.rules, calendar, self.off[resource_id], self.now, at)
                yield Candidate.model_construct(starts_at=at, resource_id=resource_id, refused=code)
            at += step

    @property
    def _together(self) -> bool:
        """Whether a booking takes more than one resource."""
        return len(self.needs) > 1 or any(need.quantity > 1 for need in self.needs)


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

    async def explain(self, search: Search) -> tuple[list[Candidate], datetime]:
        """The candidates as far as they fit into an answer, and the end of the time that was looked at."""
        most = max(1, EXPLAINED // max(1, len(search.calendars))) * len(search.calendars)
        told: list[Candidate] = []
        async with self._turn:
            for candidate in search.explained():
                if len(told) >= most:
                    return told, candidate.starts_at
                told.append(candidate)
                if len(told) % EXPLAINED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        return told, search.end

    def longest(self, rules: SlotRules, resources: int) -> timedelta:
        """How far a search is made at once: bookings of no longer time are read, however much of it is closed."""
        return _time_of(CLOSED_FACTOR * self.size, rules, resources)


async def prepare(
    tx: Transaction,
    service: Service,
    needs: Sequence[Need],
    now: datetime,
    start: datetime,
    end: datetime,
    *,
    explained: bool = False,
) -> Search:
    """Read what a search needs; `explained`, what must be known of the times that notice and horizon rule out, too."""
    rules = service.rules
    period = (rules.occupied(start)[0], rules.occupied(end)[1]) if explained else rules.busy_period(now, start, end)
    resources = candidates(needs)
    if period is None or not resources:
        return Search(rules, needs, {}, {}, {}, now, start, end)
    rows = await tx.driver.fetch(_BUSY_SECONDS, [r.id for r in resources], service.tenant_id, *period, LONGEST)
    busy: dict[UUID, list[list[tuple[int, int]]]] = {resource.id: [] for resource in resources}
    capacities = {resource.id: resource.capacity for resource in resources}
    for row in rows:
        if row["unit"] < capacities[row["id"]]:  # it may have had more places once
            busy[row["id"]].append(list(zip(row["starts"], row["ends"], strict=True)))
    times_off = await TimesOff.load(tx.driver, {service.tenant_id}, *period)
    off = {resource.id: times_off.of(resource) for resource in resources}
    calendars = {r.id: _calendar(r, busy[r.id], off[r.id]) for r in resources}
    if not explained:
        start = max(start, instant_at(rules.startable(now, start, end)[0]))
    return Search(rules, needs, calendars, off, {r.id: r.time_zone for r in resources}, now, start, end)


def by_day(slots: Iterable[Slot]) -> list[DayOfSlots]:
    """The local dates of slots, ascending, each with its first start and how many there are."""
    found: dict[tuple[date, str], list[Slot]] = {}
    for slot in slots:
        day = clock_shows(slot.starts_at, slot.time_zone).date()
        found.setdefault((day, slot.time_zone), []).append(slot)
    return [
        DayOfSlots(date=day, time_zone=zone, first_start=of_day[0].local_start, slots=len(of_day))
        for (day, zone), of_day in sorted(found.items())
    ]


def _calendar(resource: Resource, units: list[list[tuple[int, int]]], off: list[tuple[int, int]]) -> Calendar:
    """A resource with what its units that have bookings are busy with. One without any makes the others matter not."""
    if len(units) < resource.capacity:
        units = [[]]
    if off:
        units = [merged([*busy, *off]) for busy in units]
    return Calendar(resource.hours, units[0], units[1:])


async def alternatives(
    tx: Transaction, service: Service, resource_id: UUID | None, wanted: datetime, now: datetime
) -> list[Slot]:
    """The next free slots from a taken one on, within a week: what a refusal offers instead."""
    needs = await needs_of(tx, service, resource_id)
    search = await prepare(tx, service, needs, now, wanted, wanted + ALTERNATIVES_WITHIN)
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
