"""A mail and settings, for the tests of the ways out."""

from datetime import UTC, datetime
from uuid import uuid4

from notifier.channels.email.mime import CalendarFile, Mail
from notifier.settings import NotifierSettings


def a_mail(recipient: str = "ada@example.com", name: str = "Ada") -> Mail:
    return Mail(
        recipient=recipient,
        sender_name="Sparkle & Sons",
        subject=f"Confirmed, {name}",
        text=f"Hello {name}",
        html=f"<p>Hello {name}</p>",
        message_id=f"<{uuid4()}@tidebook.example>",
        date=datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
        calendar=CalendarFile("PUBLISH", b"BEGIN:VCALENDAR\r\n"),
    )


def settings(**members: object) -> NotifierSettings:
    base = {
        "port": 0,
        "nats_url": "nats://127.0.0.1:1",
        "notifier_database_url": "postgresql://notifier:x@127.0.0.1:1/tidebook",
        "notifier_system_database_url": "postgresql://notifier_system:x@127.0.0.1:1/tidebook",
        "mail_from": "bookings@tidebook.example",
    }
    return NotifierSettings.model_validate(base | members)
