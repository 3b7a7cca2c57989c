"""The same servers from official images (`TEST_INFRA=containers`)."""

from devstack.servers import Servers


def container_servers() -> Servers:
    """PostgreSQL, NATS and Valkey in containers; the inbox and the fake Stripe stay processes."""
    raise NotImplementedError
