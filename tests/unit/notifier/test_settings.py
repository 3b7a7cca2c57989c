"""A process that could not send must not start, and says why."""

import pytest

from notifier.settings import NotifierSettings
from shared.runtime.settings import load

BASE = {
    "PORT": "8003",
    "NATS_URL": "nats://localhost",
    "NOTIFIER_DATABASE_URL": "postgresql://notifier:x@localhost/tidebook",
    "NOTIFIER_SYSTEM_DATABASE_URL": "postgresql://notifier_system:x@localhost/tidebook",
    "MAIL_FROM": "bookings@example.com",
}
NAMES = {name.upper() for name in NotifierSettings.model_fields}


def loaded(monkeypatch: pytest.MonkeyPatch, **environment: str) -> NotifierSettings:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in (BASE | environment).items():
        monkeypatch.setenv(name, value)
    return load(NotifierSettings)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"MAIL_ADAPTER": "smtp"}, "SMTP_HOST"),
        ({"MAIL_ADAPTER": "smtp", "SMTP_HOST": ""}, "SMTP_HOST"),
        ({"MAIL_ADAPTER": "smtp", "SMTP_HOST": "relay", "SMTP_USERNAME": "tidebook"}, "SMTP_PASSWORD"),
        ({"MAIL_ADAPTER": "smtp", "SMTP_HOST": "relay", "MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_ADAPTER": "sendgrid"}, "SENDGRID_API_KEY"),
        ({"MAIL_ADAPTER": "sendgrid", "SENDGRID_API_KEY": "change-me"}, "SENDGRID_API_KEY"),
        ({"MAIL_ADAPTER": "pigeon"}, "MAIL_ADAPTER"),
        ({"MAIL_ADAPTER": "off", "MAIL_FROM": "a@b\r\nBcc: c@d"}, "MAIL_FROM"),
        ({"MAIL_ADAPTER": "off", "PAYMENT_PAGE_URL": "https://pay.example.com/"}, "PAYMENT_PAGE_URL"),
        ({"MAIL_ADAPTER": "off", "PAYMENT_PAGE_URL": "javascript:{booking_id}"}, "PAYMENT_PAGE_URL"),
        ({"MAIL_ADAPTER": "off", "REMINDER_OFFSETS_MINUTES": "60,60"}, "REMINDER_OFFSETS_MINUTES"),
        ({"MAIL_ADAPTER": "off", "REMINDER_OFFSETS_MINUTES": "soon"}, "REMINDER_OFFSETS_MINUTES"),
        ({"MAIL_ADAPTER": "off", "NOTIFIER_DATABASE_URL": ""}, "NOTIFIER_DATABASE_URL"),
        ({"MAIL_ADAPTER": "off", "NOTIFIER_SYSTEM_DATABASE_URL": ""}, "NOTIFIER_SYSTEM_DATABASE_URL"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        loaded(monkeypatch, **environment)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert named in message
    assert len(message.splitlines()) == 1


def test_off_needs_nothing_and_offsets_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, MAIL_ADAPTER="off", MAIL_FROM="", REMINDER_OFFSETS_MINUTES="2880, 60")
    assert settings.reminder_offsets_minutes == (2880, 60)
    assert loaded(monkeypatch, MAIL_ADAPTER="off").reminder_offsets_minutes == (1440, 120)
