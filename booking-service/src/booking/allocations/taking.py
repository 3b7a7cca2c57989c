"""Taking places: the one way for everything that occupies resources, in batches, all or nothing for each owner."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from booking.allocations.model import LONGEST, give_back, release
from booking.allocations.rules import Busy, Need, Place, choose, free_unit, only_places
from booking.catalog.model import Resource
from shared.persistence.transaction import Transaction

_AROUND = timedelta(hours=12)
"""How much of a calendar before and after a booking tells how loaded a resource is."""

# In order, so that replicas that take contended places wait for each other in one direction instead of in a ring.
_TAKE = """
    INSERT INTO allocations (tenant_id, owner_id, resource_id, unit, busy_from, busy_until)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::timestamptz[], $6::timestamptz[])
        AS a (tenant_id, owner_id, resource_id, unit, busy_from, busy_until)
    ORDER BY resource_id, unit, busy_from, owner_id
    ON CONFLICT DO NOTHING RETURNING owner_id, resource_id
"""
# Resource by resource: a list of resources would be found by scanning what all tenants have booked.
_BUSY = """
    SELECT wanted.number, busy.unit, busy.busy_from, busy.busy_until
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY
        AS wanted (tenant_id, resource_id, busy_from, busy_until, number)
    CROSS JOIN LATERAL (
        SELECT unit, busy_from, busy_until FROM allocations a
        WHERE a.tenant_id = wanted.tenant_id AND a.resource_id = wanted.resource_id AND occupying
          AND a.busy_from > wanted.busy_from - $5::interval AND a.busy_from < wanted.busy_until
          AND a.busy_until > wanted.busy_from) AS busy
"""
# Who chooses holds the tenant's calendar until the end: two that choose at once would each take a part of what the
# other needs, and wait for each other.
_CHOOSE_ALONE = """
    SELECT pg_advisory_xact_lock(hashtextextended('allocations ' || tenant, 0))
    FROM unnest($1::text[]) AS tenant ORDER BY tenant
"""


@dataclass(slots=True)
class Want:
    """What one owner is to have: its needs, for its whole time, buffers included."""

    tenant_id: UUID
    owner_id: UUID
    period: tuple[datetime, datetime]
    needs: Sequence[Need]


@dataclass(slots=True)
class _Attempt:
    """A want that is not decided yet."""

    want: Want
    only: list[Place] | None
    """The places that it must have, where there is no choice."""
    lost: set[tuple[UUID, int]] = field(default_factory=set)
    """Units that somebody has whom it could not see."""
    missed: set[tuple[UUID, int]] = field(default_factory=set)
    """Those that its last try did not get."""

    @property
    def resources(self) -> Iterable[Resource]:
        return (resource for need in self.want.needs for resource in need.resources)

    def order(self) -> tuple[datetime, UUID]:
        """Who comes first where two want the same unit."""
        return self.want.period[0], self.want.owner_id


async def take(driver: Any, wants: Sequence[Want]) -> dict[UUID, list[Resource]]:
    """Give each owner its places, as far as they are free: its resources by owner, in the order of the needs. Who is
    missing has none, and nothing is left of what was taken for it.

    Who has no choice is decided by the constraint alone; who has, looks first, takes what has the least load, and looks
    further if somebody was quicker.
    """
    taken: dict[UUID, list[Resource]] = {}
    waiting = [_Attempt(want, only_places(want.needs)) for want in wants]
    calendar = _Calendar()
    if choosing := [attempt for attempt in waiting if attempt.only is None]:
        await driver.execute(_CHOOSE_ALONE, list({str(attempt.want.tenant_id) for attempt in choosing}))
        await calendar.read(driver, choosing)
    while waiting:
        tries, later = calendar.plan(waiting)
        got = await _insert(driver, tries)
        partly: list[_Attempt] = []
        lost: list[_Attempt] = []
        given_back: list[tuple[UUID, UUID, UUID]] = []
        for attempt, places in tries:
            want = attempt.want
            has = [resource.id for resource, _ in places if (want.owner_id, resource.id) in got]
            if len(has) == len(places):
                taken[want.owner_id] = [resource for resource, _ in places]
                calendar.add(want, places)
                continue
            lost.append(attempt)
            attempt.missed = {(r.id, unit) for r, unit in places if (want.owner_id, r.id) not in got}
            if has:
                partly.append(attempt)
                given_back += [(want.tenant_id, want.owner_id, resource_id) for resource_id in has]
        await give_back(driver, given_back)
        # Who got a part may have stood in the way of the others, so that they try the same again. The first of those
        # in the order of the statement can have lost to nobody who gives back: each round decides one at least.
        decided = [min(partly, key=_Attempt.order)] if partly else lost
        for attempt in decided:
            attempt.lost |= attempt.missed
        waiting = later + [a for a in lost if a.only is None or a not in decided]
    return taken


async def retake(tx: Transaction, want: Want) -> list[Resource] | None:
    """Give an owner other places instead of those that it has; None, and it keeps them, if they are not free."""
    await tx.driver.execute("SAVEPOINT retaking")
    await release(tx.driver, want.tenant_id, want.owner_id)
    resources = (await take(tx.driver, [want])).get(want.owner_id)
    await tx.driver.execute("RELEASE SAVEPOINT retaking" if resources else "ROLLBACK TO SAVEPOINT retaking")
    return resources


class _Calendar:
    """What is known to be taken around the wants of a batch."""

    def __init__(self) -> None:
        self._busy: dict[tuple[UUID, datetime, datetime], list[Busy]] = {}
        self._own: dict[UUID, list[Busy]] = defaultdict(list)
        """What this batch has taken itself, by resource."""

    async def read(self, driver: Any, attempts: Iterable[_Attempt]) -> None:
        """Look at the time around all that they may have."""
        keys: dict[tuple[UUID, datetime, datetime], UUID] = {}
        for attempt in attempts:
            for resource in attempt.resources:
                keys[(resource.id, *attempt.want.period)] = attempt.want.tenant_id
        ordered = list(keys)
        rows = await driver.fetch(
            _BUSY,
            [keys[key] for key in ordered],
            [resource_id for resource_id, _, _ in ordered],
            [start - _AROUND for _, start, _ in ordered],
            [end + _AROUND for _, _, end in ordered],
            LONGEST,
        )
        self._busy = {key: [] for key in ordered}
        for row in rows:
            self._busy[ordered[row["number"] - 1]].append((row["unit"], row["busy_from"], row["busy_until"]))

    def add(self, want: Want, places: Iterable[Place]) -> None:
        """These places are taken now."""
        for resource, unit in places:
            self._own[resource.id].append((unit, *want.period))

    def plan(self, attempts: Sequence[_Attempt]) -> tuple[list[tuple[_Attempt, list[Place]]], list[_Attempt]]:
        """What each is to try for now, and who waits for what becomes of the others' tries; who is in neither can't
        have anything."""
        tries: list[tuple[_Attempt, list[Place]]] = []
        later: list[_Attempt] = []
        planned: dict[UUID, list[Busy]] = defaultdict(list)
        for attempt in attempts:
            places = attempt.only if attempt.only is not None else self._choose(attempt, planned)
            if places is None:
                if planned and self._choose(attempt, {}) is not None:
                    later.append(attempt)
                continue
            if attempt.only is None:
                for resource, unit in places:
                    planned[resource.id].append((unit, *attempt.want.period))
            tries.append((attempt, places))
        return tries, later

    def _choose(self, attempt: _Attempt, planned: dict[UUID, list[Busy]]) -> list[Place] | None:
        period = attempt.want.period
        free: dict[UUID, int] = {}
        load: dict[UUID, float] = {}
        for resource in attempt.resources:
            if resource.id in load:
                continue
            around = period[0] - _AROUND, period[1] + _AROUND
            own = [*self._own.get(resource.id, ()), *planned.get(resource.id, ())]
            near = (busy for busy in own if busy[1] < around[1] and around[0] < busy[2])
            busy = [*self._busy[(resource.id, *period)], *near]
            load[resource.id] = len(busy) / resource.capacity
            without = {unit for resource_id, unit in attempt.lost if resource_id == resource.id}
            unit = free_unit(resource.capacity, busy, period, without)
            if unit is not None:
                free[resource.id] = unit
        return choose(attempt.want.needs, free, load)


async def _insert(driver: Any, tries: Sequence[tuple[_Attempt, list[Place]]]) -> set[tuple[UUID, UUID]]:
    """Take what is still free; returns owner and resource of each place that was."""
    if not tries:
        return set()
    rows = [
        (a.want.tenant_id, a.want.owner_id, resource.id, unit, *a.want.period)
        for a, places in tries
        for resource, unit in places
    ]
    got = await driver.fetch(_TAKE, *map(list, zip(*rows, strict=True)))
    return {(row["owner_id"], row["resource_id"]) for row in got}
