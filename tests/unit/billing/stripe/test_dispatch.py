"""Effects are declared beside their thing, once each; what an event is about is read, or taken for malformed."""

import importlib
from pathlib import Path
from typing import Any

import pytest

import billing
from billing.main import STRIPE_EFFECTS
from billing.payments.model import Payment
from billing.payments.stripe import PaymentIntent, by_intent
from billing.stripe.dispatch import Notice, StripeDispatch, StripeEffects
from billing.stripe.events import APPLIED, Verdict
from shared.contracts.stripe import StripeEvent

REFUND = {"id": "re_1", "amount": 100, "currency": "eur", "status": "pending", "payment_intent": "pi_1"}
CHARGE = {"id": "ch_1", "amount": 100, "currency": "eur", "refunded": True, "payment_intent": "pi_1"}
INTENT = {"id": "pi_1", "amount": 100, "currency": "eur", "last_payment_error": None}

DISPATCH = StripeDispatch(STRIPE_EFFECTS, livemode=False, api_version="2026-10-28.endive")


def an_event(event_type: str, thing: Any) -> StripeEvent:
    return StripeEvent(id="evt_1", type=event_type, created=1, data={"object": thing})


@pytest.mark.parametrize(
    ("event_type", "thing"),
    [("payment_intent.succeeded", INTENT), ("charge.refunded", CHARGE), ("refund.updated", REFUND)],
)
def test_the_intent_is_found_in_every_object(event_type: str, thing: dict[str, Any]) -> None:
    assert DISPATCH.about(an_event(event_type, thing)) == "pi_1"


@pytest.mark.parametrize("thing", [None, [], "pi_1", {}, INTENT | {"amount": "100"}, INTENT | {"id": None}])
def test_a_malformed_object_names_no_intent(thing: Any) -> None:
    assert DISPATCH.about(an_event("payment_intent.succeeded", thing)) is None


def test_types_nobody_acts_on_name_no_intent() -> None:
    assert DISPATCH.about(an_event("payment_intent.created", INTENT)) is None


def test_every_effect_that_is_declared_is_one_of_the_service() -> None:
    """`main` puts them together; a module that it forgot would be deaf."""
    root = Path(billing.__file__).parent
    modules = [path.relative_to(root).with_suffix("") for path in root.glob("*/stripe.py")]
    declared: dict[str, Any] = {}
    for module in modules:
        declared |= importlib.import_module(f"billing.{'.'.join(module.parts)}").effects.by_type
    assert declared == STRIPE_EFFECTS.by_type
    assert "payment_intent.succeeded" in declared


def test_a_type_has_one_effect() -> None:
    async def again(_payment: Payment, _intent: PaymentIntent, _notice: Notice) -> Verdict:
        return APPLIED

    effects = StripeEffects()
    effects.on("payment_intent.succeeded", reads=PaymentIntent, finds=by_intent)(again)
    with pytest.raises(ValueError, match=r"payment_intent\.succeeded"):
        effects.on("payment_intent.succeeded", reads=PaymentIntent, finds=by_intent)(again)
    with pytest.raises(ValueError, match=r"payment_intent\.succeeded"):
        StripeEffects().including(effects, STRIPE_EFFECTS)
