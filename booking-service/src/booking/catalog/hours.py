"""When a resource is open: weekly wall-clock hours, and the UTC intervals they mean on given dates.

Owners think in wall-clock time ("Mondays 09:00 to 18:00, in Paris"), bookings happen in real time.
The translation is made separately for each date, because a local day may have 23 or 25 hours.
Everything past that translation counts whole seconds since 1970-01-01T00:00Z ("epoch seconds"),
so that a 60-minute appointment is 60 elapsed minutes whatever the clocks do meanwhile.

Not here: what a service asks for (duration, buffers, notice) and what is already booked; see
`booking.availability.rules`. No I/O: the only outside knowledge is the zone data behind `zoneinfo`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.zones import zone_of

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
DAY_SECONDS = 24 * 60 * 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
# Windows are resolved only where the days around them exist in the calendar too, so that no
# question, however far off, can overflow.
_FIRST_ORDINAL = date.min.toordinal() + 2
_LAST_ORDINAL = date.max.toordinal() - 3
_WALL_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00Z, rounded down. A naive datetime raises TypeError."""
    elapsed = instant - _EPOCH
    return elapsed.days * DAY_SECONDS + elapsed.seconds


def epoch_seconds_up(instant: datetime) -> int:
    """As `epoch_seconds`, but rounded up: the first whole second that is not before `instant`."""
    return epoch_seconds(instant) + (instant.microsecond > 0)


def instant_at(seconds: int) -> datetime:
    """The UTC datetime of these epoch seconds."""
    return _EPOCH + timedelta(seconds=seconds)


def parse_wall_clock(text: str, *, end: bool = False) -> int:
    """Minutes since local midnight of `"HH:MM"`; `"24:00"` only as an `end`. Else ValueError."""
    if end and text == "24:00":
        return DAY_MINUTES
    match = _WALL_CLOCK.fullmatch(text)
    if match is None:
        latest = "24:00" if end else "23:59"
        raise ValueError(f"{text!r} is not a time of day written HH:MM, from 00:00 to {latest}")
    return int(match[1]) * 60 + int(match[2])


def format_wall_clock(minutes: int) -> str:
    """The `"HH:MM"` that `parse_wall_clock` reads back."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def local_time(instant: datetime, time_zone: str) -> str:
    """The instant on the clock of a zone, RFC 3339 with its offset."""
    return instant.astimezone(zone_of(time_zone)).isoformat()


def clock_shows(instant: datetime, time_zone: str) -> datetime:
    """What the clock of a zone shows at the instant: without an offset, so that it stays what was agreed on."""
    return instant.astimezone(zone_of(time_zone)).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """One stretch of opening time that returns every week, in wall-clock minutes since midnight.

    `weekday` is that of the opening, Monday 0. `closes` may be 1440 ("24:00"). A window that
    closes at or before its opening time runs over midnight and closes on the next day: 22:00-02:00
    is four hours, 22:00-00:00 the same as 22:00-24:00, and 09:00-09:00 a full day.
    Values out of range raise ValueError.
    """

    weekday: int
    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday must be 0 (Monday) to 6 (Sunday), not {self.weekday}")
        if not 0 <= self.opens < DAY_MINUTES:
            raise ValueError(f"opens must be 0 to 1439 minutes after midnight, not {self.opens}")
        if not 0 <= self.closes <= DAY_MINUTES:
            raise ValueError(f"closes must be 0 to 1440 minutes after midnight, not {self.closes}")

    @classmethod
    def parse(cls, weekday: int, opens: str, closes: str) -> "WeeklyWindow":
        """The window of two `"HH:MM"` texts, as the API writes them. ValueError if they are not."""
        return cls(weekday, parse_wall_clock(opens), parse_wall_clock(closes, end=True))

    @property
    def ends(self) -> int:
        """Closing time in minutes since the midnight before the opening, so maybe above 1440."""
        return self.closes if self.closes > self.opens else self.closes + DAY_MINUTES

    def __str__(self) -> str:
        opens, closes = format_wall_clock(self.opens), format_wall_clock(self.closes)
        return f"{_WEEKDAYS[self.weekday]} {opens}-{closes}"


def check_weekly_hours(windows: Iterable[WeeklyWindow]) -> None:
    """Refuse windows that overlap, also over midnight and from Sunday into Monday: ValueError.

    Windows that only touch (…-24:00 and 00:00-…) are one stretch of opening time and are fine.
    """
    ordered = sorted(windows, key=lambda window: (window.weekday, window.opens))
    # Each window against the one that opens next; the last one's neighbour is the first, a week on.
    for index, (window, following) in enumerate(zip(ordered, ordered[1:] + ordered[:1], strict=True)):
        a_week_on = WEEK_MINUTES if index == len(ordered) - 1 else 0
        ends = window.weekday * DAY_MINUTES + window.ends
        if ends > following.weekday * DAY_MINUTES + following.opens + a_week_on:
            raise ValueError(f"weekly hours overlap: {window} and {following}")


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A resource's weekly hours in its IANA zone. No windows: closed, there is no default.

    `windows` must have passed `check_weekly_hours` when they were written. On the local dates of `overrides` (their
    ordinals) other windows open than the week's, or none; what opened the day before runs on to its end.
    """

    zone: ZoneInfo
    windows: tuple[WeeklyWindow, ...]
    overrides: tuple[tuple[int, tuple[WeeklyWindow, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenInterval:
    """An unbroken stretch of opening time, half-open `[start, end)`, in epoch seconds.

    `openings` are the instants, ascending, at which the weekly windows joined here open; the first
    is `start`. They anchor the grid of offered times, so that what is offered on a day does not
    depend on which days were asked for, not even for a resource that never closes.
    """

    start: int
    end: int
    openings: tuple[int, ...]


def open_intervals(hours: OpeningHours, start: int, end: int) -> list[OpenInterval]:
    """All opening time that meets `[start, end)` (epoch seconds): disjoint, not touching, sorted.

    Windows are given whole, not cut to the question. A local time that the clocks skip is the first
    instant after the gap, so that a window inside the gap vanishes. Of a local time that comes
    twice, an opening takes the first occurrence and a closing the last, so that the repeated hour
    counts once per real hour (also when the closing time is the very minute that the repeated hour
    starts with).
    """
    by_weekday: list[list[WeeklyWindow]] = [[] for _ in range(7)]
    for window in hours.windows:
        by_weekday[window.weekday].append(window)
    # A local date is at most one day from the UTC date, and a window reaches into one more day.
    first = max(_EPOCH_ORDINAL + start // DAY_SECONDS - 2, _FIRST_ORDINAL)
    last = min(_EPOCH_ORDINAL + end // DAY_SECONDS + 1, _LAST_ORDINAL)
    overridden = {ordinal: windows for ordinal, windows in hours.overrides if first <= ordinal <= last}
    spans: list[tuple[int, int]] = []
    for ordinal in range(first, last + 1):
        for window in overridden.get(ordinal, by_weekday[(ordinal - 1) % 7]):  # day 1 of the calendar was a Monday
            opens = _resolve(hours.zone, ordinal, window.opens, closing=False)
            closes = _resolve(hours.zone, ordinal, window.ends, closing=True)
            if opens < closes and opens < end and closes > start:
                spans.append((opens, closes))
    return _join(sorted(spans))


def day_starts(zone: ZoneInfo, day: date) -> int:
    """The instant (epoch seconds) at which a local date begins; of a midnight that comes twice, the first."""
    return _resolve(zone, day.toordinal(), 0, closing=False)


def _join(spans: list[tuple[int, int]]) -> list[OpenInterval]:
    """Sorted spans, with those that touch or overlap made one."""
    joined: list[OpenInterval] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1].end:
            previous = joined[-1]
            openings = previous.openings
            if opens > openings[-1]:
                openings += (opens,)
            joined[-1] = OpenInterval(previous.start, max(previous.end, closes), openings)
        else:
            joined.append(OpenInterval(opens, closes, (opens,)))
    return joined


# The same few opening times are asked for by every search and every booking of a day.
@lru_cache(maxsize=8192)
def _resolve(zone: ZoneInfo, ordinal: int, minutes: int, *, closing: bool) -> int:
    """The instant of a wall-clock time, `minutes` after the midnight that begins day `ordinal`."""
    # Adding to an aware datetime moves the wall clock, not elapsed time: what is wanted here.
    wall = datetime.fromordinal(ordinal).replace(tzinfo=zone) + timedelta(minutes=minutes)
    wall_seconds = (ordinal - _EPOCH_ORDINAL) * DAY_SECONDS + minutes * 60
    first, last = _offset(wall), _offset(wall.replace(fold=1))
    if first < last:
        # Skipped by the clocks: `fold` then tells the offsets before and after the gap.
        return _end_of_gap(zone, wall_seconds - last, wall_seconds - first)
    return wall_seconds - (last if closing else first)


def _end_of_gap(zone: ZoneInfo, before: int, after: int) -> int:
    """The instant between `before` and `after` at which the zone's clocks jump forward."""
    offset = _offset(instant_at(before).astimezone(zone))
    instants = range(before + 1, after)
    return instants.start + bisect_left(
        instants, True, key=lambda second: _offset(instant_at(second).astimezone(zone)) != offset
    )


def _offset(local: datetime) -> int:
    """Seconds to take from this local time to get UTC."""
    offset = local.utcoffset() or timedelta()  # a ZoneInfo never answers None
    return offset.days * DAY_SECONDS + offset.seconds
