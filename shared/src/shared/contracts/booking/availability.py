"""Availability: when a service can be booked."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Contract, Query


class Slot(Contract):
    """A start that can be booked now, and the resources that are free for it."""

    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    resource_ids: list[UUID]


class SlotList(Contract):
    """Free slots in order of time, as many as one answer holds."""

    slots: list[Slot]
    next_from: datetime | None = None
    """If there may be more: the `from` to go on with. An answer may hold few slots, or none, and still have it."""


class FindSlots(Query[SlotList]):
    """Free slots of a service that start in `[from_, to)`; at most 62 days."""

    TYPE: ClassVar[str] = "rpc.booking.find_slots.v1"

    service_id: UUID
    from_: datetime
    to: datetime
    resource_id: UUID | None = None
