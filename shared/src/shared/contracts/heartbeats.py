"""What processes say of themselves in NATS buckets: each replica its state, the jobs runner that its loop turns."""

from datetime import datetime

from pydantic import Field

from shared.contracts.base import Contract


class Heartbeat(Contract):
    """What one instance said last."""

    service: str
    instance: str
    version: str
    zone_data: str | None = None
    """The version of the zone data by which it reads clocks; None if it reads none."""
    started_at: datetime
    ready: bool
    checks: dict[str, str]
    """Check name to `ok` or what is wrong."""
    lag: dict[str, int] = Field(default_factory=dict)
    """Durable consumer to messages that wait for it."""


class SeenHeartbeat(Contract):
    """A heartbeat with its age in seconds."""

    heartbeat: Heartbeat
    age_seconds: float


class JobsHeartbeat(Contract):
    """The jobs runner's last beat; any number of runners may beat under one name, the newest stands."""

    name: str
    instance: str
    interval_seconds: float
    """Between two rounds."""
    beat_at: datetime
    last_success_at: datetime | None = None
    """When any runner last did all of a round's work; null until one has."""
