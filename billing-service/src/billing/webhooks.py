"""Stripe's events: which payment each is about, whether it may be believed, and what it moves.

Stored first, under Stripe's own id, in the transaction of its effect. The payment is found by its
intent, the tenant is the payment's: metadata is only ever compared, never believed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import ValidationError

from billing import stripe_events, stripe_objects
from billing.model import Payment, Refund, RefundStatus, payment_of_intent, refund_of_payment
from billing.stripe_events import APPLIED, DUPLICATE, PARKED, State, Verdict
from billing.stripe_gateway import REFUND_STATUS, StripeGateway
from billing.stripe_objects import StripeObject
from shared.contracts.base import Event
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.stripe import StripeEvent
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import EVERY_TENANT, Transaction
from shared.runtime.context import Context

log = structlog.get_logger()
handlers = Handlers("billing")

BATCH = 50
LINGER_SECONDS = 0.01
"""Stripe has had its answer already: let a few events share a transaction, and nobody notice it."""
FIRST_RETRY_SECONDS = 2.0

NOTHING_NEW = Verdict(State.IGNORED, "nothing_new")


@handlers.on(StripeEvent, name="apply-stripe-event", batch=BATCH, linger=LINGER_SECONDS)
async def apply_stripe_event(events: list[StripeEvent], ctx: Context, stripe: StripeGateway) -> None:
    """Store what Stripe says, once, and move the payments and refunds that it is about.

    Decided in the order of the intents, so that replicas whose batches are about the same payments
    wait for each other instead of deadlocking.
    """
    intents = {event.id: intent_of(event) for event in events}
    async with ctx.transaction(EVERY_TENANT) as tx:
        new = await stripe_events.store(tx.driver, [(e, intents[e.id]) for e in events], FIRST_RETRY_SECONDS)
        fresh = {event.id: event for event in events if event.id in new}
        in_order = sorted(fresh.values(), key=lambda event: intents[event.id] or "")
        verdicts = await settle(tx, in_order, stripe.livemode)
    for verdict in [*verdicts, *[DUPLICATE] * (len(events) - len(verdicts))]:
        verdict.count()


async def apply_parked(tx: Transaction, payment_intent_id: str, livemode: bool) -> list[Verdict]:
    """Settle what has come about an intent before its payment was on our books."""
    return await settle(tx, await stripe_events.parked_of_intent(tx.session, payment_intent_id), livemode)


async def settle(tx: Transaction, events: Sequence[StripeEvent], livemode: bool) -> list[Verdict]:
    """Decide about stored events one after the other, do what they ask for, and write down what became of them."""
    verdicts = [await _decide(tx, event, livemode) for event in events]
    await stripe_events.settle(tx.driver, list(zip(events, verdicts, strict=True)))
    for event, verdict in zip(events, verdicts, strict=True):
        if verdict.state == State.QUARANTINED:
            log.error("stripe_event_quarantined", stripe_event=event.id, type=event.type, reason=verdict.reason)
    return verdicts


def intent_of(event: StripeEvent) -> str | None:
    """The intent that an event is about, as far as it can be read."""
    effect = EFFECTS.get(event.type)
    try:
        return effect.reads.model_validate(event.data.get("object")).intent_id if effect else None
    except ValidationError:
        return None


async def _decide(tx: Transaction, event: StripeEvent, livemode: bool) -> Verdict:
    effect = EFFECTS.get(event.type)
    if effect is None:
        return Verdict(State.IGNORED, "type")
    if event.livemode != livemode:
        return Verdict(State.QUARANTINED, "livemode")
    if event.account:
        return Verdict(State.QUARANTINED, "unknown_account")
    try:
        thing = effect.reads.model_validate(event.data.get("object"))
    except ValidationError:
        return Verdict(State.QUARANTINED, "malformed")
    if thing.intent_id is None:
        return Verdict(State.IGNORED, "without_intent")
    payment = await payment_of_intent(tx.session, thing.intent_id)
    if payment is None:
        return PARKED
    if mismatch := _mismatch(payment, thing):
        return Verdict(State.QUARANTINED, mismatch)
    return await effect.apply(_Case(tx, event, payment), thing)


def _mismatch(payment: Payment, thing: StripeObject) -> str | None:
    """What keeps an object from being about this payment, although it names its intent (reliability S7)."""
    if thing.currency != payment.currency:
        return "currency_mismatch"
    part = isinstance(thing, stripe_objects.Refund)
    if thing.amount > payment.amount or (thing.amount < payment.amount and not part):
        return "amount_mismatch"
    intent = isinstance(thing, stripe_objects.PaymentIntent)
    for name, ours in (("tenant_id", payment.tenant_id), ("booking_id", payment.booking_id)):
        told = thing.label(name)
        if told != str(ours) and (intent or told is not None):
            return f"{name}_mismatch"
    return None


@dataclass(frozen=True, slots=True)
class _Case:
    """An event and the payment that it is about, locked."""

    tx: Transaction
    event: StripeEvent
    payment: Payment

    def announce(self, *facts: Event | None) -> bool:
        """Emit what is news, as part of the chain that asked for the payment; True if anything is."""
        news = [fact.caused_by(self.payment.correlation_id, None) for fact in facts if fact is not None]
        for fact in news:
            self.tx.emit(fact)
        return bool(news)


async def _succeeded(case: _Case, intent: stripe_objects.PaymentIntent) -> Verdict:
    if intent.amount_received != case.payment.amount:
        return Verdict(State.QUARANTINED, "amount_mismatch")
    return APPLIED if case.announce(case.payment.succeed()) else NOTHING_NEW


async def _declined(case: _Case, intent: stripe_objects.PaymentIntent) -> Verdict:
    at = datetime.fromtimestamp(case.event.created, UTC)
    return APPLIED if case.announce(case.payment.decline(intent.failure_code, at)) else NOTHING_NEW


async def _canceled(case: _Case, _intent: stripe_objects.PaymentIntent) -> Verdict:
    return APPLIED if case.payment.cancel() else NOTHING_NEW


async def _charge_refunded(case: _Case, charge: stripe_objects.Charge) -> Verdict:
    """Says that all has gone back, not by which refund: the refund's own events tell that."""
    if not charge.refunded:
        return Verdict(State.QUARANTINED, "partial_refund")
    return await _accept(case, await _refund_of(case), RefundStatus.PENDING)


async def _refund_moved(case: _Case, told: stripe_objects.Refund) -> Verdict:
    """A refund of ours, known by our id in its metadata, or a whole one made in Stripe's dashboard."""
    status = REFUND_STATUS.get(told.status or "")
    if status is None:
        return Verdict(State.QUARANTINED, "unknown_refund_status")
    refund = await refund_of_payment(case.tx.session, case.payment)
    ours = refund is not None and (told.id == refund.stripe_refund_id or told.label("refund_id") == str(refund.id))
    if not ours and refund is not None and refund.stripe_refund_id is not None:
        return Verdict(State.QUARANTINED, "second_refund")
    if not ours and told.amount != case.payment.amount:
        return Verdict(State.QUARANTINED, "partial_refund")
    refund = refund or await _refund_of(case)
    return await _accept(case, refund, status, told)


async def _refund_of(case: _Case) -> Refund:
    """The payment's refund; one that we did not ask for was made by a person in Stripe's dashboard."""
    refund = await refund_of_payment(case.tx.session, case.payment)
    if refund is None:
        refund = Refund.of(case.payment, RefundReason.DASHBOARD)
        case.tx.session.add(refund)
    return refund


async def _accept(
    case: _Case, refund: Refund, status: RefundStatus, told: stripe_objects.Refund | None = None
) -> Verdict:
    """Money goes back: so it had come, whether or not that was told before."""
    paid = case.payment.succeed()
    known = (told.id, told.amount, told.failure_reason) if told else (None, None, None)
    moved = refund.accept(case.payment, status, *known)
    given_back = case.payment.give_back()
    return APPLIED if case.announce(paid, moved) or given_back else NOTHING_NEW


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event of one type carries, and what it does."""

    reads: type[StripeObject]
    apply: Callable[[_Case, Any], Awaitable[Verdict]]


EFFECTS = {
    "payment_intent.succeeded": Effect(stripe_objects.PaymentIntent, _succeeded),
    "payment_intent.payment_failed": Effect(stripe_objects.PaymentIntent, _declined),
    "payment_intent.canceled": Effect(stripe_objects.PaymentIntent, _canceled),
    "charge.refunded": Effect(stripe_objects.Charge, _charge_refunded),
    "refund.created": Effect(stripe_objects.Refund, _refund_moved),
    "refund.updated": Effect(stripe_objects.Refund, _refund_moved),
    "refund.failed": Effect(stripe_objects.Refund, _refund_moved),
}
"""The events that move something; all others are stored and ignored."""
