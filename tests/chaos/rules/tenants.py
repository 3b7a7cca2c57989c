"""Rules about tenants: nothing of one is ever another's."""

import json
from collections.abc import Iterator

from tests.chaos.evidence import Evidence
from tests.chaos.history import Outcome
from tests.chaos.rules.rule import rule


@rule
def rows_belong_to_their_tenant(evidence: Evidence) -> Iterator[str]:
    """A booking and all that hangs on it belong to the tenant whose customer asked for it."""
    wished = {o.command: o.tenant_id for o in evidence.operations if o.kind == "create"}
    owner = {row["id"]: row["tenant_id"] for row in evidence.bookings}
    for row in evidence.bookings:
        if wished.get(row["command"], row["tenant_id"]) != row["tenant_id"]:
            yield f"booking {row['id']} belongs to {row['tenant_id']}, its command was of {wished[row['command']]}"
    for name, rows in (
        ("payment", evidence.payments),
        ("message", evidence.messages),
        ("notifier's booking", evidence.known_bookings),
    ):
        for row in rows:
            if owner.get(row["booking_id"]) != row["tenant_id"]:
                yield f"a {name} of {row['tenant_id']} is about booking {row['booking_id']}, which is another's"
    payer = {row["id"]: row["tenant_id"] for row in evidence.payments}
    for row in evidence.refunds:
        if payer.get(row["payment_id"]) != row["tenant_id"]:
            yield f"refund {row['id']} of {row['tenant_id']} is of another's payment"
    for row in evidence.catalogue:
        if row["tenant_id"] not in evidence.tenants:
            yield f"a row in {row['kind']} belongs to {row['tenant_id']}, which is no tenant"


@rule
def events_belong_to_their_tenant(evidence: Evidence) -> Iterator[str]:
    """An event's subject, its body and the booking or hold that it is about name one tenant."""
    owner = {row["id"]: row["tenant_id"] for row in (*evidence.bookings, *evidence.holds)}
    for rows in evidence.outbox.values():
        for row in rows:
            event = json.loads(row["payload"])
            about = event.get("booking") or event.get("hold") or {"id": event.get("booking_id")}
            named = {row["subject"].rpartition(".")[2], event["tenant_id"]}
            if about["id"]:
                named.add(owner.get(about["id"]))
            if len(named) != 1:
                yield f"{row['type']} {row['id']} about {about['id']} names the tenants {sorted(map(str, named))}"


@rule
def stripe_names_the_tenant(evidence: Evidence) -> Iterator[str]:
    """The intent of a booking carries its tenant."""
    owner = {row["id"]: row["tenant_id"] for row in evidence.bookings}
    for intent in evidence.intents:
        labels = intent["metadata"]
        if owner.get(labels.get("booking_id", "")) != labels.get("tenant_id"):
            yield f"intent {intent['id']} of booking {labels.get('booking_id')} names {labels.get('tenant_id')}"


@rule
def mail_stays_with_its_tenant(evidence: Evidence) -> Iterator[str]:
    """A tenant's mail goes to its own customers."""
    for row in evidence.messages:
        domain = evidence.tenants.get(row["tenant_id"])
        if row["recipient"].rpartition("@")[2] != domain:
            yield f"a message of {row['tenant_id']} ({domain}) is for {row['recipient']}"


@rule
def trespassers_get_nothing(evidence: Evidence) -> Iterator[str]:
    """Whoever reaches for another tenant's things is refused, or told nothing."""
    for operation in evidence.operations:
        if operation.kind == "trespass" and operation.outcome is Outcome.OK:
            yield f"a stranger was served: {operation}"
