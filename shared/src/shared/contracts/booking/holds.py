"""Holds: a slot kept for a little while, before it is known for whom."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Command, Contract, Event, Query
from shared.contracts.booking.bookings import BookedResource


class HoldStatus(StrEnum):
    """Where a hold stands."""

    HELD = "held"
    """The slot is kept until `expires_at`."""
    BOOKED = "booked"
    """It has become the booking that `booking_id` names."""
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(Contract):
    """A slot that nobody else can have meanwhile. Booked by its id, it becomes a booking of the same places."""

    id: UUID
    status: HoldStatus
    service_id: UUID
    service_name: str
    resource_id: UUID
    resource_name: str
    resources: list[BookedResource]
    """All that it takes; the first is the one that `resource_id` names."""
    starts_at: datetime
    ends_at: datetime
    local_start: str
    """`starts_at` in `time_zone` with its offset, RFC 3339."""
    time_zone: str
    expires_at: datetime
    extended: bool
    """Whether it has been extended, which can be done once."""
    booking_id: UUID | None = None
    created_at: datetime


class CreateHold(Command):
    """Hold a slot; `subject_id` becomes its id. Without `resource_id` any free resource that offers the service."""

    TYPE: ClassVar[str] = "command.booking.create_hold.v1"
    CREATES: ClassVar[bool] = True
    RESULT_IN: ClassVar[str | None] = "hold"

    service_id: UUID
    resource_id: UUID | None = None
    starts_at: datetime


class ExtendHold(Command):
    """Keep the hold named by `subject_id` for once more its time. Refused if that was done before."""

    TYPE: ClassVar[str] = "command.booking.extend_hold.v1"
    RESULT_IN: ClassVar[str | None] = "hold"


class ReleaseHold(Command):
    """Let the slot of the hold named by `subject_id` go."""

    TYPE: ClassVar[str] = "command.booking.release_hold.v1"
    RESULT_IN: ClassVar[str | None] = "hold"


class HoldEvent(Event):
    """A change of one hold, as it stands after it. A booking made of it is told by the booking's own event."""

    hold: Hold


class HoldPlaced(HoldEvent):
    """A slot is kept until the hold's `expires_at`."""

    TYPE: ClassVar[str] = "booking.hold_placed.v1"


class HoldExtended(HoldEvent):
    """A slot is kept for longer."""

    TYPE: ClassVar[str] = "booking.hold_extended.v1"


class HoldReleased(HoldEvent):
    """A slot was let go; it is free again."""

    TYPE: ClassVar[str] = "booking.hold_released.v1"


class HoldExpired(HoldEvent):
    """Nobody booked in time; the slot is free again."""

    TYPE: ClassVar[str] = "booking.hold_expired.v1"


class GetHold(Query[Hold]):
    """The hold of that id. Refused `hold_not_found` if the tenant has none."""

    TYPE: ClassVar[str] = "rpc.booking.get_hold.v1"

    hold_id: UUID
