"""Identifiers: UUIDv7 (RFC 9562 §5.7), so that keys sort by time and indexes stay compact."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh, time-ordered identifier."""
    return uuid7()
