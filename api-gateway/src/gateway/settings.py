"""What the gateway is configured with; names as in the operations guide where it has one."""

from pydantic import Field, SecretStr, field_validator

from shared.contracts.phones import COUNTRIES
from shared.runtime.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """The gateway's environment variables (upper-case field names)."""

    shutdown_delay_seconds: float = Field(default=4, ge=0, le=15)
    operations_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/metrics`, `/status` and what `/readyz` says beyond yes and no are served; unset: on the API's port."""
    gateway_database_url: SecretStr
    gateway_system_database_url: SecretStr
    """The login for work across tenants."""
    operator_api_key: SecretStr = Field(min_length=16)
    """The only key that may create tenants and API keys."""
    stripe_webhook_secret: SecretStr
    """Stripe's signing secrets, comma-separated while one is rotated out."""
    redis_url: SecretStr | None = None
    """Where gateways share quotas; without it each keeps its own."""
    rate_limit_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    rate_limit_cleanup_minutes: int = Field(default=10, ge=1)
    outcome_wait_seconds: float = Field(default=5, ge=0, le=30)
    """How long a write waits for its outcome unless the client prefers otherwise."""
    concurrency_limit: int = Field(default=256, ge=1)
    """API requests under way in this process; one more is told 503 `overloaded`. Webhooks have as many of their own."""
    slow_seconds: float = Field(default=0.5, gt=0)
    """Requests that are under way for longer, on average, make the gateway let in fewer at once (64 at the least)."""
    tenant_share: float = Field(default=0.5, gt=0, le=1)
    """The most of those places that one tenant may hold."""
    backlog_limit: int = Field(default=50_000, ge=1)
    """Writes that wait for booking-service; while there are more, new ones are told 503 `overloaded`."""
    cors_origins: str = ""
    """Origins whose pages may call the API from a browser, comma-separated; `*` for any. Empty: none."""
    default_country: str | None = None
    """Where phone numbers belong that don't say so, by its code (ISO 3166-1 alpha-2, `GB`); unset, they are kept as
    their digits."""
    job_heartbeat_required: bool = False
    job_heartbeat_ttl_seconds: int = Field(default=180, ge=1)
    readiness_required_services: str = ""
    """Services without which `/readyz` says no, comma-separated: `booking,billing`."""

    @field_validator("redis_url", "operations_port", "default_country", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @field_validator("default_country")
    @classmethod
    def _has_numbers_of_its_own(cls, value: str | None) -> str | None:
        if value is not None and value not in COUNTRIES:
            raise ValueError("must be the code of a country, such as GB")
        return value

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _at_least_one_secret(cls, value: SecretStr) -> SecretStr:
        if not split(value.get_secret_value()):
            raise ValueError("names no secret")
        return value


def split(value: str) -> tuple[str, ...]:
    """The members of a comma-separated setting, without blanks."""
    return tuple(part.strip() for part in value.split(",") if part.strip())
