"""Test cards and test payment methods (Stripe's documentation, "Testing").

A card's fingerprint is derived from its number, so a stored payment method says by itself which
card it stands for.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Card:
    """How one of Stripe's test cards behaves.

    `error_code` is the error that a declined charge carries, `decline_code` the issuer's reason.
    """

    numbers: tuple[str, ...]
    tokens: tuple[str, ...]
    title: str
    brand: str = "visa"
    error_code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    authentication: bool = False
    refund: Literal["succeeds", "fails later", "succeeds later"] = "succeeds"

    @property
    def number(self) -> str:
        """The number that the pay page shows and charges carry."""
        return self.numbers[0]

    @property
    def spaced(self) -> str:
        """The number as it is printed on a card."""
        return " ".join(self.number[start : start + 4] for start in range(0, 16, 4))

    @property
    def fingerprint(self) -> str:
        """What Stripe gives every payment method of one card alike."""
        return hashlib.sha256(self.number.encode()).hexdigest()[:16]


TEST_CARDS = (
    Card(("4242424242424242",), ("pm_card_visa",), "Succeeds"),
    Card(("5555555555554444",), ("pm_card_mastercard",), "Succeeds (Mastercard)", brand="mastercard"),
    Card(
        ("4000000000000002",),
        ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"),
        "Declined",
        error_code="card_declined",
        decline_code="generic_decline",
        message="The card was declined.",
    ),
    Card(
        ("4000000000009995",),
        (
            "pm_card_chargeDeclinedInsufficientFunds",
            "pm_card_visa_chargeDeclinedInsufficientFunds",
        ),
        "Declined: insufficient funds",
        error_code="card_declined",
        decline_code="insufficient_funds",
        message="The card has insufficient funds.",
    ),
    Card(
        ("4000000000000069",),
        ("pm_card_chargeDeclinedExpiredCard",),
        "Declined: expired card",
        error_code="expired_card",
        decline_code="expired_card",
        message="The card has expired.",
    ),
    Card(
        ("4000002500003155", "4000002760003184"),
        ("pm_card_authenticationRequired",),
        "Asks for 3-D Secure",
        authentication=True,
    ),
    Card(
        ("4000000000005126",),
        ("pm_card_refundFail",),
        "Succeeds, its refund fails later",
        refund="fails later",
    ),
    Card(
        ("4000000000007726",),
        ("pm_card_pendingRefund",),
        "Succeeds, its refund pends",
        refund="succeeds later",
    ),
)

_BY_TOKEN = {token: card for card in TEST_CARDS for token in card.tokens}
_BY_NUMBER = {number: card for card in TEST_CARDS for number in card.numbers}
_BY_FINGERPRINT = {card.fingerprint: card for card in TEST_CARDS}


def by_token(token: str) -> Card | None:
    """The card of a test payment method such as `pm_card_visa`."""
    return _BY_TOKEN.get(token)


def by_number(typed: str) -> Card | None:
    """The card of a number as a person types it, with or without spaces."""
    return _BY_NUMBER.get("".join(typed.split()).replace("-", ""))


def by_fingerprint(fingerprint: str) -> Card:
    """The card of a stored payment method; raises `KeyError` for one that the fake did not make."""
    return _BY_FINGERPRINT[fingerprint]
