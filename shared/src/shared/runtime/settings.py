"""What every process is configured with: environment variables, read once, frozen.

Secrets have no default. Outside development a placeholder for a secret stops the start, with a
message that names the variable.
"""

import sys
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import nkeys
from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.failpoints import Crash
from shared.messaging.broker import Broker

S = TypeVar("S", bound=BaseSettings)

_PLACEHOLDERS = ("change-me", "changeme", "secret", "password", "example", "placeholder", "todo")


class NatsSettings(BaseSettings):
    """How to reach NATS, and as whom."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    nats_url: SecretStr
    """`nats://host:4222`; with `user:password@` for people and the deployment."""
    nats_nkey_seed: SecretStr = SecretStr("")
    """What a service proves with who it is: its private key, never sent (`SU...`)."""

    @field_validator("nats_nkey_seed")
    @classmethod
    def _is_a_users_seed(cls, value: SecretStr) -> SecretStr:
        if seed := value.get_secret_value():
            try:
                user = nkeys.from_seed(bytearray(seed.encode())).public_key.startswith(b"U")
            except (nkeys.NkeysError, ValueError):
                user = False
            if not user:
                raise ValueError("is not the seed of a user's nkey (SU...)")
        return value

    nats_tls_ca: FilePath | None = None
    """The certificates that NATS's must be signed by, as a PEM file; set, nothing is said before TLS is spoken."""

    @field_validator("nats_tls_ca", mode="before")
    @classmethod
    def _empty_is_no_file(cls, value: object) -> object:
        return value or None

    def broker(self, name: str) -> Broker:
        """A connection as these settings describe it, not opened yet."""
        seed = self.nats_nkey_seed.get_secret_value()
        return Broker(self.nats_url.get_secret_value(), name, seed, self.nats_tls_ca)


class ServiceSettings(NatsSettings):
    """Settings that all services share; each adds its own."""

    environment: Literal["development", "production"] = "production"
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    host: str = "0.0.0.0"  # noqa: S104 - a container must be reachable; devstack binds loopback
    port: int = Field(ge=0, le=65535)
    metrics_enabled: bool = True
    shutdown_delay_seconds: float = Field(default=0, ge=0, le=15)
    """How long a process that was told to stop goes on serving, unready, until every load balancer has noticed."""
    shutdown_seconds: float = Field(default=20, gt=0, le=25)
    """What ending in order may take in all, the delay included."""
    http_head_bytes: int = Field(default=64 * 1024, ge=1024, le=1024 * 1024)
    """The longest head of a request, its first line included."""
    http_head_lines: int = Field(default=100, ge=10, le=1000)
    """The most header lines of a request, trailers included."""
    http_head_seconds: float = Field(default=10, gt=0, le=300)
    """How long a head may take, from the opening of the connection or from its first byte."""
    http_unread_seconds: float = Field(default=20, gt=0, le=300)
    """How long a client may leave its answers unread."""
    http_connection_limit: int = Field(default=10_000, ge=1)
    """Connections that this process holds at once; never more than its open files allow."""
    crash_at: str = ""
    """The failpoint at which this process dies, for tests (`shared.failpoints`); refused in production."""

    @field_validator("crash_at")
    @classmethod
    def _names_a_failpoint(cls, value: str) -> str:
        return Crash(value).where if value else value

    @model_validator(mode="after")
    def _delay_leaves_time_to_finish(self) -> "ServiceSettings":
        if self.shutdown_delay_seconds >= self.shutdown_seconds:
            raise ValueError("SHUTDOWN_DELAY_SECONDS leaves nothing of SHUTDOWN_SECONDS to finish in")
        return self

    @model_validator(mode="after")
    def _no_test_settings_in_production(self) -> "ServiceSettings":
        if self.environment == "production":
            if self.crash_at:
                raise ValueError("CRASH_AT is for tests; production refuses it")
            for name, field in type(self).model_fields.items():
                value = getattr(self, name)
                if isinstance(value, SecretStr) and _is_placeholder(value.get_secret_value(), field.is_required()):
                    raise ValueError(f"{name.upper()} is still a placeholder")
        return self


def _is_placeholder(secret: str, required: bool) -> bool:
    """Whether nobody has filled this in; of a URL the password counts."""
    secret = secret.strip().lower()
    password = urlsplit(secret).password if "://" in secret else None
    return (required and not secret) or (password or secret).startswith(_PLACEHOLDERS)


def load(settings_type: type[S]) -> S:
    """Read settings from the environment; on a missing or wrong one say which and exit with 2."""
    try:
        return settings_type()
    except ValidationError as error:
        for problem in error.errors():
            variable = "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{variable or 'settings'}: {problem['msg']}", file=sys.stderr)
        sys.exit(2)
