"""Availability: when a service can be booked."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Contract, Query

LocalDate = date
"""A day of a resource's zone; a name of its own, since a member is named `date`."""


class Slot(Contract):
    """A start that can be booked now, and the resources that are free for it."""

    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    resource_ids: list[UUID]


class Granularity(StrEnum):
    """How finely free times are told."""

    SLOT = "slot"
    DAY = "day"


class DayOfSlots(Contract):
    """A local date on which something can be booked. A day on the border of two answers is in both, with a part of its
    slots in each."""

    date: LocalDate
    time_zone: str
    first_start: str
    """When its first slot starts, with its offset, RFC 3339."""
    slots: int
    """How many starts there are."""


class Candidate(Contract):
    """A time on one resource, and which rule refuses it."""

    starts_at: datetime
    resource_id: UUID
    refused: str | None = None
    """The code with which a booking would be refused; null: it can be booked there."""


class SlotList(Contract):
    """Free slots in order of time, as many as one answer holds; or the days that have any, or every candidate."""

    slots: list[Slot]
    days: list[DayOfSlots] | None = None
    """With `granularity=day`, instead of slots."""
    candidates: list[Candidate] | None = None
    """With `explain=true`, instead of slots: each step of the service's on each resource."""
    next_from: datetime | None = None
    """If there may be more: the `from` to go on with. An answer may hold few slots, or none, and still have it."""


class FindSlots(Query[SlotList]):
    """Free slots of a service that start in `[from_, to)`; at most 62 days."""

    TYPE: ClassVar[str] = "rpc.booking.find_slots.v1"

    service_id: UUID
    from_: datetime
    to: datetime
    resource_id: UUID | None = None
    granularity: Granularity = Granularity.SLOT
    explain: bool = False
    """Tell each candidate with the rule that refuses it, free or not, instead of what is free."""
