"""booking-service's settings."""

from pydantic import Field, SecretStr

from shared.runtime.settings import ServiceSettings


class BookingSettings(ServiceSettings):
    """What booking-service needs beside the shared settings."""

    booking_database_url: SecretStr
    booking_system_database_url: SecretStr
    """The login for work across tenants."""
    hold_minutes: int = Field(default=15, ge=1, le=120)
    """How long a slot waits for its deposit (docs/domain/slots-and-buffers.md)."""
    search_size: int = Field(default=25_000, ge=1_000, le=1_000_000)
    """Times a resource is offered in one answer to a search; a slot by itself counts as ten."""
