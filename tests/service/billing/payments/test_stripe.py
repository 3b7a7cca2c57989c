"""What Stripe tells about payments: applied where it agrees with our books, and nowhere else."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.billing.payments import PaymentStatus
from tests.service.billing.conftest import Billing, about, counted


async def test_a_paid_deposit_is_told_once_within_its_chain(billing: Billing) -> None:
    held = await billing.paid()
    assert (await billing.payment(held)).status == PaymentStatus.SUCCEEDED
    assert await billing.types(held) == ["payment_requested", "payment_succeeded"]
    _, body = (await billing.announced(held))[-1]
    assert body["correlation_id"] == str(held.correlation_id)


async def test_a_declined_card_leaves_the_payment_open(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    assert (await billing.pay(intent, "pm_card_chargeDeclinedInsufficientFunds")).status_code == 402
    await billing.hear(*await billing.events(intent))
    payment = await billing.payment(held)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "insufficient_funds")
    assert payment.client_secret is not None
    await billing.pay(intent)
    await billing.hear(*await billing.events(intent))
    assert await billing.types(held) == ["payment_requested", "payment_failed", "payment_succeeded"]
    assert (await billing.payment(held)).failure_code is None


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "amount": ("amount_mismatch", {"amount": 2400, "amount_received": 2400}),
    "received": ("amount_mismatch", {"amount_received": 100}),
    "currency": ("currency_mismatch", {"currency": "usd"}),
    "booking": ("booking_id_mismatch", {"metadata": {"booking_id": str(uuid4())}}),
    "no booking": ("tenant_id_mismatch", {"metadata": {}}),
    "malformed": ("malformed", {"amount": "2500"}),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_an_event_that_disagrees_with_our_books_moves_nothing(billing: Billing, wrong: str) -> None:
    held = await billing.hold()
    reason, changes = WRONG[wrong]
    if wrong == "booking":
        changes = {"metadata": {"tenant_id": str(held.tenant_id), "booking_id": str(uuid4())}}
    before = counted("error")
    event = about(held, await billing.intent(held), "payment_intent.succeeded", **changes)
    await billing.hear(event)
    assert await billing.stored(event) == ("quarantined", reason)
    assert counted("error") == before + 1
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED
    assert await billing.types(held) == ["payment_requested"]


async def test_metadata_alone_pays_nothing(billing: Billing) -> None:
    """Whoever can make an intent in the same account can write our booking's id into it."""
    held = await billing.hold()
    forged = about(held, "pi_somebody_elses", "payment_intent.succeeded")
    await billing.hear(forged)
    assert await billing.stored(forged) == ("parked", None)
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED
