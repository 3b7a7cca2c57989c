"""Currencies, their minor units, and what can be paid in each, where standards and Stripe differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.money import CURRENCIES, decimal_text, rules_of

# Stripe's documentation, "Supported currencies", as of 2026: written down here a second time, from the page's tables.
_PRESENTMENT = """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk
    jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn
    nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std
    szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
"""
PRESENTMENT = _PRESENTMENT.split()
ZERO_DECIMAL = ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
THREE_DECIMAL = ["bhd", "jod", "kwd", "omr", "tnd"]
WHOLE_ONES = ["isk", "ugx"]
MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


@pytest.mark.parametrize("code", PRESENTMENT)
def test_what_stripe_lists(code: str) -> None:
    rules = CURRENCIES[code]
    assert rules.payable
    assert rules.exponent == (0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2)
    step = 10 if code in THREE_DECIMAL else 100 if code in WHOLE_ONES else 1
    assert (rules.step, rules.minimum) == (step, MINIMUM.get(code, step))


def test_the_other_currencies_can_not_be_paid_by_card() -> None:
    print(f"currencies {len(CURRENCIES)}, payable {len(PRESENTMENT)}")
    assert {code for code, rules in CURRENCIES.items() if rules.payable} == set(PRESENTMENT)
    assert not rules_of("irr").payable
    assert not rules_of("ves").payable


@pytest.mark.parametrize(
    ("price", "currency", "percent", "deposit"),
    [
        (9000, "eur", 25, 2250),
        (9001, "eur", 25, 2251),
        (100, "eur", 30, 50),  # 0.30 can't be paid
        (50000, "huf", 30, 17500),  # nor can 150.00
        (12350, "kwd", 33, 4080),  # in steps of 10
        (150000, "isk", 33, 49500),
        (150100, "isk", 33, 49600),
        (60, "eur", 10, 50),
        (9000, "eur", 0, 0),
        (9000, "eur", 100, 9000),
        (0, "eur", 50, 0),
    ],
)
def test_deposits(price: int, currency: str, percent: int, deposit: int) -> None:
    rules = rules_of(currency)
    assert rules.price_problem(price) is None
    assert rules.deposit_problem(price, percent) is None
    assert rules.deposit(price, percent) == deposit


@pytest.mark.parametrize(
    ("price", "currency", "percent", "said"),
    [
        (49, "eur", 100, "0.50 eur"),
        (17499, "huf", 50, "175.00 huf"),
        (9000, "irr", 10, "can't be paid by card"),
        (9000, "ves", 10, "can't be paid by card"),
    ],
)
def test_deposits_that_nobody_can_pay(price: int, currency: str, percent: int, said: str) -> None:
    assert said in (rules_of(currency).deposit_problem(price, percent) or "")
    assert rules_of(currency).deposit_problem(price, 0) is None


@pytest.mark.parametrize(("price", "currency"), [(12345, "kwd"), (150, "isk"), (99, "ugx")])
def test_prices_between_two_steps(price: int, currency: str) -> None:
    assert "steps" in (rules_of(currency).price_problem(price) or "")


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 9_999_999), st.integers(0, 100))
def test_a_deposit_that_can_be_paid_is_within_price_step_and_minimum(code: str, steps: int, percent: int) -> None:
    rules = CURRENCIES[code]
    price = steps * rules.step
    deposit = rules.deposit(price, percent)
    assert 0 <= deposit <= price
    assert deposit % rules.step == 0
    if percent and price and rules.deposit_problem(price, percent) is None:
        assert deposit >= rules.minimum
        assert deposit * 100 >= price * percent


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (245000, "eur", "2,450.00"),
        (5, "eur", "0.05"),
        (5000, "jpy", "5,000"),
        (1500, "kwd", "1.500"),
        (1500, "lyd", "1.500"),
        (1500, "iqd", "1.500"),
        (50000, "ugx", "500.00"),
        (150, "std", "1.50"),
        (150, "xyz", "1.50"),
    ],
)
def test_amounts_in_digits(amount: int, currency: str, text: str) -> None:
    assert decimal_text(amount, currency) == text
