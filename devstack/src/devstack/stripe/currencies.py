"""Currencies as Stripe takes them: which, and the least that may be charged; decimals are `shared.contracts.money`'s.

Source: Stripe's documentation, "Supported currencies" (presentment, minimum and maximum charge amounts).
"""

from devstack.stripe.errors import invalid
from shared.contracts.money import decimal_text

_SUPPORTED_CODES = """
usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn
bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf
gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr
lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen
pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd
top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
"""

SUPPORTED = frozenset(_SUPPORTED_CODES.split())
"""Lower-case ISO codes, as Stripe writes them."""

_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MAXIMUM = 99_999_999
_SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}


def check_amount(amount: int, currency: str) -> None:
    """Raises `ApiError` (400) unless `amount`, in minor units, can be charged in `currency`."""
    if currency not in SUPPORTED:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    minimum = _MINIMUM.get(currency, 1)
    if amount < minimum:
        raise invalid(
            f"The least that can be charged is {written(minimum, currency)}.",
            code="amount_too_small",
            param="amount",
        )
    if amount > _MAXIMUM:
        raise invalid(
            f"The most that can be charged is {written(_MAXIMUM, currency)}.",
            code="amount_too_large",
            param="amount",
        )


def written(amount: int, currency: str) -> str:
    """Minor units as a person writes them: `€25.00`, `¥500`, `CHF 12.50`."""
    number = decimal_text(amount, currency)
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{currency.upper()} {number}"
