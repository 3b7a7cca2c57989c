"""Amounts as Stripe takes and refuses them, by the rules of `shared.contracts.money`."""

from devstack.stripe.errors import invalid
from shared.contracts.money import CURRENCIES, decimal_text

_MAXIMUM = 99_999_999
_SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}


def check_amount(amount: int, currency: str) -> None:
    """Raises `ApiError` (400) unless `amount`, in minor units, can be charged in `currency`."""
    rules = CURRENCIES.get(currency)
    if rules is None or not rules.payable:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount % rules.step:
        raise invalid(
            f"Amounts of {currency} are multiples of {rules.step}.", code="parameter_invalid_integer", param="amount"
        )
    if amount < rules.minimum:
        raise invalid(
            f"The least that can be charged is {written(rules.minimum, currency)}.",
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
