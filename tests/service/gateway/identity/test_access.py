"""Who may come in, and what they may do."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.app import create_app
from gateway.identity.access import guard_of
from gateway.identity.keys import checksum
from gateway.identity.scopes import OPERATOR
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import OPERATOR_KEY, body_of, client_for, remaining, somewhere
from tests.support.databases import system_url
from tests.support.eventually import eventually

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]

GUARDED = [
    (method, route.path, guard)
    for route in create_app(metrics=True).routes
    if isinstance(route, APIRoute) and (guard := guard_of(route)) is not None
    for method in route.methods or ()
]
TENANT_ROUTES = [(method, path, guard) for method, path, guard in GUARDED if guard != OPERATOR]
OPERATOR_ROUTES = [(method, path) for method, path, guard in GUARDED if guard == OPERATOR]
QUERIES = {"/v1/availability": "?service_id={id}&from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z"}
"""What an address can't do without."""
SCOPES = {
    *("catalog:read", "catalog:write", "bookings:read", "bookings:write", "bookings:override"),
    *("customers:read", "customers:write", "payments:read"),
    *("settings:read", "settings:write", "audit:read"),
}


async def test_a_key_is_shown_once(operator: Send, new_key: NewKey) -> None:
    made = await new_key()
    assert set(made) >= {"id", "tenant_id", "name", "scopes", "key", "created_at"}
    assert set(made["scopes"]) == SCOPES
    page = (await operator("GET", f"/v1/api-keys?tenant_id={made['tenant_id']}")).json()
    assert [k["id"] for k in page["api_keys"]] == [made["id"]]
    assert "key" not in page["api_keys"][0]
    assert made["key"].split("_")[3] not in str(page)


async def test_a_key_for_everything_is_stored_as_such(new_key: NewKey, database_urls: dict[str, str]) -> None:
    """So that it may do what comes later as well."""
    everything, named = await new_key(), await new_key(scopes=sorted(SCOPES))
    connection = await asyncpg.connect(system_url(database_urls["gateway"]))
    try:
        query = "SELECT scopes FROM gateway.api_keys WHERE id = $1"
        assert await connection.fetchval(query, everything["id"]) == ["all"]
        assert await connection.fetchval(query, named["id"]) == sorted(SCOPES)
    finally:
        await connection.close()


async def test_a_key_that_has_expired_already_is_not_made(operator: Send) -> None:
    tenant = (await operator("POST", "/v1/tenants", json={"name": "Clean & Co"})).json()["id"]
    before = datetime.now(UTC) - timedelta(seconds=1)
    body = {"tenant_id": tenant, "name": "late", "expires_at": before.isoformat()}
    answer = await operator("POST", "/v1/api-keys", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["expires_at"]
    assert (await operator("GET", "/v1/api-keys", params={"tenant_id": tenant})).json()["api_keys"] == []


async def test_every_wrong_key_gets_the_same_answer(http: httpx.AsyncClient, new_key: NewKey, operator: Send) -> None:
    good = (await new_key())["key"]
    expired = (await new_key(expires_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()))["key"]
    prefix, env, key_id, secret, _ = good.split("_")
    other_secret = f"{prefix}_{env}_{key_id}_{secret[::-1]}"
    unknown = f"tb_live_{'0' * 16}_{secret}"
    wrong = [
        None, "", "Bearer", f"Basic {good}", good, f"Bearer {good}x", f"Bearer {good[:-1]}", f"Bearer  {good}",
        f"Bearer {good.replace('live', 'test')}", f"Bearer {other_secret}_{checksum(other_secret)}",
        f"Bearer {unknown}_{checksum(unknown)}", f"Bearer {other_secret}_000000", "Bearer " + "x" * 10_000,
        f"Bearer {good},{good}", "Bearer ü".encode("latin-1"), f"Bearer {expired}", f"Bearer {OPERATOR_KEY}x",
    ]  # fmt: skip

    async def expired_now() -> bool:
        return (await http.get("/v1/services", headers={"Authorization": f"Bearer {expired}"})).status_code == 401

    await eventually(expired_now)
    seen = set()
    for path in ("/v1/services", "/v1/tenants"):
        for value in wrong:
            answer = await http.get(path, headers=[] if value is None else [("Authorization", value)])
            problem = body_of(answer) | {"request_id": ""}
            seen.add((answer.status_code, str(problem)))
            told = 'Bearer realm="tidebook"' if value is None else 'Bearer realm="tidebook", error="invalid_token"'
            assert answer.headers["www-authenticate"] == told
    twice = await http.get("/v1/services", headers=[("Authorization", f"Bearer {good}")] * 2)
    seen.add((twice.status_code, str(body_of(twice) | {"request_id": ""})))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 401
    for scheme in ("bearer", "BEARER"):
        assert (await http.get("/v1/tenants", headers={"Authorization": f"{scheme} {OPERATOR_KEY}"})).status_code == 200
    assert (await http.get(f"/v1/services?key={good}")).status_code == 401


@pytest.mark.usefixtures("booking_replicas")
async def test_a_revoked_key_ends_within_five_seconds(api: httpx.AsyncClient, operator: Send, new_key: NewKey) -> None:
    made = await new_key()
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await api.get("/v1/services", headers=header)).status_code == 200
    assert (await operator("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 204
    assert (await operator("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 204

    async def refused() -> bool:
        return (await api.get("/v1/services", headers=header)).status_code == 401

    await eventually(refused, within=5)
    assert (await operator("DELETE", "/v1/api-keys/unknown")).status_code == 404
    assert (await operator("DELETE", "/v1/api-keys/%00")).status_code == 404


def address(path: str) -> str:
    """The path with an id that nothing has for each of its parameters, and the query that it needs."""
    path = path.replace("{number}", "9" * 18)
    return re.sub(r"\{\w+\}", somewhere(), path + QUERIES.get(path, "").format(id=somewhere()))


def test_every_scope_opens_something() -> None:
    # Overriding is asked of a part of a body, beside the scope of its address.
    assert {guard for _, _, guard in GUARDED} == SCOPES - {"bookings:override"} | {OPERATOR}
    assert len(TENANT_ROUTES) >= 13
    assert len(OPERATOR_ROUTES) >= 10


@pytest.mark.parametrize(("method", "path", "scope"), TENANT_ROUTES)
async def test_a_key_needs_the_scope(
    method: str, path: str, scope: str, gateway: ServiceProcess, new_key: NewKey
) -> None:
    key = await new_key(scopes=sorted(SCOPES - {scope}))
    async with client_for(gateway, key["key"]) as client:
        answer = await client.request(method, address(path), json={} if method == "POST" else None)
    problem = body_of(answer)
    assert (answer.status_code, problem["code"], problem["scope"]) == (403, "forbidden", scope)


async def test_operator_and_tenants_keep_apart(api: httpx.AsyncClient, operator: Send) -> None:
    for method, path in OPERATOR_ROUTES:
        answer = await api.request(method, address(path), json={} if method == "POST" else None)
        assert (answer.status_code, body_of(answer)["code"]) == (403, "forbidden")
    for method, path, _ in TENANT_ROUTES:
        answer = await operator(method, address(path), json={} if method == "POST" else None)
        assert (answer.status_code, body_of(answer)["code"]) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path", "guard"), GUARDED)
async def test_nobody_comes_in_without_a_key(http: httpx.AsyncClient, method: str, path: str, guard: str) -> None:
    answer = await http.request(method, address(path), json={} if method == "POST" else None)
    assert (answer.status_code, body_of(answer)["code"]) == (401, "unauthorized")


async def test_tenants_and_keys_are_listed_in_pages(operator: Send, new_key: NewKey) -> None:
    for _ in range(3):
        await new_key()
    for path, name in (("/v1/tenants", "tenants"), ("/v1/api-keys", "api_keys")):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = (await operator("GET", f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [row["id"] for row in page[name]]
            cursor = page["next_cursor"]
        assert len(seen) == len(set(seen)) >= 3
        answer = await operator("GET", f"{path}?cursor=no%00")
        assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor")
    unknown = await operator("POST", "/v1/api-keys", json={"tenant_id": somewhere(), "name": "x"})
    assert (unknown.status_code, body_of(unknown)["code"]) == (404, "not_found")


@pytest.fixture(params=["memory", "shared"])
def small_quota(request: pytest.FixtureRequest, quota_gateway: Callable[[bool], ServiceProcess]) -> ServiceProcess:
    return quota_gateway(request.param == "shared")


async def test_a_quota_ends_and_says_when_to_come_back(small_quota: ServiceProcess, new_key: NewKey) -> None:
    async def counted() -> list[httpx.Response] | None:
        """A new key's answers, or nothing if the store, on a busy machine, was too late to count one of them."""
        async with client_for(small_quota, (await new_key())["key"]) as client:
            answers = await asyncio.gather(*(client.post("/v1/bookings", json={}) for _ in range(8)))
        return answers if all("ratelimit" in answer.headers for answer in answers) else None

    answers = await eventually(counted)
    assert answers
    limited = [a for a in answers if a.status_code == 429]
    assert len(limited) == 3
    for answer in limited:
        assert body_of(answer)["code"] == "rate_limited"
        assert 1 <= int(answer.headers["retry-after"]) <= 12
        assert answer.headers["ratelimit-policy"] == '"tenant";q=5;w=60'
        assert remaining(answer) == 0
    passed = sorted(remaining(a) for a in answers if a.status_code != 429)
    assert passed == [0, 1, 2, 3, 4]
