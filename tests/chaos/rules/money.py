"""Rules about money: charged once, applied once, given back once, and every book tells the same."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from billing.main import STRIPE_EFFECTS
from tests.chaos.evidence import Evidence, Row
from tests.chaos.rules.rule import rule

PAID = ("succeeded", "partially_refunded", "refund_pending", "refunded", "refund_failed")
PAYABLE = ("requested", "failed")
GIVEN_BACK = ("pending", "succeeded")
OVER = ("cancelled", "expired")
"""States of a booking in which nobody is to pay for it any more."""


@rule
def deposit_is_charged_once(evidence: Evidence) -> Iterator[str]:
    """Stripe took at most one payment for a booking, and exactly its deposit."""
    for booking, charges in _charges(evidence).items():
        if len(charges) > 1:
            yield f"booking {booking} was charged {len(charges)} times"
        row = evidence.bookings_by_id.get(booking)
        if row is None:
            yield f"a charge is for booking {booking}, which does not exist"
        elif charges[0]["amount"] != row["deposit_amount"]:
            yield f"booking {booking} was charged {charges[0]['amount']}, its deposit is {row['deposit_amount']}"


@rule
def deposit_is_asked_for_once(evidence: Evidence) -> Iterator[str]:
    """A booking has one PaymentIntent that can be paid, and it is the one on our books."""
    ours = {row["payment_intent_id"] for row in evidence.payments}
    for intent in evidence.intents:
        if intent["status"] != "canceled" and intent["id"] not in ours:
            yield f"intent {intent['id']} of booking {intent['metadata'].get('booking_id')} is not on our books"


@rule
def charge_is_applied_once(evidence: Evidence) -> Iterator[str]:
    """Every charge is on our books and was announced once; nothing was announced without one."""
    announced = _count(evidence, "billing.payment_succeeded.v1")
    charges = _charges(evidence)
    for booking in charges:
        payment = evidence.payments_by_booking.get(booking)
        if payment is None or payment["status"] not in PAID:
            yield f"booking {booking} was charged; our books say {payment and payment['status']}"
        if announced.get(booking, 0) != 1:
            yield f"the payment of booking {booking} was announced {announced.get(booking, 0)} times"
    for booking in announced.keys() - charges.keys():
        yield f"a payment of booking {booking} was announced, Stripe knows of none"
    for payment in evidence.payments:
        if payment["status"] in PAID and payment["booking_id"] not in charges:
            yield f"our books say that booking {payment['booking_id']} was paid, Stripe's do not"


@rule
def payment_reaches_its_booking(evidence: Evidence) -> Iterator[str]:
    """Money that came either confirmed its booking or was refused as late, once."""
    for booking in _charges(evidence):
        events = evidence.booking_events.get(booking, [])
        confirmed = [e for e in events if e["type"] == "booking.confirmed.v1"]
        refused = [e for e in events if e["type"] == "booking.late_payment_refused.v1"]
        if len(confirmed) + len(refused) != 1:
            yield f"the payment of booking {booking} confirmed it {len(confirmed)}, was refused {len(refused)} times"


@rule
def money_goes_back_once(evidence: Evidence) -> Iterator[str]:
    """Stripe gave back at most once, in full, and our books and our word agree."""
    announced = _count(evidence, "billing.refund_issued.v1")
    charge_booking = {charge["id"]: charge["metadata"].get("booking_id") for charge in evidence.charges}
    given: dict[Any, list[Row]] = defaultdict(list)
    for refund in evidence.stripe_refunds:
        given[charge_booking.get(refund["charge"])].append(refund)
    for booking, refunds in given.items():
        payment = evidence.payments_by_booking.get(booking)
        ours = evidence.refunds_by_payment.get(payment["id"]) if payment else None
        if len(refunds) > 1:
            yield f"booking {booking} was refunded {len(refunds)} times"
        if ours is None or ours["stripe_refund_id"] != refunds[0]["id"]:
            yield f"refund {refunds[0]['id']} of booking {booking} is not on our books"
        if announced.get(booking, 0) != 1:
            yield f"the refund of booking {booking} was announced {announced.get(booking, 0)} times"
    for refund in evidence.refunds:
        if refund["status"] not in GIVEN_BACK:
            yield f"refund {refund['id']} is {refund['status']} {refund['failure_code'] or ''}".rstrip()
    for booking in announced.keys() - given.keys():
        yield f"a refund of booking {booking} was announced, Stripe knows of none"


@rule
def ledger_balances(evidence: Evidence) -> Iterator[str]:
    """What Stripe keeps for a booking, what our books say, and what the booking's state calls for are one sum."""
    stripe: dict[Any, int] = defaultdict(int)
    charge_booking = {charge["id"]: charge["metadata"].get("booking_id") for charge in evidence.charges}
    for charge in evidence.charges:
        stripe[charge_booking[charge["id"]]] += charge["amount"] if charge["paid"] else 0
    for refund in evidence.stripe_refunds:
        stripe[charge_booking.get(refund["charge"])] -= refund["amount"]
    for row in evidence.bookings:
        payment = evidence.payments_by_booking.get(row["id"])
        refund_row = evidence.refunds_by_payment.get(payment["id"]) if payment else None
        ours = payment["amount"] if payment and payment["status"] in PAID else 0
        ours -= refund_row["amount"] if refund_row and refund_row["status"] in GIVEN_BACK else 0
        due = row["deposit_amount"] if row["status"] == "confirmed" else 0
        if not stripe[row["id"]] == ours == due:
            yield (
                f"booking {row['id']} ({row['status']}, deposit {row['deposit_status']}): "
                f"Stripe keeps {stripe[row['id']]}, our books say {ours}, due is {due}"
            )
        if (row["deposit_amount"] if row["deposit_status"] == "paid" else 0) != due:
            yield f"booking {row['id']} ({row['status']}) says its deposit is {row['deposit_status']}"


@rule
def every_deposit_has_a_payment(evidence: Evidence) -> Iterator[str]:
    """Each booking with a deposit has its payment on billing's books, settled as the booking is."""
    for row in evidence.bookings:
        payment = evidence.payments_by_booking.get(row["id"])
        if row["deposit_amount"] and payment is None:
            yield f"booking {row['id']} has no payment"
        elif payment and payment["amount"] != row["deposit_amount"]:
            yield f"booking {row['id']} has a deposit of {row['deposit_amount']}, its payment is {payment['amount']}"
        elif payment and payment["payment_intent_id"] and payment["status"] in PAYABLE and row["status"] in OVER:
            yield f"booking {row['id']} is {row['status']} and can still be paid"


@rule
def stripe_is_heard(evidence: Evidence) -> Iterator[str]:
    """Every event of Stripe that moves money was stored and settled, however its webhook fared."""
    heard = {row["event_id"]: row for row in evidence.stripe_events}
    for event in evidence.told:
        if event["type"] in STRIPE_EFFECTS.by_type and event["id"] not in heard:
            yield f"Stripe's event {event['id']} ({event['type']}) never reached our books"
    for row in evidence.stripe_events:
        if row["state"] not in ("applied", "ignored"):
            yield f"Stripe's event {row['event_id']} ({row['type']}) is {row['state']}: {row['reason']}"


@rule
def taken_webhook_is_stored(evidence: Evidence) -> Iterator[str]:
    """A webhook that was answered with 200 is on its stream, and what is on the stream is on the books."""
    stored = {message.message_id for message in evidence.on("WEBHOOKS")}
    for delivery in evidence.deliveries:
        if delivery["state"] == "delivered" and delivery["event"] not in stored:
            yield f"Stripe's event {delivery['event']} was taken and is not stored"
    heard = {row["event_id"] for row in evidence.stripe_events}
    for message in sorted(stored - heard - evidence.poisons):
        yield f"Stripe's event {message} is on its stream and not on our books"


@rule
def forged_webhook_has_no_effect(evidence: Evidence) -> Iterator[str]:
    """Nothing that came with a wrong signature got any further than the gateway."""
    seen = {row["event_id"] for row in evidence.stripe_events}
    seen |= {message.message_id for message in evidence.on("WEBHOOKS")}
    for event in sorted(evidence.forged_ids & seen):
        yield f"the forged event {event} was taken for Stripe's"


def _charges(evidence: Evidence) -> dict[str, list[Row]]:
    """Successful charges by booking."""
    found: dict[str, list[Row]] = defaultdict(list)
    for charge in evidence.charges:
        if charge["paid"] and charge["status"] == "succeeded":
            found[charge["metadata"].get("booking_id") or ""].append(charge)
    return found


def _count(evidence: Evidence, event_type: str) -> dict[str, int]:
    """How often an event was announced, by booking."""
    counted: dict[str, int] = defaultdict(int)
    for event in evidence.events.get(event_type, ()):
        counted[event["booking_id"]] += 1
    return counted
