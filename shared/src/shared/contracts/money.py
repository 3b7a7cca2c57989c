"""Money: amounts in integer minor units, the currencies they may be in, and how many minor units make one.

Amounts go to Stripe as they are, so a minor unit is what Stripe takes for one. Where Stripe and ISO 4217
differ, Stripe's documentation ("Supported currencies", zero-decimal currencies and special cases) counts:
mga has no decimals there, isk and ugx are written in hundredths although nobody pays less than a whole one.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from shared.contracts.base import Contract

_BY_DECIMALS = {
    0: "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf",
    2: """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny
    cop crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf idr ils
    inr irr isk jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mru mur mvr mwk mxn myr
    mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd
    ssp stn svc syp szl thb tjs tmt top try ttd twd tzs uah ugx usd uyu uzs ves wst xcd yer zar zmw zwg
    """,
    3: "bhd iqd jod kwd lyd omr tnd",
}

DECIMALS = {code: decimals for decimals, codes in _BY_DECIMALS.items() for code in codes.split()}
"""Each currency that may be used (lower-case ISO 4217, without metals, funds and testing codes) to its decimals."""


def check_currency(value: str) -> str:
    """A lower-case ISO 4217 code. Raises ValueError."""
    if value not in DECIMALS:
        raise ValueError("not a lower-case ISO 4217 currency code")
    return value


def decimal_text(amount: int, currency: str) -> str:
    """Minor units in the digits that people read, thousands apart: `2,450.00` of eur, `5,000` of jpy.

    A currency that is not known is written with two decimals.
    """
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(amount, 10**decimals)
    return f"{whole:,}.{part:0{decimals}d}" if decimals else f"{whole:,}"


CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
Currency = Annotated[
    str,
    AfterValidator(check_currency),
    WithJsonSchema({"type": "string", "pattern": "^[a-z]{3}$", "examples": ["eur"]}),
]
"""A code that is known: what clients may send. Messages between services take any, so that the table can grow."""


class Money(Contract):
    """An amount in integer minor units (cents) and a lower-case ISO 4217 code, as Stripe writes it."""

    amount: int = Field(ge=0, le=99_999_999)
    currency: CurrencyCode
