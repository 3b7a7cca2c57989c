"""Messages to customers: what became of each."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Event


class MessageEvent(Event):
    """Something happened to one message. Carries no address: ids, not personal data."""

    message_id: UUID
    booking_id: UUID
    kind: str
    """`held`, `confirmed`, `rescheduled`, `cancelled`, `payment_received`, `refund` or `reminder`."""
    version: int


class MessageSent(MessageEvent):
    """The mail relay has accepted the message."""

    TYPE: ClassVar[str] = "notifier.message_sent.v1"


class MessageFailed(MessageEvent):
    """The message can't be delivered, or was given up after a day of tries."""

    TYPE: ClassVar[str] = "notifier.message_failed.v1"

    reason: str
