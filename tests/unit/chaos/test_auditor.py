"""Each rule of the auditor, on a made-up run into which one thing that must never be is put."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.auditor import audit
from tests.chaos.evidence import Consumer, Evidence, Mail, Stored
from tests.chaos.history import Outcome
from tests.chaos.rules import RULES
from tests.unit.chaos.made_up import CANCELLED, KEPT, OTHER, TENANT, event, operation, sound

Rows = list[dict[str, Any]]


def changed(field: str, number: int, **members: Any) -> Callable[[Evidence], None]:
    """One row says something else."""

    def change(evidence: Evidence) -> None:
        rows: Rows = [dict(row) for row in getattr(evidence, field)]
        rows[number] |= members
        setattr(evidence, field, rows)

    return change


def without(field: str, number: int) -> Callable[[Evidence], None]:
    """One thing is missing."""

    def remove(evidence: Evidence) -> None:
        setattr(evidence, field, [one for n, one in enumerate(getattr(evidence, field)) if n != number])

    return remove


def with_more(field: str, *more: Any) -> Callable[[Evidence], None]:
    """Something is there that should not be."""

    def add(evidence: Evidence) -> None:
        setattr(evidence, field, [*getattr(evidence, field), *more])

    return add


def twice(field: str, number: int, **members: Any) -> Callable[[Evidence], None]:
    """One row is there a second time, under another name."""

    def double(evidence: Evidence) -> None:
        rows: Rows = getattr(evidence, field)
        setattr(evidence, field, [*rows, {**rows[number], "id": "another", **members}])

    return double


def in_outbox(schema: str, change: Callable[[Rows], Rows]) -> Callable[[Evidence], None]:
    """The rows of an outbox are others."""

    def alter(evidence: Evidence) -> None:
        rows = change([dict(row) for row in evidence.outbox[schema]])
        evidence.outbox = {**evidence.outbox, schema: rows}

    return alter


def unpublished(rows: Rows) -> Rows:
    return [{**rows[0], "published_at": None}, *rows[1:]]


def forgotten(evidence: Evidence) -> None:
    evidence.inbox = {**evidence.inbox, "notifier": frozenset(sorted(evidence.inbox["notifier"])[1:])}


def forged(evidence: Evidence) -> None:
    evidence.forged_ids = frozenset({f"evt_{KEPT}"})


def undrained(evidence: Evidence) -> None:
    evidence.undrained = ["something waits"]


def told(kind: str, outcome: Outcome, **more: Any) -> Callable[[Evidence], None]:
    """A client was told something."""
    return with_more("operations", operation(kind, outcome, **more))


DEAD = {"Dead-Stream": "BOOKING", "Dead-Sequence": "1", "Dead-Durable": "notifier-queue-booking-mail"}

CASES: list[tuple[str, Callable[[Evidence], None]]] = [
    ("acknowledged-booking-exists", told("create", Outcome.OK, command="lost", booking_id="lost")),
    ("acknowledged-booking-exists", told("create", Outcome.OK, command=f"command {CANCELLED}", booking_id=KEPT)),
    ("acknowledged-change-happened", told("cancel", Outcome.OK, booking_id=KEPT, version=2)),
    ("acknowledged-change-happened", told("reschedule", Outcome.OK, booking_id=KEPT, version=3)),
    ("accepted-request-is-decided", told("cancel", Outcome.ACCEPTED, request_id="request-2")),
    ("command-is-carried-out-once", changed("bookings", 1, command=f"command {KEPT}")),
    ("command-is-carried-out-once", changed("bookings", 1, command="nobody's")),
    ("refused-command-leaves-nothing", changed("bookings", 1, command="refused")),
    ("key-makes-one-booking", told("create", Outcome.OK, command="other", key=f"key {KEPT}", booking_id=CANCELLED)),
    ("places-do-not-overlap", twice("allocations", 0, owner_id="another")),
    ("who-occupies-has-all-its-places", without("allocations", 0)),
    ("who-occupies-has-all-its-places", changed("allocations", 0, resource_id="another")),
    (
        "held-slots-end",
        with_more("holds", {"id": "h", "tenant_id": TENANT, "status": "held", "resources": "[]", "expires_at": "x"}),
    ),
    ("slots-do-not-overlap", twice("bookings", 0, starts_at="2027-01-01T10:35:00+00:00")),
    ("history-is-contiguous", changed("bookings", 0, version=3)),
    ("history-is-contiguous", changed("bookings", 0, sequence=1)),
    ("history-is-contiguous", changed("bookings", 0, resource_id="elsewhere")),
    ("history-is-contiguous", in_outbox("booking", lambda rows: [r for r in rows if "held" not in r["type"]])),
    (
        "acknowledged-booking-stays-visible",
        told("read", Outcome.FAIL, command=f"read {KEPT}", status=404, code="not_found", started=9),
    ),
    ("reads-show-acknowledged-changes", told("read", Outcome.OK, booking_id=CANCELLED, version=2, started=9)),
    ("holds-end", changed("bookings", 0, status="pending_payment")),
    ("answers-are-never-500", told("create", Outcome.UNKNOWN, status=500)),
    ("deposit-is-charged-once", twice("charges", 0)),
    ("deposit-is-charged-once", changed("charges", 0, amount=1)),
    ("deposit-is-asked-for-once", twice("intents", 0, status="requires_payment_method")),
    ("charge-is-applied-once", changed("payments", 0, status="requested")),
    ("charge-is-applied-once", without("charges", 0)),
    ("charge-is-applied-once", in_outbox("billing", lambda rows: rows[1:])),
    (
        "payment-reaches-its-booking",
        in_outbox("booking", lambda rows: [r for r in rows if "confirmed" not in r["type"]]),
    ),
    ("money-goes-back-once", twice("stripe_refunds", 0)),
    ("money-goes-back-once", without("refunds", 0)),
    ("money-goes-back-once", without("stripe_refunds", 0)),
    ("money-goes-back-once", changed("refunds", 0, status="requested")),
    ("ledger-balances", changed("bookings", 1, status="expired", deposit_status="paid")),
    ("ledger-balances", changed("refunds", 0, status="refused")),
    ("every-deposit-has-a-payment", without("payments", 0)),
    ("every-deposit-has-a-payment", changed("payments", 1, status="requested")),
    ("stripe-is-heard", without("stripe_events", 0)),
    ("stripe-is-heard", changed("stripe_events", 0, state="parked")),
    ("taken-webhook-is-stored", with_more("deliveries", {"event": "evt_lost", "state": "delivered"})),
    ("taken-webhook-is-stored", without("stripe_events", 0)),
    ("forged-webhook-has-no-effect", forged),
    ("outbox-is-published", in_outbox("booking", unpublished)),
    ("outbox-is-published", in_outbox("notifier", lambda _: [event("billing.refund_issued.v1", KEPT)])),
    ("stream-comes-from-the-outbox", in_outbox("booking", lambda rows: rows[1:])),
    ("stream-comes-from-the-outbox", in_outbox("booking", lambda rows: [{**rows[0], "subject": "other"}, *rows[1:]])),
    ("every-event-is-handled", forgotten),
    ("every-request-is-decided", without("requests", 0)),
    ("only-poison-is-dead", with_more("stored", Stored("DEADLETTER", 1, "deadletter.x", "x", b"", DEAD))),
    ("consumers-are-drained", with_more("consumers", Consumer("BOOKING", "slow", ("nothing.>",), pending=1))),
    ("everything-is-drained", undrained),
    ("messages-are-settled", changed("messages", 0, status="queued")),
    ("every-change-has-its-message", without("messages", 0)),
    ("every-change-has-its-message", twice("messages", 0)),
    ("final-state-is-mailed", changed("messages", 1, status="skipped")),
    ("sent-mail-arrives", without("mails", 0)),
    ("sent-mail-arrives", with_more("mails", Mail(f"<held {KEPT} 1>", ("ada@a.example",), "held"))),
    ("copies-are-bounded", with_more("mails", Mail(f"<held {KEPT} 1>", ("ada@a.example",), "held"))),
    ("every-mail-has-a-cause", with_more("mails", Mail("<stray>", ("ada@a.example",), "stray"))),
    ("every-mail-has-a-cause", changed("messages", 0, recipient="eve@a.example")),
    ("notifier-knows-the-bookings", changed("known_bookings", 0, version=1)),
    ("notifier-knows-the-bookings", without("known_bookings", 0)),
    ("rows-belong-to-their-tenant", changed("payments", 0, tenant_id=OTHER)),
    ("rows-belong-to-their-tenant", changed("refunds", 0, tenant_id=OTHER)),
    ("rows-belong-to-their-tenant", changed("bookings", 0, tenant_id=OTHER)),
    ("rows-belong-to-their-tenant", with_more("catalogue", {"tenant_id": "nobody", "kind": "services"})),
    ("events-belong-to-their-tenant", changed("bookings", 0, tenant_id=OTHER)),
    ("stripe-names-the-tenant", changed("intents", 0, metadata={"booking_id": KEPT, "tenant_id": OTHER})),
    ("mail-stays-with-its-tenant", changed("messages", 0, recipient="bob@b.example")),
    ("trespassers-get-nothing", told("trespass", Outcome.OK, tenant_id=OTHER)),
]


def test_a_sound_run_breaks_no_rule() -> None:
    assert audit(sound()) == []


@pytest.mark.parametrize(("rule", "spoil"), CASES, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(CASES)])
def test_what_must_never_be_is_seen(rule: str, spoil: Callable[[Evidence], None]) -> None:
    evidence = sound()
    spoil(evidence)
    assert rule in {violation.rule for violation in audit(evidence)}


def test_every_rule_is_tried() -> None:
    assert set(RULES) == {rule for rule, _ in CASES}


def test_poison_that_was_dead_lettered_by_all_who_read_it_is_no_violation() -> None:
    evidence = sound()
    poison = Stored("BOOKING", 99, f"booking.held.v1.{TENANT}", "poison", b"{")
    letter = Stored("DEADLETTER", 1, "deadletter.x", "letter", b"{", {**DEAD, "Dead-Sequence": "99"})
    evidence.poisons = frozenset({"poison"})
    evidence.stored = [*evidence.stored, poison]
    assert [violation.rule for violation in audit(replace(evidence))] == ["only-poison-is-dead"]
    evidence.stored = [*evidence.stored, letter]
    assert audit(replace(evidence)) == []


def test_copies_that_interruptions_explain_are_no_violation() -> None:
    evidence = sound()
    evidence.messages = [{**row, "attempts": 2} for row in evidence.messages]
    evidence.mails = [*evidence.mails, evidence.mails[0]]
    evidence.copies_allowed = 1
    assert audit(evidence) == []
