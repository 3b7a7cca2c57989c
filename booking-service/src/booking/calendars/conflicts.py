"""Bookings that stand in a time off: those that were there, and those that were made in the same moment."""

from dataclasses import dataclass
from typing import Any

from booking.allocations.model import LONGEST
from booking.calendars.model import TimeOff, resources_of
from booking.catalog.hours import instant_at, local_time
from shared.contracts.booking import calendars as contracts
from shared.contracts.booking.bookings import STANDING
from shared.persistence.transaction import Transaction

SHOWN = 100
"""How many are listed; all are counted."""
RECORDED = 5_000
"""How many are remembered as told, the earliest first. Who closes over more looks through them by list."""

# Resource by resource, as every search does it: under row-level security no condition on a range reaches an index.
_STANDING = """
    SELECT *, count(*) OVER () AS total FROM (SELECT DISTINCT ON (b.id)
        b.id, a.resource_id, b.starts_at, b.ends_at, b.time_zone
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS off (resource_id, starts_at, ends_at)
    CROSS JOIN LATERAL (
        SELECT owner_id, resource_id FROM allocations
        WHERE tenant_id = $4 AND resource_id = off.resource_id AND occupying
          AND busy_from > off.starts_at - $6::interval AND busy_from < off.ends_at AND busy_until > off.starts_at
    ) AS a
    JOIN bookings b ON b.tenant_id = $4 AND b.id = a.owner_id
        AND b.status = ANY($7::text[])
    ORDER BY b.id, a.resource_id) AS standing
    ORDER BY starts_at, id
    LIMIT $5
"""
_RECORD = """
    INSERT INTO time_off_conflicts (tenant_id, time_off_id, booking_id)
    SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING RETURNING booking_id
"""


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The bookings that stand in a time off, the earliest first as far as they were asked for, and how many in all."""

    found: list[contracts.TimeOffConflict]
    count: int

    @property
    def shown(self) -> list[contracts.TimeOffConflict]:
        """Those that are listed."""
        return self.found[:SHOWN]


async def conflicts_of(tx: Transaction, time_off: TimeOff, limit: int = RECORDED) -> Conflicts:
    """The bookings that stand and meet a time off, buffers included."""
    ids, starts, ends = [], [], []
    for resource in await resources_of(tx.session, time_off):
        if period := time_off.range_on(resource.id, resource.time_zone):
            ids.append(resource.id)
            starts.append(instant_at(period[0]))
            ends.append(instant_at(period[1]))
    rows = await tx.driver.fetch(_STANDING, ids, starts, ends, time_off.tenant_id, limit, LONGEST, STANDING)
    return Conflicts([_conflict(row) for row in rows], rows[0]["total"] if rows else 0)


async def new_conflicts(tx: Transaction, time_off: TimeOff, conflicts: Conflicts) -> list[contracts.TimeOffConflict]:
    """Remember that these are told; returns those that were not."""
    ids = [conflict.booking_id for conflict in conflicts.found]
    rows = await tx.driver.fetch(_RECORD, time_off.tenant_id, time_off.id, ids)
    new = {row["booking_id"] for row in rows}
    return [conflict for conflict in conflicts.found if conflict.booking_id in new]


def details(time_off: TimeOff, conflicts: Conflicts) -> contracts.TimeOffDetails:
    """A time off with what stands in it."""
    return contracts.TimeOffDetails(**time_off.members(), conflicts=conflicts.shown, conflict_count=conflicts.count)


def _conflict(row: Any) -> contracts.TimeOffConflict:
    return contracts.TimeOffConflict(
        booking_id=row["id"],
        resource_id=row["resource_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        local_start=local_time(row["starts_at"], row["time_zone"]),
        time_zone=row["time_zone"],
    )
