"""What is read of Stripe's objects about payments."""

import pytest

from billing.payments.stripe import PaymentIntent

INTENT = {"id": "pi_1", "amount": 100, "currency": "eur"}


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "expired_card"}, "expired_card"),
        (None, "unknown"),
    ],
)
def test_a_failure_is_told_by_the_banks_word_first(error: dict[str, str] | None, word: str) -> None:
    intent = PaymentIntent.model_validate(INTENT | {"last_payment_error": error})
    assert intent.failure_code == word
