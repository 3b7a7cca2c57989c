"""notifier-service's settings, the same for the service and for its jobs runner."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from notifier.addresses import checked_address
from notifier.errors import MailRefused
from shared.runtime.settings import ServiceSettings

BOOKING_ID_PLACEHOLDER = "{booking_id}"


class NotifierSettings(ServiceSettings):
    """What notifier-service needs beside the shared settings.

    The mail adapter's credentials are required as soon as it is chosen: a process that could not
    send must not start.
    """

    # An empty variable is an unset one: compose files can't leave a name out.
    model_config = SettingsConfigDict(env_ignore_empty=True)

    notifier_database_url: SecretStr
    notifier_system_database_url: SecretStr
    """The login for work across tenants."""
    mail_adapter: Literal["smtp", "sendgrid", "off"] = "smtp"
    mail_from: str = ""
    """The address all mail comes from; the name shown is the business'."""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """465 speaks TLS from the first byte (RFC 8314 §3.3)."""
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    """Whether the connection must be encrypted by STARTTLS; a relay that can't is not used."""
    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_api_base: str = "https://api.sendgrid.com"
    payment_page_url: str = ""
    """Where a customer pays, with `{booking_id}` in it. Without it mails name no link."""
    reminder_offsets_minutes: Annotated[tuple[int, ...], NoDecode] = (1440, 120)
    """How long before the start a reminder goes out, comma-separated minutes."""

    @property
    def message_domain(self) -> str:
        """What stands right of the `@` in the mails' Message-IDs."""
        return self.mail_from.rpartition("@")[2] or "localhost"

    @field_validator("reminder_offsets_minutes", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("reminder_offsets_minutes")
    @classmethod
    def _positive_and_different(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(offset <= 0 for offset in value) or len(set(value)) != len(value):
            raise ValueError("must be different numbers of minutes, each above 0")
        return value

    @field_validator("payment_page_url")
    @classmethod
    def _names_the_booking(cls, value: str) -> str:
        if value and (BOOKING_ID_PLACEHOLDER not in value or urlsplit(value).scheme not in ("http", "https")):
            raise ValueError(f"must be an http or https address with {BOOKING_ID_PLACEHOLDER} in it")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_one_address(cls, value: str) -> str:
        try:
            return checked_address(value) if value else value
        except MailRefused as error:
            raise ValueError("must be one plain e-mail address") from error

    @model_validator(mode="after")
    def _adapter_has_its_credentials(self) -> "NotifierSettings":
        needed = {
            "smtp": {"MAIL_FROM": self.mail_from, "SMTP_HOST": self.smtp_host},
            "sendgrid": {"MAIL_FROM": self.mail_from, "SENDGRID_API_KEY": self.sendgrid_api_key.get_secret_value()},
            "off": {},
        }[self.mail_adapter]
        if self.mail_adapter == "smtp" and self.smtp_username:
            needed["SMTP_PASSWORD"] = self.smtp_password.get_secret_value()
        if missing := [name for name, value in needed.items() if not value]:
            raise ValueError(f"MAIL_ADAPTER={self.mail_adapter} needs {' and '.join(missing)}, which is not set")
        return self
