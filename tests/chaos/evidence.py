"""Everything that is left of a run: rows, streams, mails, Stripe's own books, and what the clients were told."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.chaos.history import Operation

Row = Mapping[str, Any]
SCHEMAS = ("booking", "billing", "notifier")
"""The services that keep an outbox and an inbox."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as a stream holds it."""

    stream: str
    sequence: int
    subject: str
    message_id: str
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consumer:
    """A durable consumer as NATS shows it."""

    stream: str
    durable: str
    subjects: tuple[str, ...]
    pending: int = 0
    in_hand: int = 0

    def reads(self, subject: str) -> bool:
        """Whether messages on this subject are its business (its filters end in `>`)."""
        return any(subject.startswith(wanted.removesuffix(">")) for wanted in self.subjects)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was delivered."""

    message_id: str
    recipients: tuple[str, ...]
    subject: str


@dataclass
class Evidence:
    """What the rules look at. Rows are as the database has them, ids and moments as text."""

    operations: Sequence[Operation] = ()
    tenants: Mapping[str, str] = field(default_factory=dict)
    """Tenant id to the domain where its customers, and nobody else's, have their mail."""
    bookings: Sequence[Row] = ()
    """With `buffer_before_minutes` and `buffer_after_minutes` of their service."""
    allocations: Sequence[Row] = ()
    """The places that somebody has."""
    holds: Sequence[Row] = ()
    requests: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    refunds: Sequence[Row] = ()
    stripe_events: Sequence[Row] = ()
    messages: Sequence[Row] = ()
    known_bookings: Sequence[Row] = ()
    """notifier-service's picture of the bookings."""
    catalogue: Sequence[Row] = ()
    """`tenant_id` and `kind` of every other row that belongs to a tenant."""
    outbox: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """By schema."""
    inbox: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """By schema: consumer and message id."""
    stored: Sequence[Stored] = ()
    consumers: Sequence[Consumer] = ()
    mails: Sequence[Mail] = ()
    charges: Sequence[Row] = ()
    """Stripe's, as are the next four."""
    stripe_refunds: Sequence[Row] = ()
    intents: Sequence[Row] = ()
    told: Sequence[Row] = ()
    """Stripe's events: `id`, `type`."""
    deliveries: Sequence[Row] = ()
    poisons: frozenset[str] = frozenset()
    """Message ids of what was published to be undecodable."""
    forged_ids: frozenset[str] = frozenset()
    """Stripe event ids that only forged webhooks carried."""
    copies_allowed: int = 0
    """How many mails may have been sent a second time: interruptions of a hand-off."""
    undrained: Sequence[str] = ()
    """What was still waiting when patience was at its end."""

    @cached_property
    def events(self) -> dict[str, list[dict[str, Any]]]:
        """Events of the outboxes by type, decoded."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for rows in self.outbox.values():
            for row in rows:
                found[row["type"]].append(json.loads(row["payload"]))
        return found

    @cached_property
    def booking_events(self) -> dict[str, list[dict[str, Any]]]:
        """Every booking's events, each with its `type`, in the order of their sequence."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.outbox.get("booking", ()):
            event = json.loads(row["payload"])
            if "booking" not in event:
                continue  # of a hold, a customer, the catalog
            found[event["booking"]["id"]].append({**event, "type": row["type"]})
        for events in found.values():
            events.sort(key=lambda event: event["sequence"])
        return found

    @cached_property
    def bookings_by_id(self) -> dict[str, Row]:
        """Bookings by id."""
        return {row["id"]: row for row in self.bookings}

    @cached_property
    def payments_by_booking(self) -> dict[str, Row]:
        """Payments by booking."""
        return {row["booking_id"]: row for row in self.payments}

    @cached_property
    def refunds_by_payment(self) -> dict[str, Row]:
        """Refunds by payment."""
        return {row["payment_id"]: row for row in self.refunds}

    def on(self, stream: str) -> list[Stored]:
        """What a stream holds."""
        return [message for message in self.stored if message.stream == stream]
