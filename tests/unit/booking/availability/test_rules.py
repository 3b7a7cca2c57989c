"""What a search offers and what creation accepts are one rule: tables, and a brute-force oracle
that tries every minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.availability.rules import (
    Calendar,
    SlotRejection,
    free_slots,
    rejection,
)
from booking.catalog.hours import (
    OpeningHours,
    WeeklyWindow,
    check_weekly_hours,
    epoch_seconds,
    instant_at,
    open_intervals,
)
from booking.catalog.rules import SlotRules

PARIS = ZoneInfo("Europe/Paris")
RULES = SlotRules(
    duration_minutes=60,
    buffer_before_minutes=0,
    buffer_after_minutes=0,
    minimum_notice_minutes=0,
    horizon_days=90,
    slot_step_minutes=30,
)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
ONE_YEAR = 366


def daily(opens: str, closes: str, zone: ZoneInfo = PARIS) -> OpeningHours:
    return OpeningHours(zone, tuple(WeeklyWindow.parse(weekday, opens, closes) for weekday in range(7)))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def offered(
    rules: SlotRules,
    hours: OpeningHours,
    day: str,
    *,
    now: datetime = LONG_AGO,
    busy: Sequence[tuple[str, str]] = (),
) -> list[str]:
    """Local starts of one date, with offset where the date is one of a clock change."""
    start = datetime.fromisoformat(day).replace(tzinfo=hours.zone)
    taken = sorted((epoch_seconds(paris(f"{day} {a}")), epoch_seconds(paris(f"{day} {b}"))) for a, b in busy)
    slots = free_slots(
        replace(rules, horizon_days=ONE_YEAR) if now == LONG_AGO else rules,
        {"ana": Calendar(hours, taken)},
        now,
        start.astimezone(UTC),
        (start + timedelta(days=1)).astimezone(UTC),
    )
    changes = start.utcoffset() != (start + timedelta(days=1)).utcoffset()
    written = "%H:%M%z" if changes else "%H:%M"
    return [slot.astimezone(hours.zone).strftime(written) for slot in slots]


def test_the_appointment_must_lie_within_the_hours() -> None:
    assert offered(RULES, daily("09:00", "11:00"), "2025-06-10") == ["09:00", "09:30", "10:00"]


def test_buffers_may_fall_outside_the_hours() -> None:
    rules = replace(RULES, buffer_before_minutes=45, buffer_after_minutes=45)
    assert offered(rules, daily("09:00", "11:00"), "2025-06-10") == ["09:00", "09:30", "10:00"]


def test_the_gap_between_two_bookings_is_after_plus_before() -> None:
    # The booking of 12:00 to 13:00 occupies 11:50 to 13:20 under its own buffers.
    rules = replace(RULES, buffer_before_minutes=10, buffer_after_minutes=20, slot_step_minutes=5)
    slots = offered(rules, daily("09:00", "18:00"), "2025-06-10", busy=[("11:50", "13:20")])
    assert "10:30" in slots  # until 11:30, plus 20
    assert "10:35" not in slots
    assert "13:25" not in slots
    assert "13:30" in slots  # 13:20 plus 10


def test_an_appointment_may_start_when_another_ends() -> None:
    slots = offered(RULES, daily("09:00", "12:00"), "2025-06-10", busy=[("10:00", "11:00")])
    assert slots == ["09:00", "11:00"]


def test_an_appointment_may_span_adjacent_windows() -> None:
    hours = OpeningHours(
        PARIS,
        (WeeklyWindow.parse(5, "22:00", "24:00"), WeeklyWindow.parse(6, "00:00", "01:00")),
    )
    assert offered(RULES, hours, "2025-06-14") == ["22:00", "22:30", "23:00", "23:30"]
    assert offered(RULES, hours, "2025-06-15") == ["00:00"]


def test_a_pause_is_not_spanned() -> None:
    hours = OpeningHours(
        PARIS,
        (WeeklyWindow.parse(1, "09:00", "10:30"), WeeklyWindow.parse(1, "10:31", "12:00")),
    )
    assert offered(RULES, hours, "2025-06-10") == ["09:00", "09:30", "10:31"]


def test_the_grid_begins_anew_at_each_opening() -> None:
    hours = OpeningHours(
        PARIS,
        (WeeklyWindow.parse(1, "09:00", "11:00"), WeeklyWindow.parse(1, "11:00", "13:00")),
    )
    rules = replace(RULES, slot_step_minutes=50)
    assert offered(rules, hours, "2025-06-10") == ["09:00", "09:50", "10:40", "11:00", "11:50"]


def test_notice_is_elapsed_time_and_inclusive() -> None:
    rules = replace(RULES, minimum_notice_minutes=120)
    hours = daily("09:00", "12:00")
    at_the_minute = paris("2025-06-10 07:30")
    assert offered(rules, hours, "2025-06-10", now=at_the_minute) == [
        "09:30", "10:00", "10:30", "11:00",
    ]  # fmt: skip
    a_moment_later = at_the_minute + timedelta(microseconds=1)
    assert offered(rules, hours, "2025-06-10", now=a_moment_later)[0] == "10:00"


def test_notice_over_a_clock_change_counts_real_hours() -> None:
    # 23:30 to 03:30 on the wall, but three real hours.
    rules = replace(RULES, minimum_notice_minutes=180)
    now = paris("2025-03-29 23:30")
    assert offered(rules, daily("03:00", "05:00"), "2025-03-30", now=now)[0] == "03:30+0200"


def test_the_past_is_never_offered() -> None:
    slots = offered(RULES, daily("09:00", "12:00"), "2025-06-10", now=paris("2025-06-10 10:10"))
    assert slots == ["10:30", "11:00"]
    assert offered(RULES, daily("09:00", "12:00"), "2025-06-10", now=paris("2025-06-10 11:01")) == []


def test_the_horizon_is_elapsed_days_and_inclusive() -> None:
    rules = replace(RULES, horizon_days=7)
    slots = offered(rules, daily("09:00", "12:00"), "2025-06-10", now=paris("2025-06-03 10:00"))
    assert slots == ["09:00", "09:30", "10:00"]


def test_the_repeated_hour_is_offered_once_per_real_hour() -> None:
    assert offered(replace(RULES, duration_minutes=30), daily("01:00", "04:00"), "2025-10-26") == [
        "01:00+0200", "01:30+0200", "02:00+0200", "02:30+0200",
        "02:00+0100", "02:30+0100", "03:00+0100", "03:30+0100",
    ]  # fmt: skip


def test_the_skipped_hour_is_not_offered() -> None:
    assert offered(RULES, daily("01:00", "05:00"), "2025-03-30") == [
        "01:00+0100", "01:30+0100", "03:00+0200", "03:30+0200", "04:00+0200",
    ]  # fmt: skip


def test_half_an_hour_is_repeated_on_lord_howe() -> None:
    hours = daily("01:00", "03:00", ZoneInfo("Australia/Lord_Howe"))
    assert offered(replace(RULES, duration_minutes=30), hours, "2025-04-06") == [
        "01:00+1100", "01:30+1100", "01:30+1030", "02:00+1030", "02:30+1030",
    ]  # fmt: skip


def test_slots_of_several_resources_are_merged() -> None:
    hours = daily("09:00", "11:00")
    nine = epoch_seconds(paris("2025-06-10 09:00"))
    calendars = {
        "zoe": Calendar(hours, [(nine, nine + 3600)]),
        "ana": Calendar(hours, ()),
        "closed": Calendar(OpeningHours(PARIS, ()), ()),
        "late": Calendar(daily("10:00", "12:00"), ()),
    }
    found = free_slots(
        replace(RULES, horizon_days=ONE_YEAR),
        calendars,
        LONG_AGO,
        paris("2025-06-10 00:00"),
        paris("2025-06-10 11:00"),
    )
    assert list(found.items()) == [
        (paris("2025-06-10 09:00"), ["ana"]),
        (paris("2025-06-10 09:30"), ["ana"]),
        (paris("2025-06-10 10:00"), ["zoe", "ana", "late"]),
        (paris("2025-06-10 10:30"), ["late"]),
    ]


def test_a_question_holds_its_start_and_not_its_end() -> None:
    found = free_slots(
        RULES,
        {1: Calendar(daily("09:00", "12:00"), ())},
        paris("2025-06-10 00:00"),
        paris("2025-06-10 09:30"),
        paris("2025-06-10 10:30"),
    )
    assert list(found) == [paris("2025-06-10 09:30"), paris("2025-06-10 10:00")]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime.min.replace(tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        (datetime(2025, 6, 12, tzinfo=UTC), datetime(2025, 6, 11, tzinfo=UTC)),
        (datetime(2025, 6, 12, tzinfo=UTC), datetime(2025, 6, 12, tzinfo=UTC)),
    ],
)
def test_questions_out_of_bounds_offer_nothing(start: datetime, end: datetime) -> None:
    now = datetime(2025, 6, 10, tzinfo=UTC)
    calendar = {1: Calendar(daily("00:00", "24:00"), ())}
    assert free_slots(RULES, calendar, now, start, end) == {}
    assert RULES.busy_period(now, start, end) is None


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        ("2025-06-10 09:00", None),
        ("2025-06-10 09:07", None),  # any minute may be booked, on the grid or not
        ("2025-06-10 17:00", None),
        ("2025-06-10 17:01", SlotRejection.OUTSIDE_HOURS),
        ("2025-06-10 08:59", SlotRejection.OUTSIDE_HOURS),
        ("2025-06-10 18:00", SlotRejection.OUTSIDE_HOURS),
        ("2025-06-09 11:59", SlotRejection.TOO_SOON),
        ("2025-06-09 12:00", None),
        ("2025-06-08 12:00", SlotRejection.TOO_SOON),
        ("2025-06-16 10:00", None),
        ("2025-06-16 10:01", SlotRejection.TOO_FAR),
        ("0001-01-02 00:00", SlotRejection.TOO_SOON),
        ("9999-12-30 23:59", SlotRejection.TOO_FAR),
    ],
)
def test_creation_is_refused_with_a_code(starts_at: str, expected: SlotRejection | None) -> None:
    rules = replace(RULES, minimum_notice_minutes=120, horizon_days=7)
    now = paris("2025-06-09 10:00")
    assert rejection(rules, daily("09:00", "18:00"), (), now, paris(starts_at)) is expected


def test_refusals_are_the_codes_of_the_api() -> None:
    assert [*SlotRejection] == ["outside_hours", "too_soon", "too_far", "time_off"]


def test_no_hours_refuse_everything() -> None:
    closed = OpeningHours(PARIS, ())
    now = paris("2025-06-09 10:00")
    assert rejection(RULES, closed, (), now, paris("2025-06-10 10:00")) is SlotRejection.OUTSIDE_HOURS


def test_what_a_booking_occupies_and_a_search_must_know() -> None:
    rules = replace(RULES, buffer_before_minutes=10, buffer_after_minutes=20)
    now = paris("2025-06-10 00:00")
    nine, noon = paris("2025-06-10 09:00"), paris("2025-06-10 12:00")
    assert rules.ends_at(nine) == paris("2025-06-10 10:00")
    assert rules.occupied(nine) == (paris("2025-06-10 08:50"), paris("2025-06-10 10:20"))
    # The last start that may be offered is one second before noon.
    last = noon - timedelta(seconds=1)
    assert rules.busy_period(now, nine, noon) == (
        nine - timedelta(minutes=10),
        last + timedelta(minutes=80),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_minutes": 0},
        {"slot_step_minutes": 0},
        {"buffer_before_minutes": -1},
        {"buffer_after_minutes": -1},
        {"minimum_notice_minutes": -1},
        {"horizon_days": -1},
    ],
)
def test_rules_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        replace(RULES, **wrong)


# Around the clock changes of their zones, where a mistake would hide.
SCENES = [
    (ZoneInfo("Europe/Paris"), datetime(2025, 3, 30, tzinfo=UTC)),
    (ZoneInfo("Europe/Paris"), datetime(2025, 10, 26, tzinfo=UTC)),
    (ZoneInfo("America/New_York"), datetime(2025, 11, 2, 6, tzinfo=UTC)),
    (ZoneInfo("America/St_Johns"), datetime(2025, 3, 9, 5, tzinfo=UTC)),
    (ZoneInfo("Australia/Lord_Howe"), datetime(2025, 4, 5, 15, tzinfo=UTC)),
    (ZoneInfo("Australia/Lord_Howe"), datetime(2025, 10, 4, 15, tzinfo=UTC)),
    (ZoneInfo("America/Santiago"), datetime(2025, 9, 7, 4, tzinfo=UTC)),
    (ZoneInfo("Asia/Kathmandu"), datetime(2025, 6, 15, tzinfo=UTC)),
]

rules_of_services = st.builds(
    SlotRules,
    duration_minutes=st.integers(1, 300),
    buffer_before_minutes=st.just(0) | st.integers(0, 90),
    buffer_after_minutes=st.just(0) | st.integers(0, 90),
    minimum_notice_minutes=st.just(0) | st.integers(0, 1500),
    horizon_days=st.just(30) | st.integers(0, 3),
    slot_step_minutes=st.sampled_from([1, 5, 15, 30, 50, 60, 90]),
)


@st.composite
def weekly_hours(draw: st.DrawFn) -> tuple[WeeklyWindow, ...]:
    """The same stretches every day, cut at shared edges: pauses, seams, nights, or always open."""
    edges = sorted(draw(st.sets(st.integers(0, 95).map(lambda quarter: quarter * 15), max_size=5)))
    stretches = list(zip(edges, [*edges[1:], *edges[:1]], strict=True))
    kept = [stretch for stretch in stretches if draw(st.integers(0, 3))]
    windows = tuple(WeeklyWindow(day, opens, closes) for day in range(7) for opens, closes in kept)
    check_weekly_hours(windows)
    return windows


@st.composite
def scenes(
    draw: st.DrawFn,
) -> tuple[OpeningHours, list[tuple[int, int]], datetime, datetime, datetime]:
    """Hours, busy ranges, now, and the start and end of a question of at most a day and a half."""
    zone, change = draw(st.sampled_from(SCENES))
    start = change + timedelta(minutes=draw(st.integers(-900, 300)))
    end = start + timedelta(minutes=draw(st.integers(0, 2160)))
    now = start - timedelta(seconds=draw(st.just(0) | st.integers(-86400, 2 * 86400)))
    first = epoch_seconds(change) // 60
    spans = st.tuples(st.integers(first - 1800, first + 2700), st.integers(1, 240))
    busy: list[tuple[int, int]] = []
    for at, length in sorted(draw(st.lists(spans, max_size=12))):
        if not busy or busy[-1][1] <= at * 60:  # the database lets no two overlap
            busy.append((at * 60, (at + length) * 60))
    return OpeningHours(zone, draw(weekly_hours())), busy, now, start, end


@settings(max_examples=150, deadline=None)
@given(rules=rules_of_services, scene=scenes())
def test_search_offers_exactly_what_trying_every_minute_finds(
    rules: SlotRules,
    scene: tuple[OpeningHours, list[tuple[int, int]], datetime, datetime, datetime],
) -> None:
    hours, busy, now, start, end = scene
    duration = timedelta(minutes=rules.duration_minutes)
    step = timedelta(minutes=rules.slot_step_minutes)
    intervals = [
        (instant_at(i.start), instant_at(i.end), [instant_at(o) for o in i.openings])
        for i in open_intervals(
            hours,
            epoch_seconds(start - timedelta(days=2)),
            epoch_seconds(end + duration + timedelta(days=2)),
        )
    ]
    taken = [(instant_at(a), instant_at(b)) for a, b in busy]
    expected: list[datetime] = []
    at = start
    while at < end:
        on_grid = any(
            opened <= at < closed
            and at + duration <= closed
            and (at - max(o for o in openings if o <= at)) % step == timedelta(0)
            for opened, closed, openings in intervals
        )
        padded_start = at - timedelta(minutes=rules.buffer_before_minutes)
        padded_end = at + duration + timedelta(minutes=rules.buffer_after_minutes)
        free = all(padded_end <= a or b <= padded_start for a, b in taken)
        allowed = (
            now + timedelta(minutes=rules.minimum_notice_minutes) <= at <= now + timedelta(days=rules.horizon_days)
        )
        if on_grid:
            # One rule behind search and creation: apart from other bookings and the bounds of the
            # question, what is on the grid and not refused is offered, and nothing else.
            assert (rejection(rules, hours, (), now, at) is None) == allowed
        if on_grid and free and allowed:
            expected.append(at)
        at += timedelta(minutes=1)
    assert list(free_slots(rules, {1: Calendar(hours, busy)}, now, start, end)) == expected


@settings(max_examples=150, deadline=None)
@given(rules=rules_of_services, scene=scenes())
def test_what_is_offered_can_be_booked(
    rules: SlotRules,
    scene: tuple[OpeningHours, list[tuple[int, int]], datetime, datetime, datetime],
) -> None:
    hours, busy, now, start, end = scene
    period = rules.busy_period(now, start, end)
    # A search is given only the bookings that it asked for: it must not have needed others.
    known = [(a, b) for a, b in busy if period is not None and instant_at(a) < period[1] and period[0] < instant_at(b)]
    for slot in free_slots(rules, {1: Calendar(hours, known)}, now, start, end):
        assert start <= slot < end
        assert rejection(rules, hours, (), now, slot) is None
        padded_start, padded_end = rules.occupied(slot)
        assert all(padded_end <= instant_at(a) or instant_at(b) <= padded_start for a, b in busy)


@settings(max_examples=100, deadline=None)
@given(rules=rules_of_services, scene=scenes(), cut=st.integers(0, 2160))
def test_what_is_offered_does_not_depend_on_the_question(
    rules: SlotRules,
    scene: tuple[OpeningHours, list[tuple[int, int]], datetime, datetime, datetime],
    cut: int,
) -> None:
    hours, busy, now, start, end = scene
    middle = min(start + timedelta(minutes=cut), end)
    calendars = {1: Calendar(hours, busy)}
    whole = free_slots(rules, calendars, now, start, end)
    parts = [
        free_slots(rules, calendars, now, start, middle),
        free_slots(rules, calendars, now, middle, end),
    ]
    assert whole == parts[0] | parts[1]
