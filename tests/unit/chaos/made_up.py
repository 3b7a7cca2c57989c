"""A made-up run in which all is well: two paid bookings, one of them cancelled and given back."""

import json
from typing import Any

from tests.chaos.evidence import Consumer, Evidence, Mail, Stored
from tests.chaos.history import Operation, Outcome

TENANT, OTHER = "tenant-a", "tenant-b"
KEPT, CANCELLED = "booking-kept", "booking-cancelled"
STARTS = {KEPT: "2027-01-01T10:00:00+00:00", CANCELLED: "2027-01-01T11:00:00+00:00"}
ENDS = {KEPT: "2027-01-01T10:30:00+00:00", CANCELLED: "2027-01-01T11:30:00+00:00"}
DEPOSIT = 2700


def operation(kind: str, outcome: Outcome, **more: Any) -> Operation:
    """An attempt of the tenant's client."""
    members: dict[str, Any] = {"tenant_id": TENANT, "command": kind, "started": 1, "ended": 2}
    return Operation(kind=kind, outcome=outcome, **(members | more))


def booking(booking_id: str, status: str, version: int, deposit_status: str) -> dict[str, Any]:
    """A row of `booking.bookings`."""
    return {
        "id": booking_id,
        "tenant_id": TENANT,
        "command": f"command {booking_id}",
        "status": status,
        "version": version,
        "sequence": version,
        "resource_id": "room",
        "resources": None,
        "service_id": "treatment",
        "starts_at": STARTS[booking_id],
        "ends_at": ENDS[booking_id],
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 10,
        "deposit_amount": DEPOSIT,
        "deposit_status": deposit_status,
        "hold_expires_at": None,
    }


def event(kind: str, booking_id: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """A row of an outbox."""
    number = f"{kind} {booking_id} {version}"
    payload: dict[str, Any] = {"id": number, "tenant_id": TENANT} | more
    if kind.startswith("booking."):
        status = {"held": "pending_payment", "confirmed": "confirmed", "cancelled": "cancelled"}[kind.split(".")[1]]
        snapshot: dict[str, Any] = {
            "id": booking_id,
            "status": status,
            "resource_id": "room",
            "service_id": "treatment",
        }
        snapshot |= {"starts_at": STARTS[booking_id], "deposit": {"amount": DEPOSIT}}
        payload |= {"booking": snapshot, "version": version, "sequence": version}
    else:
        payload |= {"booking_id": booking_id}
    return {
        "id": number,
        "type": kind,
        "subject": f"{kind}.{TENANT}",
        "payload": json.dumps(payload),
        "published_at": "2026-01-01T00:00:00+00:00",
    }


def message(kind: str, booking_id: str, version: int) -> dict[str, Any]:
    """A row of `notifier.messages` that was sent at the first attempt."""
    name = f"{kind} {booking_id} {version}"
    return {
        "id": name,
        "tenant_id": TENANT,
        "booking_id": booking_id,
        "kind": kind,
        "version": version,
        "status": "sent",
        "attempts": 1,
        "recipient": "ada@a.example",
        "message_id_header": f"<{name}>",
        "last_error": None,
    }


def sound() -> Evidence:
    """All is well."""
    booking_events = [event("booking.held.v1", b) for b in (KEPT, CANCELLED)]
    booking_events += [event("booking.confirmed.v1", b, 2) for b in (KEPT, CANCELLED)]
    booking_events += [event("booking.cancelled.v1", CANCELLED, 3)]
    billing_events = [event("billing.payment_succeeded.v1", b) for b in (KEPT, CANCELLED)]
    billing_events += [event("billing.refund_issued.v1", CANCELLED)]
    outbox = {"booking": booking_events, "billing": billing_events, "notifier": []}
    consumers = [
        Consumer("BOOKING", "notifier-queue-booking-mail", ("booking.>",)),
        Consumer("BILLING", "booking-confirm-booking", ("billing.payment_succeeded.v1.>",)),
        Consumer("WEBHOOKS", "billing-apply-stripe-event", ("webhook.stripe.>",)),
    ]
    succeeded = "payment_intent.succeeded"
    webhooks = [Stored("WEBHOOKS", n, f"webhook.stripe.{succeeded}", f"evt_{b}", b"{}") for n, b in enumerate(STARTS)]
    messages = [message(kind, b, v) for b in STARTS for kind, v in (("held", 1), ("confirmed", 2))]
    messages.append(message("cancelled", CANCELLED, 3))
    return Evidence(
        operations=[
            *(
                operation("create", Outcome.OK, command=f"command {b}", key=f"key {b}", booking_id=b, version=1)
                for b in STARTS
            ),
            operation("create", Outcome.FAIL, command="refused", status=409),
            operation(
                "create", Outcome.ACCEPTED, command="late", status=202, request_id="request-1", booking_id="none"
            ),
            operation("cancel", Outcome.OK, booking_id=CANCELLED, version=3, starts_at=STARTS[CANCELLED]),
            operation("read", Outcome.OK, command=f"read {KEPT}", booking_id=KEPT, started=5),
            operation("trespass", Outcome.FAIL, tenant_id=OTHER, status=404),
        ],
        tenants={TENANT: "a.example", OTHER: "b.example"},
        bookings=[booking(KEPT, "confirmed", 2, "paid"), booking(CANCELLED, "cancelled", 3, "refunded")],
        allocations=[
            {
                "owner_id": KEPT,
                "resource_id": "room",
                "unit": 0,
                "busy_from": STARTS[KEPT],
                "busy_until": "2027-01-01T10:40:00+00:00",
            }
        ],
        requests=[{"id": "request-1", "tenant_id": TENANT, "type": "-", "idempotency_key": None, "result_id": None}],
        payments=[
            {"id": f"payment of {b}", "tenant_id": TENANT, "booking_id": b, "amount": DEPOSIT, "status": s}
            | {"payment_intent_id": f"pi of {b}"}
            for b, s in ((KEPT, "succeeded"), (CANCELLED, "refunded"))
        ],
        refunds=[
            {"id": "refund", "tenant_id": TENANT, "payment_id": f"payment of {CANCELLED}", "amount": DEPOSIT}
            | {"status": "succeeded", "stripe_refund_id": "re", "failure_code": None}
        ],
        stripe_events=[{"event_id": f"evt_{b}", "type": succeeded, "state": "applied", "reason": None} for b in STARTS],
        messages=messages,
        known_bookings=[
            {"tenant_id": TENANT, "booking_id": b, "version": v, "status": s}
            for b, v, s in ((KEPT, 2, "confirmed"), (CANCELLED, 3, "cancelled"))
        ],
        catalogue=[{"tenant_id": TENANT, "kind": "services"}],
        outbox=outbox,
        inbox={
            "notifier": frozenset(("notifier-queue-booking-mail", row["id"]) for row in booking_events),
            "booking": frozenset(("booking-confirm-booking", row["id"]) for row in billing_events),
        },
        stored=[
            *webhooks,
            Stored("COMMANDS", 1, "command.booking.create_booking.v1.t.b", "request-1", b"{}"),
            *(
                Stored(schema.upper(), number, row["subject"], row["id"], row["payload"].encode())
                for schema, rows in outbox.items()
                for number, row in enumerate(rows, start=1)
            ),
        ],
        consumers=consumers,
        mails=[Mail(m["message_id_header"], ("ada@a.example",), m["kind"]) for m in messages],
        charges=[
            {"id": f"ch of {b}", "amount": DEPOSIT, "paid": True, "status": "succeeded", "metadata": {"booking_id": b}}
            for b in STARTS
        ],
        stripe_refunds=[{"id": "re", "charge": f"ch of {CANCELLED}", "amount": DEPOSIT}],
        intents=[
            {"id": f"pi of {b}", "status": "succeeded", "metadata": {"booking_id": b, "tenant_id": TENANT}}
            for b in STARTS
        ],
        told=[{"id": f"evt_{b}", "type": succeeded} for b in STARTS],
        deliveries=[{"event": f"evt_{b}", "state": "delivered"} for b in STARTS],
    )
