"""When reminders are due: offsets, quiet hours, late decisions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.messages.reminders import JUST_SAID, outside_quiet_hours, planned_reminders, quiet_until

PARIS = "Europe/Paris"
OFFSETS = (1440, 120)


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(PARIS)).astimezone(UTC)


@pytest.mark.parametrize(
    ("starts_at", "decided_at", "expected"),
    [
        pytest.param(
            paris(24, 14), paris(20, 10), [(1440, paris(23, 14)), (120, paris(24, 12))], id="both offsets are ahead"
        ),
        pytest.param(paris(24, 14), paris(23, 15), [(120, paris(24, 12))], id="a passed offset is left out"),
        pytest.param(paris(24, 14), paris(24, 13), [], id="the nearest has passed: the confirmation says the same"),
        pytest.param(
            paris(24, 14), paris(24, 13, 40), [], id="booked twenty minutes ahead: the confirmation is enough"
        ),
        pytest.param(paris(24, 14), paris(24, 11, 1), [], id="within an hour of the confirmation"),
        pytest.param(paris(24, 14), paris(24, 11), [(120, paris(24, 12))], id="an hour after the confirmation"),
        pytest.param(paris(24, 14), paris(24, 14), [], id="nothing to remind of once it has begun"),
        pytest.param(paris(24, 14), paris(25, 14), [], id="nothing to remind of once it is over"),
        pytest.param(paris(24, 14), paris(23, 14), [(120, paris(24, 12))], id="an offset that passes just now is past"),
        pytest.param(
            paris(24, 9),
            paris(20, 10),
            [(1440, paris(23, 9)), (120, paris(23, 20, 30))],
            id="early start: two hours before is night, so the evening before",
        ),
        pytest.param(paris(24, 9), paris(23, 23, 48), [], id="booked at night for the next morning"),
        pytest.param(paris(24, 9), paris(23, 20), [], id="booked half an hour before that evening's reminder"),
        pytest.param(paris(24, 22), paris(20, 10), [(1440, paris(23, 20, 30)), (120, paris(24, 20))], id="late start"),
    ],
)
def test_plan(starts_at: datetime, decided_at: datetime, expected: list[tuple[int, datetime]]) -> None:
    assert planned_reminders(starts_at, PARIS, decided_at, OFFSETS) == expected


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        pytest.param((660, 120), [(120, paris(23, 20, 30))], id="both move to one evening"),
        pytest.param((750, 120), [(120, paris(23, 20, 30))], id="one moves to shortly after the other"),
        pytest.param((900, 120), [(900, paris(23, 18)), (120, paris(23, 20, 30))], id="hours between them"),
    ],
)
def test_quiet_hours_make_no_two_of_the_same(offsets: tuple[int, ...], expected: list[tuple[int, datetime]]) -> None:
    assert planned_reminders(paris(24, 9), PARIS, paris(20, 10), offsets) == expected


def test_who_wants_two_reminders_in_an_hour_has_them() -> None:
    plan = planned_reminders(paris(24, 14), PARIS, paris(20, 10), (15, 60))
    assert plan == [(60, paris(24, 13)), (15, paris(24, 13, 45))]


def test_no_offsets_no_reminders() -> None:
    assert planned_reminders(paris(24, 14), PARIS, paris(20, 10), ()) == []


@pytest.mark.parametrize(
    ("hour", "minute", "day", "expected"),
    [
        (20, 30, 24, paris(24, 20, 30)),
        (20, 31, 24, paris(24, 20, 30)),
        (21, 0, 24, paris(24, 20, 30)),
        (23, 59, 24, paris(24, 20, 30)),
        (0, 0, 24, paris(23, 20, 30)),
        (7, 59, 24, paris(23, 20, 30)),
        (8, 0, 24, paris(24, 8)),
    ],
)
def test_edges_of_the_quiet_hours(hour: int, minute: int, day: int, expected: datetime) -> None:
    assert outside_quiet_hours(paris(day, hour, minute), PARIS) == expected


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (paris(24, 20, 59), None),
        (paris(24, 21), paris(25, 8)),
        (paris(25, 3), paris(25, 8)),
        (paris(25, 7, 59), paris(25, 8)),
        (paris(25, 8), None),
    ],
)
def test_when_a_night_ends(now: datetime, ends: datetime | None) -> None:
    assert quiet_until(now, PARIS) == ends


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda instant: instant.replace(tzinfo=UTC))
ZONES = st.sampled_from(
    ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "UTC"]
)


@given(starts_at=INSTANTS, minutes=st.integers(-600, 60_000), zone=ZONES, offsets=st.sets(st.integers(1, 5000)))
def test_whatever_the_hour_of_booking(starts_at: datetime, minutes: int, zone: str, offsets: set[int]) -> None:
    decided_at = starts_at - timedelta(minutes=minutes)
    plan = planned_reminders(starts_at, zone, decided_at, list(offsets))
    for offset, at in plan:
        assert at.astimezone(UTC) <= starts_at - timedelta(minutes=offset)
        assert at - decided_at >= JUST_SAID
        assert quiet_until(at, zone) is None
    assert [at for _, at in plan] == sorted({at for _, at in plan})


@given(instant=INSTANTS, zone=ZONES)
def test_never_in_the_night_and_never_later(instant: datetime, zone: str) -> None:
    due = outside_quiet_hours(instant, zone)
    assert 8 <= due.astimezone(ZoneInfo(zone)).hour < 21
    assert timedelta(0) <= instant - due <= timedelta(hours=13)
