"""Which times can be booked: the one rule that search, holds and booking creation share.

Pure functions over values: rows become `SlotRules`, `Calendar` and busy ranges elsewhere. A search
offers the times of a grid; creation accepts any minute that keeps the same rules, on the grid or
not. Thus what is offered can be booked, and what can be booked and lies on the grid is offered.
That a slot is still free is decided by the database's exclusion constraint, never here.

Times inside are epoch seconds in UTC, ranges are half-open: an appointment that ends at 10:00 and
one that starts at 10:00 do not clash.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from booking.hours import (
    DAY_SECONDS,
    OpeningHours,
    OpenInterval,
    epoch_seconds,
    epoch_seconds_up,
    instant_at,
    open_intervals,
)

ResourceId = TypeVar("ResourceId", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SlotRules:
    """What a service asks of a start time.

    Minutes are elapsed minutes and `horizon_days` are days of 24 elapsed hours, not calendar days.
    The buffers keep the resource occupied around the appointment but may fall outside its hours.
    `slot_step_minutes` spaces the times that a search offers, counted from each opening. Values
    out of range raise ValueError.
    """

    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int

    def __post_init__(self) -> None:
        if self.duration_minutes < 1 or self.slot_step_minutes < 1:
            raise ValueError("duration and slot step must be at least one minute")
        if self.buffer_before_minutes < 0 or self.buffer_after_minutes < 0:
            raise ValueError("buffers must not be negative")
        if self.minimum_notice_minutes < 0 or self.horizon_days < 0:
            raise ValueError("minimum notice and horizon must not be negative")

    def ends_at(self, starts_at: datetime) -> datetime:
        """When an appointment that starts then ends, its buffer not counted."""
        return starts_at + timedelta(minutes=self.duration_minutes)

    def occupied(self, starts_at: datetime) -> tuple[datetime, datetime]:
        """The half-open range that such a booking occupies on its resource, buffers included."""
        return (
            starts_at - timedelta(minutes=self.buffer_before_minutes),
            self.ends_at(starts_at) + timedelta(minutes=self.buffer_after_minutes),
        )

    def start_limits(self, now: datetime) -> tuple[int, int]:
        """The earliest and the latest start that notice and horizon allow, both inclusive.

        Epoch seconds. Notice is never below 0, so the past is never bookable.
        """
        return (
            epoch_seconds_up(now) + self.minimum_notice_minutes * 60,
            epoch_seconds(now) + self.horizon_days * DAY_SECONDS,
        )

    def startable(self, now: datetime, start: datetime, end: datetime) -> range:
        """The whole seconds of `[start, end)` that notice and horizon allow; maybe none."""
        earliest, latest = self.start_limits(now)
        return range(max(epoch_seconds_up(start), earliest), min(epoch_seconds_up(end), latest + 1))

    def busy_period(self, now: datetime, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """The range whose bookings a search of `[start, end)` must know; None if nothing fits."""
        startable = self.startable(now, start, end)
        if not startable:
            return None
        return (
            self.occupied(instant_at(startable[0]))[0],
            self.occupied(instant_at(startable[-1]))[1],
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """A resource as availability sees it: its hours, and the ranges that bookings occupy on it.

    `busy` holds half-open ranges in epoch seconds, buffers included, sorted by start; parts of a
    second count as busy.
    """

    hours: OpeningHours
    busy: Sequence[tuple[int, int]]


class Refusal(StrEnum):
    """Why a start time can't be booked, whoever asks and by whichever way; the API's error code."""

    OUTSIDE_HOURS = "outside_hours"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"


def refusal(rules: SlotRules, hours: OpeningHours, now: datetime, starts_at: datetime) -> Refusal | None:
    """Why a booking may not start then on a resource with these hours; None if it may.

    Every write asks this, whatever was shown before. The start need not lie on the grid of offered
    times, but must be a whole minute: callers refuse seconds before they come here.
    Notice and horizon (and with it the past) are judged before the hours.
    """
    start = epoch_seconds(starts_at)
    end = start + rules.duration_minutes * 60
    earliest, latest = rules.start_limits(now)
    if start < earliest:
        return Refusal.TOO_SOON
    if start > latest:
        return Refusal.TOO_FAR
    intervals = open_intervals(hours, start, end)
    if not any(interval.start <= start and end <= interval.end for interval in intervals):
        return Refusal.OUTSIDE_HOURS
    return None


def _grid(rules: SlotRules, intervals: Sequence[OpenInterval], startable: range) -> list[int]:
    """The starts within `startable` that would be offered if nothing were booked, ascending, in epoch seconds.

    The grid begins anew at each opening and counts elapsed time; the appointment itself must lie in
    one interval. `intervals` must be all that meet the time from the first startable second to the
    end of an appointment that starts in the last.
    """
    step = rules.slot_step_minutes * 60
    starts: list[int] = []
    for interval in intervals:
        last_fitting = min(interval.end - rules.duration_minutes * 60, startable[-1])
        for opening, next_opening in pairwise((*interval.openings, interval.end)):
            first = max(opening, startable[0])
            first += (opening - first) % step
            starts.extend(range(first, min(next_opening - 1, last_fitting) + 1, step))
    return starts


def _free(rules: SlotRules, grid: list[int], busy: Sequence[tuple[int, int]]) -> list[int]:
    """The grid without the starts at which an appointment, buffers included, would meet a busy range."""
    until = (rules.duration_minutes + rules.buffer_after_minutes) * 60
    before = rules.buffer_before_minutes * 60
    starts: list[int] = []
    position = 0
    for busy_from, busy_to in busy:
        clash = bisect_right(grid, busy_from - until, position)
        starts += grid[position:clash]
        position = bisect_left(grid, busy_to + before, clash)
    return starts + grid[position:]


def free_slots(
    rules: SlotRules,
    calendars: Mapping[ResourceId, Calendar],
    now: datetime,
    start: datetime,
    end: datetime,
) -> dict[datetime, list[ResourceId]]:
    """The starts within `[start, end)` that can be booked, ascending, each with who is free then.

    Resources stand in the order in which `calendars` has them. Each calendar's `busy` must cover
    `rules.busy_period(now, start, end)`. The first few, asked from a taken slot on, are the
    alternatives to it.
    """
    startable = rules.startable(now, start, end)
    if not startable:
        return {}
    last_end = startable[-1] + rules.duration_minutes * 60
    # Most resources of a business keep the same hours: resolve each distinct set once.
    grids: dict[OpeningHours, list[int]] = {}
    free: dict[int, list[ResourceId]] = defaultdict(list)
    for resource_id, calendar in calendars.items():
        grid = grids.get(calendar.hours)
        if grid is None:
            intervals = open_intervals(calendar.hours, startable[0], last_end)
            grid = grids[calendar.hours] = _grid(rules, intervals, startable)
        for slot in _free(rules, grid, calendar.busy):
            free[slot].append(resource_id)
    return {instant_at(slot): free[slot] for slot in sorted(free)}
