"""Allocations: the places that bookings take on resources. One exclusion constraint decides who has which.

A resource of capacity five has five places, its units; a booking or another owner has one unit of each of its resources
for its whole time, buffers included. Whether it still occupies them follows the owner's own state: the database sees to
that (ADR 0037).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import utc_now
from shared.persistence.database import Base

NO_OVERLAP = "allocations_no_overlap"
"""The exclusion constraint: no two owners may have the same unit of a resource at any moment."""
LONGEST = timedelta(days=2)
"""No place is taken for longer at once: a day, and half a day's buffers on both sides."""

_OF_OWNER = "SELECT resource_id, busy_from, busy_until FROM allocations WHERE tenant_id = $1 AND owner_id = $2"
# The application deletes nothing: what goes back takes no place and is nobody's, until the system role forgets it.
_GIVE_BACK = """
    UPDATE allocations a SET occupying = false, owner_id = gen_random_uuid(), returned_at = $4
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS given (tenant_id, owner_id, resource_id)
    WHERE a.tenant_id = given.tenant_id AND a.owner_id = given.owner_id AND a.resource_id = given.resource_id
"""
_RELEASE = """
    UPDATE allocations SET occupying = false, owner_id = gen_random_uuid(), returned_at = $3
    WHERE tenant_id = $1 AND owner_id = $2
"""
_FORGET = """
    DELETE FROM allocations WHERE (tenant_id, owner_id, resource_id) IN (
        SELECT tenant_id, owner_id, resource_id FROM allocations WHERE returned_at < $1 LIMIT $2)
"""


class Allocation(Base):
    """One unit of a resource, taken for a time."""

    __tablename__ = "allocations"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The booking, or whatever else takes places, that has it."""
    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[int]
    """Which of the resource's places, from 0."""
    busy_from: Mapped[datetime]
    busy_until: Mapped[datetime]
    occupying: Mapped[bool]
    returned_at: Mapped[datetime | None]
    """Since when it is nobody's: it was got in part only, or given up for another."""


def is_overlap(error: IntegrityError) -> bool:
    """Whether the database refused a place because another has it, and for no other reason."""
    cause = error.orig.__cause__ if error.orig else None
    return getattr(cause, "constraint_name", None) == NO_OVERLAP


async def places_of(driver: Any, tenant_id: UUID, owner_id: UUID) -> list[Any]:
    """The places that an owner has or had, in no order: the resource, and from when until when."""
    rows: list[Any] = await driver.fetch(_OF_OWNER, tenant_id, owner_id)
    return rows


async def give_back(driver: Any, places: Iterable[tuple[UUID, UUID, UUID]]) -> None:
    """Undo what was taken: tenant, owner and resource of each place."""
    if given := list(places):
        tenants, owners, resources = zip(*given, strict=True)
        await driver.execute(_GIVE_BACK, tenants, owners, resources, utc_now())


async def release(driver: Any, tenant_id: UUID, owner_id: UUID) -> None:
    """Let an owner have no place any more."""
    await driver.execute(_RELEASE, tenant_id, owner_id, utc_now())


async def forget_returned(driver: Any, before: datetime, limit: int) -> int:
    """Delete places that went back before that, as the system role; returns how many."""
    done: str = await driver.execute(_FORGET, before, limit)
    return int(done.rpartition(" ")[2])


async def hand_over(driver: Any, tenant_id: UUID, owner_id: UUID, to: UUID) -> None:
    """Let another owner have the places of this one."""
    statement = "UPDATE allocations SET owner_id = $3 WHERE tenant_id = $1 AND owner_id = $2"
    await driver.execute(statement, tenant_id, owner_id, to)
