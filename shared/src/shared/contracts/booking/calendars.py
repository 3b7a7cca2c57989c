"""Calendars: when resources are off, whatever their hours say."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Command, Contract, Event, ListQuery, Page, Query


class TimeOffPeriod(Contract):
    """When it is: either two instants, half-open, or two local dates, both whole days in each resource's own zone."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    first_date: date | None = None
    last_date: date | None = None


class TimeOff(TimeOffPeriod):
    """A time in which resources can't be booked: leave, a closure, a repair. Bookings that stand in it stay."""

    id: UUID
    resource_ids: list[UUID] | None = None
    """Whose it is; null for all of the tenant's, those that come later as well."""
    reason: str | None = None
    created_at: datetime
    removed_at: datetime | None = None


class TimeOffConflict(Contract):
    """A booking that stands, and meets a time off with its buffers: somebody must move it or call it off."""

    booking_id: UUID
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str


class TimeOffDetails(TimeOff):
    """A time off with the bookings that still stand in it, the earliest first, and how many there are in all."""

    conflicts: list[TimeOffConflict]
    conflict_count: int


class AddTimeOff(TimeOffPeriod, Command):
    """Take resources out of the calendar for a time; `subject_id` becomes its id. No booking is cancelled by it."""

    TYPE: ClassVar[str] = "command.booking.add_time_off.v1"
    CREATES: ClassVar[bool] = True

    resource_ids: list[UUID] | None = None
    reason: str | None = None


class RemoveTimeOff(Command):
    """The resources of the time off named by `subject_id` can be booked again, as their hours say."""

    TYPE: ClassVar[str] = "command.booking.remove_time_off.v1"


class TimeOffList(Page):
    """Times off, newest first."""

    time_off: list[TimeOff]


class GetTimeOff(Query[TimeOffDetails]):
    """One time off. Refused `time_off_not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_time_off.v1"

    time_off_id: UUID


class ListTimeOff(ListQuery[TimeOffList]):
    """A page of a tenant's times off, without those that were removed, optionally narrowed."""

    TYPE: ClassVar[str] = "rpc.booking.list_time_off.v1"

    resource_id: UUID | None = None
    """Only those that this resource has."""
    ends_from: datetime | None = None
    """Only those that are not over by then."""
    starts_to: datetime | None = None
    """Only those that begin before."""


class TimeOffEvent(Event):
    """A change of one time off, as it stands after it."""

    time_off: TimeOff


class TimeOffAdded(TimeOffEvent):
    """Resources are off for a time."""

    TYPE: ClassVar[str] = "booking.time_off_added.v1"

    conflicts: list[TimeOffConflict]
    """The bookings that stand in it, the earliest first, at most a hundred."""
    conflict_count: int


class TimeOffConflictFound(TimeOffEvent):
    """A booking was made or moved into a time off in the very moment that this was added."""

    TYPE: ClassVar[str] = "booking.time_off_conflict_found.v1"

    conflict: TimeOffConflict


class TimeOffRemoved(TimeOffEvent):
    """The resources can be booked again."""

    TYPE: ClassVar[str] = "booking.time_off_removed.v1"
