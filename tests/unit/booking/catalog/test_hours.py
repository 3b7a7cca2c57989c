"""Weekly wall-clock hours become UTC intervals: by hand at every kind of clock change, and against
an oracle that reads the wall clock minute by minute.

Golden dates lie in the past, so that new zone data can't change them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from booking.catalog.hours import (
    OpeningHours,
    WeeklyWindow,
    check_weekly_hours,
    epoch_seconds,
    epoch_seconds_up,
    format_wall_clock,
    instant_at,
    open_intervals,
    parse_wall_clock,
)

MONDAY, TUESDAY, SATURDAY, SUNDAY = 0, 1, 5, 6


def hours(zone: str, *windows: WeeklyWindow) -> OpeningHours:
    return OpeningHours(ZoneInfo(zone), windows)


def every_day(opens: str, closes: str) -> tuple[WeeklyWindow, ...]:
    return tuple(WeeklyWindow.parse(weekday, opens, closes) for weekday in range(7))


def local_intervals(opening: OpeningHours, first: date, last: date) -> list[str]:
    """What is open from local midnight to local midnight, written as local time with offset."""
    start, end = (epoch_seconds(datetime(day.year, day.month, day.day, tzinfo=opening.zone)) for day in (first, last))

    def local(seconds: int) -> str:
        return instant_at(seconds).astimezone(opening.zone).isoformat(timespec="minutes")

    return [f"{local(i.start)} {local(i.end)}" for i in open_intervals(opening, start, end)]


# zone, date, opens, closes, the interval it means ("" when none is left)
CLOCK_CHANGES = [
    # Paris: 02:00 to 03:00 does not exist on 30 March, comes twice on 26 October.
    ("Europe/Paris", "2025-03-30", "09:00", "18:00", "09:00+02:00 18:00+02:00"),
    ("Europe/Paris", "2025-03-30", "00:00", "24:00", "00:00+01:00 24:00+02:00"),
    ("Europe/Paris", "2025-03-30", "02:30", "05:00", "03:00+02:00 05:00+02:00"),
    ("Europe/Paris", "2025-03-30", "01:00", "02:30", "01:00+01:00 03:00+02:00"),
    ("Europe/Paris", "2025-03-30", "02:00", "03:00", ""),
    ("Europe/Paris", "2025-03-30", "02:15", "02:45", ""),
    ("Europe/Paris", "2025-10-26", "09:00", "18:00", "09:00+01:00 18:00+01:00"),
    ("Europe/Paris", "2025-10-26", "00:00", "24:00", "00:00+02:00 24:00+01:00"),
    ("Europe/Paris", "2025-10-26", "02:30", "05:00", "02:30+02:00 05:00+01:00"),
    ("Europe/Paris", "2025-10-26", "01:00", "02:30", "01:00+02:00 02:30+01:00"),
    ("Europe/Paris", "2025-10-26", "02:15", "02:45", "02:15+02:00 02:45+01:00"),
    ("Europe/Paris", "2025-10-26", "01:00", "02:00", "01:00+02:00 02:00+01:00"),
    ("Europe/Paris", "2025-10-26", "03:00", "04:00", "03:00+01:00 04:00+01:00"),
    # New York: 9 March and 2 November.
    ("America/New_York", "2025-03-09", "00:00", "24:00", "00:00-05:00 24:00-04:00"),
    ("America/New_York", "2025-03-09", "02:30", "05:00", "03:00-04:00 05:00-04:00"),
    ("America/New_York", "2025-03-09", "02:00", "03:00", ""),
    ("America/New_York", "2025-11-02", "01:30", "03:00", "01:30-04:00 03:00-05:00"),
    ("America/New_York", "2025-11-02", "00:30", "01:30", "00:30-04:00 01:30-05:00"),
    # Newfoundland stands half an hour beside the others.
    ("America/St_Johns", "2025-03-09", "01:00", "02:30", "01:00-03:30 03:00-02:30"),
    ("America/St_Johns", "2025-03-09", "02:10", "02:50", ""),
    ("America/St_Johns", "2025-11-02", "01:30", "03:00", "01:30-02:30 03:00-03:30"),
    ("America/St_Johns", "2025-11-02", "00:30", "01:30", "00:30-02:30 01:30-03:30"),
    # Lord Howe moves by 30 minutes only: back to 01:30 at 02:00, forward to 02:30 at 02:00.
    ("Australia/Lord_Howe", "2025-04-06", "00:00", "24:00", "00:00+11:00 24:00+10:30"),
    ("Australia/Lord_Howe", "2025-04-06", "01:00", "01:45", "01:00+11:00 01:45+10:30"),
    ("Australia/Lord_Howe", "2025-04-06", "01:45", "03:00", "01:45+11:00 03:00+10:30"),
    ("Australia/Lord_Howe", "2025-10-05", "02:15", "03:00", "02:30+11:00 03:00+11:00"),
    ("Australia/Lord_Howe", "2025-10-05", "02:00", "02:30", ""),
    ("Australia/Lord_Howe", "2025-10-05", "01:00", "02:10", "01:00+10:30 02:30+11:00"),
    # Morocco is back on +00:00 for Ramadan: 23 February to 6 April.
    ("Africa/Casablanca", "2025-02-23", "02:30", "04:00", "02:30+01:00 04:00+00:00"),
    ("Africa/Casablanca", "2025-02-23", "01:00", "02:30", "01:00+01:00 02:30+00:00"),
    ("Africa/Casablanca", "2025-04-06", "02:30", "04:00", "03:00+01:00 04:00+01:00"),
    ("Africa/Casablanca", "2025-04-06", "02:00", "03:00", ""),
    # Chile changes at midnight: 5 April has 23:00 twice, 7 September begins at 01:00.
    ("America/Santiago", "2025-04-05", "20:00", "24:00", "20:00-03:00 24:00-04:00"),
    ("America/Santiago", "2025-04-05", "20:00", "23:30", "20:00-03:00 23:30-04:00"),
    ("America/Santiago", "2025-04-05", "23:30", "24:00", "23:30-03:00 24:00-04:00"),
    ("America/Santiago", "2025-09-07", "00:00", "08:00", "01:00-03:00 08:00-03:00"),
    ("America/Santiago", "2025-09-07", "00:00", "01:00", ""),
    # Samoa had no 30 December 2011 at all.
    ("Pacific/Apia", "2011-12-29", "09:00", "17:00", "09:00-10:00 17:00-10:00"),
    ("Pacific/Apia", "2011-12-30", "09:00", "17:00", ""),
    ("Pacific/Apia", "2011-12-31", "09:00", "17:00", "09:00+14:00 17:00+14:00"),
    # Clocks that never change, on quarters of an hour.
    ("Asia/Kolkata", "2025-03-30", "00:00", "24:00", "00:00+05:30 24:00+05:30"),
    ("Asia/Kathmandu", "2025-10-26", "02:15", "02:45", "02:15+05:45 02:45+05:45"),
]


@pytest.mark.parametrize(("zone", "day", "opens", "closes", "expected"), CLOCK_CHANGES)
def test_a_window_is_resolved_for_its_date(zone: str, day: str, opens: str, closes: str, expected: str) -> None:
    on = date.fromisoformat(day)
    opening = hours(zone, WeeklyWindow.parse(on.weekday(), opens, closes))
    meant = [
        f"{on}T{clock}" if not clock.startswith("24:00") else f"{on + timedelta(days=1)}T{clock.replace('24', '00', 1)}"
        for clock in expected.split()
    ]
    found = local_intervals(opening, on - timedelta(days=2), on + timedelta(days=3))
    assert found == ([" ".join(meant)] if meant else [])


@pytest.mark.parametrize(
    ("zone", "day", "elapsed_minutes"),
    [
        ("Europe/Paris", "2025-03-30", 23 * 60),
        ("Europe/Paris", "2025-10-26", 25 * 60),
        ("Australia/Lord_Howe", "2025-10-05", 23 * 60 + 30),
        ("Australia/Lord_Howe", "2025-04-06", 24 * 60 + 30),
        ("America/Santiago", "2025-04-05", 25 * 60),
        ("Asia/Kolkata", "2025-03-30", 24 * 60),
    ],
)
def test_a_local_day_lasts_as_long_as_its_clocks_say(zone: str, day: str, elapsed_minutes: int) -> None:
    on = date.fromisoformat(day)
    opening = hours(zone, WeeklyWindow.parse(on.weekday(), "00:00", "24:00"))
    noon = epoch_seconds(datetime(on.year, on.month, on.day, 12, tzinfo=opening.zone))
    (interval,) = open_intervals(opening, noon, noon + 1)
    assert interval.end - interval.start == elapsed_minutes * 60


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-03-29", "2025-03-29T22:00+01:00 2025-03-30T03:00+02:00"),  # into the gap
        ("2025-10-25", "2025-10-25T22:00+02:00 2025-10-26T02:30+01:00"),  # the second 02:30
        ("2025-06-14", "2025-06-14T22:00+02:00 2025-06-15T02:30+02:00"),
    ],
)
def test_a_night_window_closes_on_the_next_date(day: str, expected: str) -> None:
    on = date.fromisoformat(day)
    night = hours("Europe/Paris", WeeklyWindow.parse(SATURDAY, "22:00", "02:30"))
    assert local_intervals(night, on, on + timedelta(days=2)) == [expected]
    # Also seen by a question that begins after midnight, when the window has long opened.
    assert local_intervals(night, on + timedelta(days=1), on + timedelta(days=2)) == [expected]


@pytest.mark.parametrize(
    "windows",
    [
        [(SATURDAY, "20:00", "24:00"), (SUNDAY, "00:00", "03:00")],
        [(SATURDAY, "20:00", "00:00"), (SUNDAY, "00:00", "03:00")],
        [(SATURDAY, "20:00", "23:00"), (SATURDAY, "23:00", "03:00")],
    ],
)
def test_adjacent_windows_are_one_interval(windows: list[tuple[int, str, str]]) -> None:
    opening = hours("Europe/Paris", *(WeeklyWindow.parse(*window) for window in windows))
    check_weekly_hours(opening.windows)
    found = local_intervals(opening, date(2025, 6, 14), date(2025, 6, 16))
    assert found == ["2025-06-14T20:00+02:00 2025-06-15T03:00+02:00"]


def test_the_week_end_is_no_seam() -> None:
    opening = hours(
        "Asia/Kolkata",
        WeeklyWindow.parse(SUNDAY, "18:00", "24:00"),
        WeeklyWindow.parse(MONDAY, "00:00", "06:00"),
    )
    check_weekly_hours(opening.windows)
    found = local_intervals(opening, date(2025, 6, 15), date(2025, 6, 17))
    assert found == ["2025-06-15T18:00+05:30 2025-06-16T06:00+05:30"]


def test_an_interval_remembers_every_opening_in_it() -> None:
    always = hours("Europe/Paris", *every_day("00:00", "24:00"))
    start = epoch_seconds(datetime(2025, 3, 29, 12, tzinfo=always.zone))
    end = epoch_seconds(datetime(2025, 3, 31, 12, tzinfo=always.zone))
    (interval,) = open_intervals(always, start, end)
    midnights = [datetime(2025, 3, day, tzinfo=always.zone) for day in (29, 30, 31)]
    assert interval.openings == tuple(epoch_seconds(midnight) for midnight in midnights)


def test_no_windows_is_closed() -> None:
    assert local_intervals(hours("Europe/Paris"), date(2025, 1, 1), date(2025, 3, 1)) == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_ends_of_the_calendar_are_closed(zone: str) -> None:
    always = hours(zone, *every_day("00:00", "24:00"))
    for edge in (datetime.min, datetime.max):
        seconds = epoch_seconds(edge.replace(tzinfo=UTC))
        assert open_intervals(always, seconds, seconds + 1) == []


ZONES = sorted({zone for zone, *_ in CLOCK_CHANGES})
CHANGE_DATES = sorted({date.fromisoformat(day) for _, day, *_ in CLOCK_CHANGES})


@st.composite
def weekly_windows(draw: st.DrawFn) -> tuple[WeeklyWindow, ...]:
    """Valid weekly hours; every second edge in the night, where clocks change."""
    minute = st.one_of(st.integers(0, 1439), st.integers(0, 240).map(lambda m: m // 15 * 15))
    chosen: list[WeeklyWindow] = []
    for weekday, opens, closes in draw(
        st.lists(st.tuples(st.integers(0, 6), minute, minute | st.just(1440)), max_size=8)
    ):
        candidate = [*chosen, WeeklyWindow(weekday, opens, closes)]
        try:
            check_weekly_hours(candidate)
        except ValueError:
            continue
        chosen = candidate
    return tuple(chosen)


def minutes_open(opening: OpeningHours, first: int, last: int) -> set[int]:
    """Oracle: which UTC minutes of `[first, last)` are open, found by looking at a wall clock.

    A window opens at the first minute whose wall clock reads its opening time, or, if the clock
    never reads it, the first that reads later; it closes at the last minute that reads its closing
    time, or, again, at the first that reads later.
    """
    margin = 3 * 1440
    wall = [
        (minute, instant_at(minute * 60).astimezone(opening.zone).replace(tzinfo=None))
        for minute in range(first - margin, last + margin)
    ]
    result: set[int] = set()
    day = wall[0][1].date()
    while day < wall[-1][1].date():
        for window in opening.windows:
            if window.weekday == day.weekday():
                midnight = datetime.combine(day, time())
                opens = midnight + timedelta(minutes=window.opens)
                closes = midnight + timedelta(minutes=window.ends)
                reads_opening = [minute for minute, reads in wall if reads == opens]
                reads_closing = [minute for minute, reads in wall if reads == closes]
                past_opening = [minute for minute, reads in wall if reads > opens]
                past_closing = [minute for minute, reads in wall if reads > closes]
                start = (reads_opening or past_opening or [last])[0]
                end = reads_closing[-1] if reads_closing else (past_closing or [last])[0]
                result.update(range(max(start, first), min(end, last)))
        day += timedelta(days=1)
    return result


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    windows=weekly_windows(),
    day=st.sampled_from(CHANGE_DATES),
    shift=st.integers(-1440, 1440),
    length=st.integers(1, 2 * 1440),
)
def test_intervals_say_what_the_wall_clock_says(
    zone: str, windows: tuple[WeeklyWindow, ...], day: date, shift: int, length: int
) -> None:
    opening = hours(zone, *windows)
    first = epoch_seconds(datetime(day.year, day.month, day.day, tzinfo=UTC)) // 60 + shift
    last = first + length
    intervals = open_intervals(opening, first * 60, last * 60)
    found = {
        minute
        for interval in intervals
        for minute in range(max(interval.start // 60, first), min(interval.end // 60, last))
    }
    assert found == minutes_open(opening, first, last)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    windows=weekly_windows(),
    day=st.sampled_from(CHANGE_DATES),
    length=st.integers(0, 40 * 86400),
)
def test_intervals_are_disjoint_apart_and_sorted(
    zone: str, windows: tuple[WeeklyWindow, ...], day: date, length: int
) -> None:
    start = epoch_seconds(datetime(day.year, day.month, day.day, tzinfo=UTC)) - 20 * 86400
    intervals = open_intervals(hours(zone, *windows), start, start + length)
    for interval in intervals:
        assert interval.start < interval.end
        assert interval.start < start + length
        assert interval.end > start
        assert interval.openings[0] == interval.start
        assert interval.openings[-1] < interval.end
        assert list(interval.openings) == sorted(set(interval.openings))
    for earlier, later in pairwise(intervals):
        assert earlier.end < later.start


@pytest.mark.parametrize(("text", "minutes"), [("00:00", 0), ("09:00", 540), ("09:05", 545), ("23:59", 1439)])
def test_wall_clock_is_read_and_written(text: str, minutes: int) -> None:
    assert parse_wall_clock(text) == parse_wall_clock(text, end=True) == minutes
    assert format_wall_clock(minutes) == text


def test_24_00_is_an_end_only() -> None:
    assert parse_wall_clock("24:00", end=True) == 1440
    assert format_wall_clock(1440) == "24:00"
    with pytest.raises(ValueError, match="24:00"):
        parse_wall_clock("24:00")


@pytest.mark.parametrize(
    "text",
    ["", "9:00", "09:60", "25:00", "24:01", "09:00:00", "0900", " 09:00", "09:00\n", "-9:00",
     "09:0", "\u0660\u0669:\u0660\u0660", "09:00Z", "09.00"],
)  # fmt: skip
def test_other_texts_are_no_wall_clock(text: str) -> None:
    for end in (False, True):
        with pytest.raises(ValueError, match="HH:MM"):
            parse_wall_clock(text, end=end)


@pytest.mark.parametrize(
    ("weekday", "opens", "closes", "named"),
    [(-1, 0, 60, "weekday"), (7, 0, 60, "weekday"), (0, -1, 60, "opens"), (0, 1440, 60, "opens"),
     (0, 0, -1, "closes"), (0, 0, 1441, "closes")],
)  # fmt: skip
def test_a_window_out_of_range_is_refused(weekday: int, opens: int, closes: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        WeeklyWindow(weekday, opens, closes)


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        ([(MONDAY, "09:00", "13:00"), (MONDAY, "12:59", "18:00")],
         "Monday 09:00-13:00 and Monday 12:59-18:00"),
        ([(MONDAY, "09:00", "10:00"), (MONDAY, "09:00", "10:00")],
         "Monday 09:00-10:00 and Monday 09:00-10:00"),
        ([(TUESDAY, "01:00", "03:00"), (MONDAY, "22:00", "02:00")],
         "Monday 22:00-02:00 and Tuesday 01:00-03:00"),
        ([(MONDAY, "00:00", "03:00"), (SUNDAY, "22:00", "00:01")],
         "Sunday 22:00-00:01 and Monday 00:00-03:00"),
        ([(SUNDAY, "09:00", "09:00"), (MONDAY, "08:59", "09:30")],
         "Sunday 09:00-09:00 and Monday 08:59-09:30"),
    ],
)  # fmt: skip
def test_overlapping_windows_are_refused(windows: list[tuple[int, str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_weekly_hours(WeeklyWindow.parse(*window) for window in windows)


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [(MONDAY, "09:00", "09:00")],
        [(MONDAY, "13:00", "18:00"), (MONDAY, "09:00", "13:00")],
        [(SUNDAY, "22:00", "02:00"), (MONDAY, "02:00", "04:00")],
        [(weekday, "09:00", "09:00") for weekday in range(7)],
    ],
)
def test_windows_that_only_touch_are_accepted(windows: list[tuple[int, str, str]]) -> None:
    check_weekly_hours(WeeklyWindow.parse(*window) for window in windows)


@settings(max_examples=200, deadline=None)
@given(
    windows=st.lists(
        st.builds(WeeklyWindow, st.integers(0, 6), st.integers(0, 1439), st.integers(0, 1440)),
        min_size=1,
        max_size=5,
    )
)
@example(windows=[WeeklyWindow(SUNDAY, 1380, 120), WeeklyWindow(MONDAY, 60, 180)])
def test_the_check_finds_exactly_the_overlaps(windows: Sequence[WeeklyWindow]) -> None:
    week = 7 * 1440
    minutes = [
        minute % week
        for window in windows
        for minute in range(window.weekday * 1440 + window.opens, window.weekday * 1440 + window.ends)
    ]
    if len(minutes) == len(set(minutes)):
        check_weekly_hours(windows)
    else:
        with pytest.raises(ValueError, match="overlap"):
            check_weekly_hours(windows)


@given(instant=st.datetimes(timezones=st.just(UTC)))
def test_epoch_seconds_round_down_and_up(instant: datetime) -> None:
    assume(instant < datetime.max.replace(tzinfo=UTC) - timedelta(seconds=1))
    assert instant_at(epoch_seconds(instant)) == instant.replace(microsecond=0)
    assert instant <= instant_at(epoch_seconds_up(instant)) < instant + timedelta(seconds=1)


def test_a_naive_time_is_never_guessed() -> None:
    for convert in (epoch_seconds, epoch_seconds_up):
        with pytest.raises(TypeError):
            convert(datetime.combine(date(2025, 6, 14), time(9)))
