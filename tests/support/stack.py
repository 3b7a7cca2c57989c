"""A whole stack on throw-away data, for suites that need every service."""

from collections.abc import Mapping

from devstack.stack import Stack


def throwaway_stack(replicas: Mapping[str, int] | None = None, settings: Mapping[str, str] | None = None) -> Stack:
    """Servers from wheels, or from official images with `TEST_INFRA=containers`, and the services on them."""
    return Stack.throwaway(replicas=replicas, settings=settings)
