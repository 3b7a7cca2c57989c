"""How times and amounts are written for people: in English, where nothing else is said."""

from datetime import UTC, datetime

import pytest

from notifier.messages.formatting import moment, money, period, short_moment
from shared.contracts.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (2400, "eur", "€24.00"),
        (5, "eur", "€0.05"),
        (123456789 // 100, "usd", "$12,345.67"),
        (5000, "jpy", "¥5,000"),
        (2450, "chf", "CHF 24.50"),
        (1500, "kwd", "KWD 1.500"),
        (0, "gbp", "£0.00"),
        (50000, "ugx", "UGX 500.00"),
    ],
)
def test_money(amount: int, currency: str, expected: str) -> None:
    assert money(Money(amount=amount, currency=currency), "en") == expected


def test_times() -> None:
    start, end = datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert period(start, end, "Europe/Paris", "en") == "Tuesday 24 November 2026, 09:00\N{EN DASH}11:00 (Europe/Paris)"
    assert moment(start, "Asia/Kathmandu", "en") == "Tuesday 24 November 2026, 13:45 (Asia/Kathmandu)"
    assert short_moment(start, "America/New_York", "en") == "Tuesday 24 November 2026, 03:00"


def test_both_days_of_a_night_are_named() -> None:
    start, end = datetime(2026, 11, 24, 22, 0, tzinfo=UTC), datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    assert (
        period(start, end, "UTC", "en")
        == "Tuesday 24 November 2026, 22:00 \N{EN DASH} Wednesday 25 November 2026, 01:00 (UTC)"
    )


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert moment(first, "Europe/Paris", "en") == "Sunday 25 October 2026, 02:30 (Europe/Paris, UTC+02:00)"
    assert moment(second, "Europe/Paris", "en") == "Sunday 25 October 2026, 02:30 (Europe/Paris, UTC+01:00)"


def test_both_times_of_an_appointment_over_the_change_have_their_offsets() -> None:
    start, end = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    written = "Sunday 31 October 2027, 02:30 UTC+02:00 \N{EN DASH} 02:30 UTC+01:00 (Europe/Paris)"
    assert period(start, end, "Europe/Paris", "en") == written
    assert short_moment(start, "Europe/Paris", "en") == "Sunday 31 October 2027, 02:30 (UTC+02:00)"
    # In the spring no time comes twice.
    start, end = datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert period(start, end, "Europe/Paris", "en") == "Sunday 28 March 2027, 01:30\N{EN DASH}03:30 (Europe/Paris)"


def test_other_languages_write_amounts_their_own_way() -> None:
    assert money(Money(amount=1234567, currency="eur"), "de") == "12.345,67\N{NO-BREAK SPACE}€"
