"""A whole stack for clients that nobody here wrote."""

from collections.abc import Iterator

import httpx
import pytest

from devstack.seed import created
from devstack.stack import Stack
from tests.support.stack import throwaway_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Every service once."""
    with throwaway_stack() as running:
        yield running


def tenant_key(stack: Stack, name: str) -> str:
    """A key of a new tenant."""
    operator = stack.credentials.operator_api_key
    with httpx.Client(base_url=stack.api_url, timeout=20, trust_env=False) as http:
        tenant = created(http, operator, "/v1/tenants", {"name": name})
        return str(created(http, operator, "/v1/api-keys", {"tenant_id": tenant["id"], "name": "tests"})["key"])
