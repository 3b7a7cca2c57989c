"""The one clock: whatever the business decides by time asks it, so that a tenant can have a clock that is moved.

Technical times (leases, heartbeats, time-outs, what the database stamps its own rows with) stay real.
A leaf: standard library only.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
