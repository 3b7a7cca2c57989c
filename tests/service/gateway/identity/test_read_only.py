"""Read-only mode: who is kept from changing what, how soon, and what is left of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, somewhere
from tests.service.gateway.identity.test_access import TENANT_ROUTES, address
from tests.support.databases import system_url
from tests.support.eventually import eventually

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def turn(operator: Send) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Turns a switch; everybody's is turned back in the end."""

    async def send(active: bool, tenant_id: str | None = None) -> None:
        body = {"active": active, "reason": "a drill", "tenant_id": tenant_id}
        assert (await operator("POST", "/v1/read-only", json=body)).status_code == 200

    yield send
    await send(False)


async def code_of(gateway: ServiceProcess, key: str, method: str, path: str) -> str:
    """What is said to a request with a query that no route knows, so that none is carried out."""
    place = address(path)
    place += ("&" if "?" in place else "?") + "no_such=1"
    async with client_for(gateway, key) as client:
        answer = await client.request(method, place, json={} if method == "POST" else None)
    return str(body_of(answer)["code"])


async def test_every_change_of_a_tenant_and_nothing_else_is_refused(
    gateway: ServiceProcess, new_key: NewKey, turn: Callable[..., Awaitable[None]]
) -> None:
    mine, other = await new_key(), await new_key()
    for _ in range(2):
        await turn(True, mine["tenant_id"])

    async def follows(key: str, code: str) -> None:
        async def seen() -> bool:
            return await code_of(gateway, key, "POST", "/v1/services") == code

        await eventually(seen, within=6)

    await follows(mine["key"], "read_only")
    refused = 0
    for method, path, scope in TENANT_ROUTES:
        expected = "read_only" if scope.endswith(":write") else "validation_error"
        assert await code_of(gateway, mine["key"], method, path) == expected, (method, path)
        assert await code_of(gateway, other["key"], method, path) == "validation_error"
        refused += expected == "read_only"
        assert (method in ("POST", "PUT", "PATCH", "DELETE")) == scope.endswith(":write"), "a change needs its scope"
    print(f"\nread-only: {refused} of {len(TENANT_ROUTES)} routes refused")
    await turn(False, mine["tenant_id"])
    await follows(mine["key"], "validation_error")


async def test_everybody_is_refused_and_the_status_says_so(
    http: httpx.AsyncClient,
    gateway: ServiceProcess,
    new_key: NewKey,
    turn: Callable[..., Awaitable[None]],
    database_urls: dict[str, str],
) -> None:
    key = (await new_key())["key"]

    async def status_is(mode: str) -> bool:
        return bool((await http.get("/status")).json()["read_only"] == mode)

    async def refused() -> bool:
        return await code_of(gateway, key, "POST", "/v1/bookings") == "read_only"

    await eventually(lambda: status_is("off"), within=5)
    await turn(True)
    await eventually(refused, within=6)
    await eventually(lambda: status_is("everybody"), within=5)
    later = (await new_key())["key"]
    assert await code_of(gateway, later, "POST", "/v1/bookings") == "read_only", "made all the same"
    await turn(False)
    await eventually(lambda: status_is("off"), within=5)
    connection = await asyncpg.connect(system_url(database_urls["gateway"]))
    try:
        query = "SELECT action, reason FROM gateway.audit_log WHERE object = 'read_only *' ORDER BY recorded_at"
        rows = [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
    assert rows[-2:] == [("read_only.on", "a drill"), ("read_only.off", "a drill")]


@pytest.mark.parametrize("body", [{}, {"active": True}, {"active": 1, "reason": "x"}, {"active": True, "reason": ""}])
async def test_a_switch_needs_a_reason(operator: Send, body: dict[str, Any]) -> None:
    answer = await operator("POST", "/v1/read-only", json=body)
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    absent = await operator("POST", "/v1/read-only", json={"active": True, "reason": "x", "tenant_id": somewhere()})
    assert (absent.status_code, body_of(absent)["code"]) == (404, "not_found")
