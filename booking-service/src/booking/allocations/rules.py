"""Which resources and units serve a need, if any do. Pure functions over values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.catalog.model import Resource

Place = tuple[Resource, int]
"""A resource and one of its units."""
Busy = tuple[int, datetime, datetime]
"""A unit, and the half-open time in which it is taken."""


@dataclass(frozen=True, slots=True)
class Need:
    """So many of these resources, all different, in the order in which they are wanted."""

    quantity: int
    resources: Sequence[Resource]


def only_places(needs: Sequence[Need]) -> list[Place] | None:
    """The places that serve needs where there is nothing to choose: every resource is wanted, and takes one."""
    if len(needs) == 1 and needs[0].quantity == 1 == len(needs[0].resources):  # what most bookings are
        [resource] = needs[0].resources
        return [(resource, 0)] if resource.capacity == 1 else None
    places: dict[UUID, Place] = {}
    for need in needs:
        if len(need.resources) != need.quantity:
            return None
        places |= {resource.id: (resource, 0) for resource in need.resources if resource.capacity == 1}
    return list(places.values()) if len(places) == sum(need.quantity for need in needs) else None


def free_unit(
    capacity: int, busy: Iterable[Busy], period: tuple[datetime, datetime], without: Collection[int] = ()
) -> int | None:
    """The lowest unit that is free for the whole of a period; None if there is none."""
    start, end = period
    taken = {unit for unit, busy_from, busy_until in busy if busy_from < end and start < busy_until}
    return next((unit for unit in range(capacity) if unit not in taken and unit not in without), None)


def choose(needs: Sequence[Need], free: Mapping[UUID, int], load: Mapping[UUID, float]) -> list[Place] | None:
    """Serve all needs at once, each resource at most once, those with the least load first; None if that can't be.

    `free` has a unit for each resource that has one. Where needs compete for the same resources they are matched by
    augmenting paths (Kuhn), so that what can be served is served. The places stand in the order of the needs.
    """
    wanted: list[list[Resource]] = []
    for need in needs:
        able = sorted((r for r in need.resources if r.id in free), key=lambda r: load.get(r.id, 0))
        if len(able) < need.quantity:
            return None
        wanted += [able] * need.quantity
    given: dict[UUID, int] = {}
    chosen: list[Resource | None] = [None] * len(wanted)

    def serve(index: int, tried: set[UUID]) -> bool:
        # What nobody has before what another could do without.
        for resource in sorted(wanted[index], key=lambda r: r.id in given):
            if resource.id in tried:
                continue
            tried.add(resource.id)
            if resource.id not in given or serve(given[resource.id], tried):
                given[resource.id], chosen[index] = index, resource
                return True
        return False

    if not all(serve(index, set()) for index in range(len(wanted))):
        return None
    return [(resource, free[resource.id]) for resource in chosen if resource is not None]
