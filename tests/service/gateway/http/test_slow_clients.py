"""Clients that announce a body and send none keep nobody else out."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from devstack.ports import LOOPBACK
from devstack.servers import Servers
from gateway.http.stripe_signature import sign
from gateway.identity.keys import make_key
from tests.service.conftest import ServiceProcess
from tests.service.gateway.api.test_webhooks import NEW, deliver, event
from tests.service.gateway.conftest import Json, client_for, compact, gateway_environment
from tests.support.eventually import allowed

PLACES = 40
HEAD = "POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n{more}\r\n"


@pytest.fixture(scope="module")
def small(
    servers: Servers,
    database_urls: dict[str, str],
    common_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServiceProcess]:
    """A gateway with few places."""
    environment = gateway_environment(
        servers, common_environment, database_urls["gateway"], CONCURRENCY_LIMIT=str(PLACES)
    )
    process = ServiceProcess("gateway", environment, tmp_path_factory.mktemp("small"))
    process.start()
    yield process
    process.stop()


@asynccontextmanager
async def slow_bodies(port: int, count: int, path: str, more: str = "") -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many requests without the body that they announce."""
    connections = [await asyncio.open_connection(LOOPBACK, port) for _ in range(count)]
    for _, writer in connections:
        writer.write(HEAD.format(path=path, more=more).encode())
    try:
        yield [reader for reader, _ in connections]
    finally:
        for _, writer in connections:
            writer.close()


async def first_lines(readers: list[asyncio.StreamReader]) -> set[bytes]:
    """What each is answered."""
    lines = await asyncio.wait_for(asyncio.gather(*(reader.readline() for reader in readers)), allowed(12))
    return {line.strip() for line in lines}


async def test_a_webhook_without_a_plausible_signature_is_refused_before_its_body(small: ServiceProcess) -> None:
    now = int(time.time())
    for header in ("", "Stripe-Signature: nonsense\r\n", f"Stripe-Signature: t={now - 900},v1={'a' * 64}\r\n"):
        async with slow_bodies(small.port, 2 * PLACES, "/webhooks/stripe", header) as readers:
            assert await first_lines(readers) == {b"HTTP/1.1 400 Bad Request"}


async def test_slow_webhooks_keep_no_genuine_event_out(small: ServiceProcess) -> None:
    plausible = f"Stripe-Signature: {sign(b'', 'whsec_made_up', int(time.time()))}\r\n"
    async with (
        slow_bodies(small.port, 8 * PLACES, "/webhooks/stripe", plausible) as readers,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{small.port}", timeout=20) as stripe,
    ):
        for _ in range(30):
            body = compact(event())
            assert (await deliver(stripe, body, sign(body, NEW, int(time.time())))).status_code == 200
        assert await first_lines(readers) == {b"HTTP/1.1 408 Request Timeout"}


async def test_one_tenants_slow_bodies_keep_no_other_tenant_out(
    small: ServiceProcess, new_key: Callable[..., Awaitable[Json]]
) -> None:
    noisy, quiet = [(await new_key())["key"] for _ in range(2)]
    authorization = f"Authorization: Bearer {noisy}\r\n"
    async with (
        slow_bodies(small.port, 8 * PLACES, "/v1/bookings", authorization) as readers,
        client_for(small, quiet) as other,
    ):
        for _ in range(30):
            assert (await other.post("/v1/bookings", json={})).status_code == 422
        # Given up to make room, or refused when others of the same tenant took its share, or out of time.
        assert await first_lines(readers) <= {b"HTTP/1.1 408 Request Timeout", b"HTTP/1.1 503 Service Unavailable"}


async def test_made_up_keys_keep_no_tenant_out(small: ServiceProcess, new_key: Callable[..., Awaitable[Json]]) -> None:
    quiet = (await new_key())["key"]
    async with client_for(small, quiet) as known:
        assert (await known.post("/v1/bookings", json={})).status_code == 422
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{small.port}", timeout=20) as stranger:

            async def knock() -> int:
                headers = {"Authorization": f"Bearer {make_key().text}"}
                return (await stranger.get("/v1/bookings", headers=headers)).status_code

            knocking = [asyncio.create_task(knock()) for _ in range(8 * PLACES)]
            answers = [(await known.post("/v1/bookings", json={})).status_code for _ in range(30)]
            assert set(answers) == {422}
            assert set(await asyncio.gather(*knocking)) <= {401, 503}
