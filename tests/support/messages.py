"""Message types under random names, so that tests that share one NATS never meet.

Each has a `note`, for a test to say what its handler should do.
"""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from shared.contracts.base import Command, Contract, Event, Query
from shared.contracts.stripe import StripeEvent
from shared.identifiers import new_id


class Noted(Event):
    """An event with a note."""

    note: str = ""


class NotedCommand(Command):
    """A request with a note."""

    note: str = ""


class Reply(Contract):
    """What a test's question is answered with."""

    answer: str


class Question(Query[Reply]):
    """A question with a note."""

    note: str = ""


def random_name(prefix: str = "test") -> str:
    """A token for subjects, durables and files."""
    return f"{prefix}_{uuid4().hex[:12]}"


def event_type(owner: str = "booking") -> type[Noted]:
    """A new event type on its owner's stream."""

    class Happened(Noted):
        TYPE: ClassVar[str] = f"{owner}.{random_name()}.v1"

    return Happened


def command_type() -> type[NotedCommand]:
    """A new request type on COMMANDS."""

    class Asked(NotedCommand):
        TYPE: ClassVar[str] = f"command.test.{random_name()}.v1"

    return Asked


def webhook_type() -> type[StripeEvent]:
    """A new type on WEBHOOKS, shaped as Stripe's events."""

    class Told(StripeEvent):
        TYPE: ClassVar[str] = f"webhook.{random_name()}"

    return Told


def question_type() -> type[Question]:
    """A new question."""

    class Wondered(Question):
        TYPE: ClassVar[str] = f"rpc.{random_name()}.ask.v1"

    return Wondered


def a_command(command: type[NotedCommand], note: str = "", outcome_to: str | None = None) -> NotedCommand:
    """A request of a new tenant about a new thing."""
    return command(
        id=new_id(),
        tenant_id=uuid4(),
        subject_id=uuid4(),
        received_at=datetime.now(UTC),
        note=note,
        outcome_to=outcome_to,
    )


def a_webhook(kind: type[StripeEvent]) -> StripeEvent:
    """A Stripe event with an id of its own."""
    return kind(id=f"evt_{uuid4().hex}", type="payment_intent.succeeded", created=1, data={"object": {}})
