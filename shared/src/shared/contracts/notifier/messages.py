"""Messages to customers: what became of each."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Event


class MessageKind(StrEnum):
    """What a message is for."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    PAYMENT_RECEIVED = "payment_received"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    REMINDER = "reminder"


class MessageEvent(Event):
    """Something happened to one message. Carries no address: ids, not personal data."""

    message_id: UUID
    booking_id: UUID | None = None
    """Null for a message that has to do with no booking."""
    kind: MessageKind
    version: int
    """Of the booking, or of whatever else the message is about."""


class MessageSent(MessageEvent):
    """The mail relay has accepted the message."""

    TYPE: ClassVar[str] = "notifier.message_sent.v1"


class MessageFailed(MessageEvent):
    """The message can't be delivered, or was given up after a day of tries."""

    TYPE: ClassVar[str] = "notifier.message_failed.v1"

    reason: str
