"""Valkey lets in who knows the password, and nobody else: whoever sets a counter locks its tenant out."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from devstack.servers import Servers
from tests.privileges.conftest import Denied


@pytest.fixture(params=["nothing", "a guess"])
async def intruder(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Redis]:
    """Somebody on the same network, with no password or a wrong one."""
    password = None if request.param == "nothing" else "quota"
    async with Redis(port=servers.valkey.port, password=password) as redis:
        yield redis


@pytest.mark.parametrize(
    "command", [("SET", f"quota:{uuid4()}", "9" * 16), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("PING",)]
)
async def test_who_knows_no_password_is_refused(
    intruder: Redis, servers: Servers, command: tuple[str, ...], denied: Denied
) -> None:
    with pytest.raises((AuthenticationError, RedisError)) as refused:
        await intruder.execute_command(*command)  # type: ignore[no-untyped-call]
    assert type(refused.value) is AuthenticationError
    denied("Valkey stranger", " ".join(command), str(refused.value))
    async with Redis.from_url(servers.valkey.url) as known:
        assert await known.ping()
