"""Comparing with Stripe's own list of events, of which it shows twenty types at a time."""

from billing.main import STRIPE_EFFECTS
from billing.payments.model import Payment
from billing.payments.stripe import PaymentIntent, by_intent
from billing.stripe import events as stripe_events
from billing.stripe.dispatch import Notice, StripeDispatch, StripeEffects
from billing.stripe.events import APPLIED, Verdict
from billing.stripe.reconcile import reconcile
from shared.persistence.transaction import EVERY_TENANT, transaction
from shared.runtime.context import Context
from tests.service.billing.conftest import Billing


async def test_stripe_lists_every_type_that_is_acted_upon(billing: Billing) -> None:
    held = await billing.paid()
    listed = await billing.stripe.events_since(held.occurred_at, STRIPE_EFFECTS.types)
    assert [e.created for e in listed] == sorted(e.created for e in listed)
    assert {e.type for e in listed} <= set(STRIPE_EFFECTS.types)


async def _do_nothing(_payment: Payment, _intent: PaymentIntent, _notice: Notice) -> Verdict:
    return APPLIED


async def test_more_types_than_stripe_lists_at_once_are_all_asked_for(billing: Billing) -> None:
    """Each real type stands in another group of twenty, and what each group has brought is stored."""
    effects = StripeEffects().including(STRIPE_EFFECTS)
    invented = [f"{letter}{n:02}.made" for letter in "bdq" for n in range(25)]
    effects.on(*invented, reads=PaymentIntent, finds=by_intent)(_do_nothing)
    wanted = ["charge.refunded", "payment_intent.succeeded", "refund.created"]
    assert len({effects.types.index(event_type) // 20 for event_type in wanted}) == 3

    held = await billing.hold()
    intent = await billing.intent(held)
    assert (await billing.pay(intent)).status_code == 200
    assert (await billing.customer.post("/v1/refunds", data={"payment_intent": intent})).status_code == 200
    async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
        await stripe_events.release_reconciliation(tx.session, None)
    await reconcile(
        lambda: Context(billing.database, lambda _: None),
        billing.stripe,
        StripeDispatch(effects, billing.stripe.livemode, billing.stripe.api_version),
    )
    sql = "SELECT type, state FROM stripe_events WHERE about = :intent"
    stored = {row["type"]: row["state"] for row in await billing.rows(sql, intent=intent)}
    assert {event_type: stored.get(event_type) for event_type in wanted} == dict.fromkeys(wanted, "parked")
