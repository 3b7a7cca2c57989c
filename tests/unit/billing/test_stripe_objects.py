"""What is read of Stripe's objects, and what is taken for malformed."""

from typing import Any

import pytest

from billing.stripe_objects import PaymentIntent
from billing.webhooks import EFFECTS, intent_of
from shared.contracts.stripe import StripeEvent

REFUND = {"id": "re_1", "amount": 100, "currency": "eur", "status": "pending", "payment_intent": "pi_1"}
CHARGE = {"id": "ch_1", "amount": 100, "currency": "eur", "refunded": True, "payment_intent": "pi_1"}
INTENT = {"id": "pi_1", "amount": 100, "currency": "eur", "last_payment_error": None}


def an_event(event_type: str, thing: Any) -> StripeEvent:
    return StripeEvent(id="evt_1", type=event_type, created=1, data={"object": thing})


@pytest.mark.parametrize(
    ("event_type", "thing"),
    [("payment_intent.succeeded", INTENT), ("charge.refunded", CHARGE), ("refund.updated", REFUND)],
)
def test_the_intent_is_found_in_every_object(event_type: str, thing: dict[str, Any]) -> None:
    assert intent_of(an_event(event_type, thing)) == "pi_1"


@pytest.mark.parametrize("thing", [None, [], "pi_1", {}, INTENT | {"amount": "100"}, INTENT | {"id": None}])
def test_a_malformed_object_names_no_intent(thing: Any) -> None:
    assert intent_of(an_event("payment_intent.succeeded", thing)) is None


def test_types_nobody_acts_on_name_no_intent() -> None:
    assert intent_of(an_event("payment_intent.created", INTENT)) is None


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


def test_stripe_can_be_asked_for_all_types_at_once() -> None:
    assert len(EFFECTS) <= 20
