"""Currencies and their minor units, where standards and Stripe differ."""

import pytest

from shared.contracts.money import DECIMALS, decimal_text


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("eur", 2), ("jpy", 0), ("kwd", 3), ("mga", 0), ("isk", 2), ("ugx", 2), ("huf", 2), ("twd", 2), ("iqd", 3)],
)
def test_minor_units_are_those_that_stripe_takes(currency: str, decimals: int) -> None:
    assert DECIMALS[currency] == decimals


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (245000, "eur", "2,450.00"),
        (5, "eur", "0.05"),
        (5000, "jpy", "5,000"),
        (1500, "kwd", "1.500"),
        (50000, "ugx", "500.00"),
        (150, "std", "1.50"),
    ],
)
def test_amounts_in_digits(amount: int, currency: str, text: str) -> None:
    assert decimal_text(amount, currency) == text
