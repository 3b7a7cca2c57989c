"""When reminders are due: offsets, quiet hours, late decisions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.messages.reminders import outside_quiet_hours, planned_reminders

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
        pytest.param(paris(24, 14), paris(24, 13), [(120, paris(24, 13))], id="the nearest is due at once"),
        pytest.param(paris(24, 14), paris(24, 14), [], id="nothing to remind of once it has begun"),
        pytest.param(paris(24, 14), paris(25, 14), [], id="nothing to remind of once it is over"),
        pytest.param(paris(24, 14), paris(23, 14), [(120, paris(24, 12))], id="an offset that passes just now is past"),
        pytest.param(
            paris(24, 9),
            paris(20, 10),
            [(1440, paris(23, 9)), (120, paris(23, 20, 59))],
            id="early start: two hours before is night, so the evening before",
        ),
        pytest.param(
            paris(24, 9), paris(23, 22), [(120, paris(23, 22))], id="that evening has passed, so it is due at once"
        ),
        pytest.param(paris(24, 22), paris(20, 10), [(1440, paris(23, 20, 59)), (120, paris(24, 20))], id="late start"),
    ],
)
def test_plan(starts_at: datetime, decided_at: datetime, expected: list[tuple[int, datetime]]) -> None:
    assert planned_reminders(starts_at, PARIS, decided_at, OFFSETS) == expected


def test_no_offsets_no_reminders() -> None:
    assert planned_reminders(paris(24, 14), PARIS, paris(20, 10), ()) == []


@pytest.mark.parametrize(
    ("hour", "minute", "day", "expected"),
    [
        (20, 59, 24, paris(24, 20, 59)),
        (21, 0, 24, paris(24, 20, 59)),
        (23, 59, 24, paris(24, 20, 59)),
        (0, 0, 24, paris(23, 20, 59)),
        (7, 59, 24, paris(23, 20, 59)),
        (8, 0, 24, paris(24, 8)),
    ],
)
def test_edges_of_the_quiet_hours(hour: int, minute: int, day: int, expected: datetime) -> None:
    assert outside_quiet_hours(paris(day, hour, minute), PARIS) == expected


@given(
    instant=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    zone=st.sampled_from(
        ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "UTC"]
    ),
)
def test_never_in_the_night_and_never_later(instant: datetime, zone: str) -> None:
    due = outside_quiet_hours(instant.replace(tzinfo=UTC), zone)
    assert 8 <= due.astimezone(ZoneInfo(zone)).hour < 21
    assert timedelta(0) <= instant.replace(tzinfo=UTC) - due <= timedelta(hours=13)
