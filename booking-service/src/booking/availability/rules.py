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
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar

from booking.catalog.hours import OpeningHours, OpenInterval, epoch_seconds, instant_at, open_intervals
from booking.catalog.rules import SlotRules
from booking.errors import DuringTimeOff, OutsideHours, SlotTaken, TooFar, TooSoon
from shared.errors import DomainError

ResourceId = TypeVar("ResourceId", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A resource as availability sees it: its hours, and the ranges that bookings occupy on it, or that are time off.

    `busy` holds half-open ranges in epoch seconds, buffers included, sorted by start and by end (what the
    exclusion constraint lets stand is disjoint, and so is what `merged` makes); parts of a second count as busy.
    """

    hours: OpeningHours
    busy: Sequence[tuple[int, int]]
    others: Sequence[Sequence[tuple[int, int]]] = ()
    """The same of its other units, where it has more than one: it can be booked when one of them is free throughout."""


class SlotRejection(StrEnum):
    """Why a start time can't be booked, whoever asks and by whichever way; the API's error code."""

    OUTSIDE_HOURS = "outside_hours"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TIME_OFF = "time_off"

    @property
    def error(self) -> DomainError:
        """The refusal that a command meets with for it."""
        refusal, detail = _ERRORS[self]
        return refusal(detail)


_ERRORS: dict[SlotRejection, tuple[type[DomainError], str]] = {
    SlotRejection.OUTSIDE_HOURS: (OutsideHours, "the appointment does not lie within opening hours"),
    SlotRejection.TOO_SOON: (TooSoon, "the start is in the past or within the minimum notice"),
    SlotRejection.TOO_FAR: (TooFar, "the start lies beyond the booking horizon"),
    SlotRejection.TIME_OFF: (DuringTimeOff, "the appointment or its buffers meet a time in which the resource is off"),
}


def rejection(
    rules: SlotRules, hours: OpeningHours, off: Iterable[tuple[int, int]], now: datetime, starts_at: datetime
) -> SlotRejection | None:
    """Why a booking may not start then on a resource with these hours and this time off; None if it may.

    Every write asks this, whatever was shown before. The start need not lie on the grid of offered
    times, but must be a whole minute: callers refuse seconds before they come here.
    Notice and horizon (and with it the past) are judged before the hours, those before time off (`off`: half-open
    ranges in epoch seconds, in any order), which buffers may not meet either.
    """
    start = epoch_seconds(starts_at)
    end = start + rules.duration_minutes * 60
    earliest, latest = rules.start_limits(now)
    if start < earliest:
        return SlotRejection.TOO_SOON
    if start > latest:
        return SlotRejection.TOO_FAR
    intervals = open_intervals(hours, start, end)
    if not any(interval.start <= start and end <= interval.end for interval in intervals):
        return SlotRejection.OUTSIDE_HOURS
    busy_from, busy_to = start - rules.buffer_before_minutes * 60, end + rules.buffer_after_minutes * 60
    if any(off_from < busy_to and busy_from < off_to for off_from, off_to in off):
        return SlotRejection.TIME_OFF
    return None


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in any order, as `Calendar.busy` wants them: ascending, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


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
    if not grid or not busy:
        return grid
    until = (rules.duration_minutes + rules.buffer_after_minutes) * 60
    before = rules.buffer_before_minutes * 60
    starts: list[int] = []
    position = 0
    # A long search is made in short stretches: each looks only at the ranges that it can meet.
    first = bisect_right(busy, grid[0] - before, key=itemgetter(1))
    last = bisect_left(busy, grid[-1] + until, first, key=itemgetter(0))
    for busy_from, busy_to in busy[first:last]:
        clash = bisect_right(grid, busy_from - until, position)
        starts += grid[position:clash]
        position = bisect_left(grid, busy_to + before, clash)
    return starts + grid[position:]


def _fitting(rules: SlotRules, intervals: Sequence[OpenInterval], starts: list[int]) -> list[int]:
    """Those of these starts, ascending, at which an appointment lies within one of the intervals, ascending too."""
    fitting: list[int] = []
    for interval in intervals:
        last = interval.end - rules.duration_minutes * 60
        fitting += starts[bisect_left(starts, interval.start) : bisect_right(starts, last)]
    return fitting


def _free_on(rules: SlotRules, grid: list[int], calendar: Calendar) -> list[int]:
    """The grid without the starts at which no unit of the resource is free."""
    free = _free(rules, grid, calendar.busy)
    if not calendar.others:
        return free
    return sorted({*free, *(slot for busy in calendar.others for slot in _free(rules, grid, busy))})


def refused(
    rules: SlotRules, calendar: Calendar, off: Iterable[tuple[int, int]], now: datetime, starts_at: datetime
) -> str | None:
    """The code with which a booking of that resource would be refused now; None if it would be taken. `off` as in
    `rejection`."""
    if reason := rejection(rules, calendar.hours, off, now, starts_at):
        return reason.value
    return None if _free_on(rules, [epoch_seconds(starts_at)], calendar) else SlotTaken.code


def free_slots(
    rules: SlotRules,
    calendars: Mapping[ResourceId, Calendar],
    now: datetime,
    start: datetime,
    end: datetime,
    *,
    together: bool = False,
) -> dict[datetime, list[ResourceId]]:
    """The starts within `[start, end)` that can be booked, ascending, each with who is free then.

    Resources stand in the order in which `calendars` has them. Each calendar's `busy` must cover
    `rules.busy_period(now, start, end)`. The first few, asked from a taken slot on, are the
    alternatives to it. Where several are wanted `together`, each is looked at on the grids of all, or those with other
    hours would never be free at the same moment.
    """
    startable = rules.startable(now, start, end)
    if not startable:
        return {}
    last_end = startable[-1] + rules.duration_minutes * 60
    # Most resources of a business keep the same hours: resolve each distinct set once.
    grids: dict[OpeningHours, list[int]] = {}
    free: dict[int, list[ResourceId]] = defaultdict(list)
    for hours in dict.fromkeys(calendar.hours for calendar in calendars.values()):
        grids[hours] = _grid(rules, open_intervals(hours, startable[0], last_end), startable)
    if together and len(grids) > 1:
        common = sorted({slot for grid in grids.values() for slot in grid})
        grids = {hours: _fitting(rules, open_intervals(hours, startable[0], last_end), common) for hours in grids}
    for resource_id, calendar in calendars.items():
        for slot in _free_on(rules, grids[calendar.hours], calendar):
            free[slot].append(resource_id)
    return {instant_at(slot): free[slot] for slot in sorted(free)}
