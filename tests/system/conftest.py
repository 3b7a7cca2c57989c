"""The whole stack, as `make run` starts it, on throw-away data."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

import httpx
import pytest

from devstack.servers import Servers
from devstack.stack import Stack
from tests.support.client import Api
from tests.support.eventually import allowed, eventually
from tests.support.stack import throwaway_stack

T = TypeVar("T")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Every service once, booking-service twice; each module has its own, to kill as it likes."""
    with throwaway_stack(replicas={"booking": 2}) as running:
        yield running


@pytest.fixture
async def http(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=40, limits=limits, trust_env=False) as client:
        yield client


@pytest.fixture
async def api(stack: Stack, http: httpx.AsyncClient) -> Api:
    """A fresh tenant."""
    return await Api.for_new_tenant(http, stack.credentials.operator_api_key)


FRESH_CONNECTIONS = httpx.Limits(max_keepalive_connections=0)
"""A server closes what is idle for a few seconds, on a busy machine in the very moment in which it is used again."""


class Outside:
    """The customer's side: pays at the fake Stripe, reads the inbox."""

    def __init__(self, servers: Servers) -> None:
        self.stripe = httpx.AsyncClient(
            base_url=servers.stripe.url,
            headers={"Authorization": "Bearer sk_test_customer"},
            trust_env=False,
            timeout=allowed(10),
            limits=FRESH_CONNECTIONS,
        )
        self.inbox = httpx.AsyncClient(
            base_url=servers.inbox.url, trust_env=False, timeout=allowed(10), limits=FRESH_CONNECTIONS
        )

    async def pay(self, payment_intent_id: str, method: str = "pm_card_visa") -> httpx.Response:
        form = {"payment_method": method}
        return await self.stripe.post(f"/v1/payment_intents/{payment_intent_id}/confirm", data=form)

    async def faults(self, **faults: Any) -> None:
        response = await self.stripe.post("/_fake/faults", json=faults)
        assert response.is_success, response.text

    async def no_faults(self) -> None:
        await self.stripe.delete("/_fake/faults")

    async def summary(self) -> dict[str, Any]:
        seen: dict[str, Any] = (await self.stripe.get("/_fake/summary")).json()
        return seen

    async def mails(self, to: str) -> list[dict[str, Any]]:
        """Mails to one address, oldest first."""
        response = await self.inbox.get("/messages", params={"to": to})
        seen: list[dict[str, Any]] = response.json()
        return seen[::-1]


@pytest.fixture
async def outside(stack: Stack) -> AsyncIterator[Outside]:
    outside = Outside(stack.servers)
    yield outside
    await outside.no_faults()
    await outside.stripe.aclose()
    await outside.inbox.aclose()


async def payable(api: Api, booking_id: str) -> str:
    """The booking's PaymentIntent, once billing has one."""

    async def look() -> str | None:
        payment = await api.payment(booking_id)
        return payment["payment_intent_id"] if payment["client_secret"] else None

    found = await eventually(look, within=20)
    assert found
    return found


async def reaches(api: Api, booking_id: str, status: str, within: float = 20) -> dict[str, Any]:
    """The booking, once it has a status."""

    async def look() -> dict[str, Any] | None:
        seen = await api.booking(booking_id)
        return seen if seen["status"] == status else None

    found = await eventually(look, within=within)
    assert found
    return found


async def patiently(look: Callable[[], Awaitable[T]], within: float = 90) -> T:
    """What `look` returns, however often the gateway is away meanwhile for up to `within` seconds, `allowed` for."""
    give_up_at = time.monotonic() + allowed(within)
    while True:
        try:
            return await look()
        except (httpx.HTTPError, AssertionError):
            if time.monotonic() > give_up_at:
                raise
