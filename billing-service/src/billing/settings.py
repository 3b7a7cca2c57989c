"""billing-service's settings."""

from pydantic import Field, SecretStr

from shared.runtime.settings import ServiceSettings


class BillingSettings(ServiceSettings):
    """What billing-service needs beside the shared settings."""

    billing_database_url: SecretStr
    billing_system_database_url: SecretStr
    """The login for work across tenants."""
    stripe_api_key: SecretStr
    """Stripe's secret key. Its mode (test or live) is the only one whose events are accepted."""
    stripe_api_base: str = Field(default="https://api.stripe.com", pattern=r"^https?://[^/]+$")
    reconcile_seconds: float = Field(default=60, gt=0)
    """How often Stripe's own list of events is compared with what came by webhook."""
