"""A whole stack on throw-away data, for suites that need every service."""

import os
from collections.abc import Mapping

from devstack.stack import Stack
from tests.support.containers import container_servers


def throwaway_stack(replicas: Mapping[str, int] | None = None, settings: Mapping[str, str] | None = None) -> Stack:
    """Servers from wheels, or from official images with `TEST_INFRA=containers`, and the services on them."""
    if os.environ.get("TEST_INFRA") != "containers":
        return Stack.throwaway(replicas=replicas, settings=settings)
    servers = container_servers()
    return Stack(
        servers.directory,
        servers.ports,
        servers.credentials,
        replicas=replicas,
        settings=settings,
        servers=servers,
    )
