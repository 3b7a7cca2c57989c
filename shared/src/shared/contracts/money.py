"""Money: amounts in integer minor units, the currencies they may be in, and what can be paid in each.

Amounts go to Stripe as they are, so a minor unit is what Stripe takes for one. Where Stripe and ISO 4217
differ, Stripe's documentation counts ("Supported currencies": presentment currencies, zero-decimal and
three-decimal currencies, special cases, minimum charge amounts): mga has no decimals there, isk and ugx are
written in hundredths although nobody pays less than a whole one, thousandths end in a zero, and std is still listed.
"""

from dataclasses import dataclass
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
    ssp std stn svc syp szl thb tjs tmt top try ttd twd tzs uah ugx usd uyu uzs ves wst xcd yer zar zmw zwg
    """,
    3: "bhd iqd jod kwd lyd omr tnd",
}

_NOT_TAKEN = "btn cup ern ghs iqd irr kpw lyd mru sdg ssp stn svc syp tmt ves zwg"
"""What nobody can pay by card: Stripe does not take it."""
_STEPS = {"isk": 100, "ugx": 100} | dict.fromkeys(_BY_DECIMALS[3].split(), 10)
_MINIMUMS = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CurrencyRules:
    """What an amount in a currency means, and which can be paid by card."""

    code: str
    """Lower-case ISO 4217."""
    exponent: int
    """How many of the digits are decimals: 2 for cents."""
    step: int
    """Amounts are multiples of it, in minor units: the smallest coin, or what Stripe takes for it."""
    minimum: int
    """The least that can be paid by card, in minor units."""
    payable: bool
    """Whether it can be paid by card at all."""

    def deposit(self, price: int, percent: int) -> int:
        """The deposit on a price, both in minor units: rounded up to the step, raised to the least that can be paid.

        0 without a percentage. Never above the price; whether it can be paid at all is `deposit_problem`'s.
        """
        if not percent:
            return 0
        share = -(-price * percent // 100)
        in_steps = -(-share // self.step) * self.step
        return min(price, max(in_steps, self.minimum))

    def price_problem(self, price: int) -> str | None:
        """Why nobody can pay exactly this price, in words; None for one that can be paid."""
        if price % self.step:
            return f"{self.code} goes in steps of {self.step}"
        return None

    def deposit_problem(self, price: int, percent: int) -> str | None:
        """Why no deposit of this price can be paid by card, in words; None if one can, or none is asked for."""
        if not percent or not price:
            return None
        if not self.payable:
            return f"{self.code} can't be paid by card, so there can be no deposit"
        if price < self.minimum:
            least = f"{decimal_text(self.minimum, self.code)} {self.code}"
            return f"the price is below {least}, the least that can be paid by card, so there can be no deposit"
        return None


def _rules(code: str, exponent: int) -> CurrencyRules:
    step = _STEPS.get(code, 1)
    return CurrencyRules(code, exponent, step, _MINIMUMS.get(code, step), code not in _NOT_TAKEN.split())


CURRENCIES = {code: _rules(code, exponent) for exponent, codes in _BY_DECIMALS.items() for code in codes.split()}
"""Each currency that may be used (lower-case ISO 4217, without metals, funds and testing codes) to its rules."""


def rules_of(currency: str) -> CurrencyRules:
    """The rules of a currency; of one that is not known, those of most."""
    return CURRENCIES.get(currency) or _rules(currency, 2)


def check_currency(value: str) -> str:
    """A lower-case ISO 4217 code. Raises ValueError."""
    if value not in CURRENCIES:
        raise ValueError("not a lower-case ISO 4217 currency code")
    return value


def decimal_text(amount: int, currency: str) -> str:
    """Minor units in the digits that people read, thousands apart: `2,450.00` of eur, `5,000` of jpy.

    A currency that is not known is written with two decimals.
    """
    decimals = rules_of(currency).exponent
    whole, part = divmod(amount, 10**decimals)
    return f"{whole:,}.{part:0{decimals}d}" if decimals else f"{whole:,}"


CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
Currency = Annotated[
    str,
    AfterValidator(check_currency),
    WithJsonSchema({"type": "string", "pattern": "^[a-z]{3}$", "examples": ["eur"]}),
]
"""A code that is known: what clients may send. Messages between services take any, so that the table can grow."""


AMOUNT_LIMIT = 99_999_999
"""The most that Stripe takes at once, in minor units."""


class Money(Contract):
    """An amount in integer minor units (cents) and a lower-case ISO 4217 code, as Stripe writes it.

    `amount` divided by 10 to the power of the currency's exponent is what people read: 2450 is 24.50 of eur, 2450 of
    jpy, 2.450 of kwd. `GET /v1/currencies` lists the exponents.
    """

    amount: int = Field(ge=0, le=AMOUNT_LIMIT)
    currency: CurrencyCode
