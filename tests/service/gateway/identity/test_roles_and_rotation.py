"""Keys for jobs: what each role opens; how a key is replaced; what the audit log keeps of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from devstack.servers import Servers
from gateway.identity.keys import make_key
from gateway.identity.roles import Role, scopes_of_role
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, somewhere
from tests.service.gateway.identity.test_access import TENANT_ROUTES, address
from tests.support.databases import system_url
from tests.support.eventually import eventually

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]


async def status_with(gateway: ServiceProcess, key: str, path: str = "/v1/currencies") -> int:
    """What a key is answered."""
    async with client_for(gateway, key) as client:
        return (await client.get(path)).status_code


async def listed(operator: Send, made: dict[str, Any]) -> dict[str, Any]:
    """A key as the operator sees it."""
    page = (await operator("GET", "/v1/api-keys", params={"tenant_id": made["tenant_id"]})).json()
    found: dict[str, Any] = next(key for key in page["api_keys"] if key["id"] == made["id"])
    return found


async def audited(url: str, thing: str) -> list[tuple[str, str, str]]:
    """Who did what to a thing, and how, in order."""
    connection = await asyncpg.connect(system_url(url))
    try:
        query = "SELECT actor, action, details FROM gateway.audit_log WHERE object = $1 ORDER BY recorded_at"
        return [tuple(row) for row in await connection.fetch(query, thing)]
    finally:
        await connection.close()


async def test_every_route_by_every_role(gateway: ServiceProcess, new_key: NewKey) -> None:
    """A role is let into the routes of its scopes, and told which scope it lacks at all others."""
    opened = closed = 0
    tenant = (await new_key())["tenant_id"]
    for role in Role:
        key = await new_key(tenant, role=role)
        assert key["role"] == role
        assert key["scopes"] == sorted(scopes_of_role(role))
        async with client_for(gateway, key["key"]) as client:
            for method, path, scope in TENANT_ROUTES:
                # A query that no route knows is refused after the key was let in, before any service is asked.
                place = address(path)
                place += ("&" if "?" in place else "?") + "no_such=1"
                answer = await client.request(method, place, json={} if method == "POST" else None)
                if scope in scopes_of_role(role):
                    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error"), (role, path)
                    opened += 1
                else:
                    problem = body_of(answer)
                    assert (answer.status_code, problem["scope"]) == (403, scope), (role, method, path)
                    closed += 1
    print(f"\nroles: {len(Role)} roles x {len(TENANT_ROUTES)} routes, {opened} opened, {closed} closed")
    assert opened + closed == len(Role) * len(TENANT_ROUTES)


async def test_a_role_is_stored_by_its_name(new_key: NewKey, database_urls: dict[str, str]) -> None:
    """So that the keys of a job may do what it needs later."""
    made = await new_key(role="dispatcher")
    connection = await asyncpg.connect(system_url(database_urls["gateway"]))
    try:
        row = await connection.fetchrow("SELECT role, scopes FROM gateway.api_keys WHERE id = $1", made["id"])
        assert tuple(row) == ("dispatcher", [])
    finally:
        await connection.close()


@pytest.mark.parametrize("rights", [{"role": "owner", "scopes": ["bookings:read"]}, {"role": "janitor"}, {"role": 7}])
async def test_rights_that_can_not_be_given(operator: Send, new_key: NewKey, rights: dict[str, Any]) -> None:
    tenant = (await new_key())["tenant_id"]
    answer = await operator("POST", "/v1/api-keys", json={"tenant_id": tenant, "name": "x"} | rights)
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")


@pytest.mark.parametrize("rights", [{}, {"role": "viewer"}, {"scopes": ["bookings:read", "catalog:read"]}])
async def test_a_successor_has_the_same_rights_and_both_live(
    gateway: ServiceProcess, operator: Send, new_key: NewKey, rights: dict[str, Any]
) -> None:
    old = await new_key(**rights)
    before = datetime.now(UTC)
    answer = await operator("POST", f"/v1/api-keys/{old['id']}/rotate")
    assert answer.status_code == 201, answer.text
    new = answer.json()
    for member in ("tenant_id", "name", "role", "scopes", "expires_at"):
        assert new[member] == old[member]
    assert new["id"] != old["id"]
    assert [await status_with(gateway, key["key"]) for key in (old, new)] == [200, 200]
    shown = await listed(operator, old)
    assert shown["replaced_by"] == new["id"]
    left = datetime.fromisoformat(shown["expires_at"]) - before
    assert timedelta(hours=24) <= left <= timedelta(hours=24, minutes=1)
    assert (await listed(operator, new))["replaced_by"] is None


async def test_a_replaced_key_ends_after_its_grace_time(
    gateway: ServiceProcess, operator: Send, new_key: NewKey
) -> None:
    old = await new_key()
    assert await status_with(gateway, old["key"]) == 200
    new = (await operator("POST", f"/v1/api-keys/{old['id']}/rotate", json={"grace_seconds": 0})).json()

    async def ended() -> bool:
        return await status_with(gateway, old["key"]) == 401

    await eventually(ended, within=5)
    assert await status_with(gateway, new["key"]) == 200


async def test_grace_never_prolongs_a_key(operator: Send, new_key: NewKey) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    later = datetime.now(UTC) + timedelta(days=90)
    old = await new_key(expires_at=soon)
    answer = await operator("POST", f"/v1/api-keys/{old['id']}/rotate", json={"expires_at": later.isoformat()})
    assert datetime.fromisoformat(answer.json()["expires_at"]) == later
    assert (await listed(operator, old))["expires_at"] == old["expires_at"]


async def test_a_key_has_one_successor(operator: Send, new_key: NewKey) -> None:
    old = await new_key()
    answers = await asyncio.gather(*(operator("POST", f"/v1/api-keys/{old['id']}/rotate") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    new = next(answer.json() for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            problem = body_of(answer)
            assert (problem["code"], problem["replaced_by"]) == ("api_key_closed", new["id"])
    page = (await operator("GET", "/v1/api-keys", params={"tenant_id": old["tenant_id"]})).json()
    assert {key["id"] for key in page["api_keys"]} == {old["id"], new["id"]}
    assert (await operator("POST", f"/v1/api-keys/{new['id']}/rotate")).status_code == 201


async def test_what_can_not_be_replaced(operator: Send, new_key: NewKey) -> None:
    revoked = await new_key()
    await operator("DELETE", f"/v1/api-keys/{revoked['id']}")
    answer = await operator("POST", f"/v1/api-keys/{revoked['id']}/rotate")
    assert (answer.status_code, body_of(answer)["code"]) == (409, "api_key_closed")
    for unknown in (make_key().id, somewhere(), "%00"):
        assert (await operator("POST", f"/v1/api-keys/{unknown}/rotate")).status_code == 404
    good = await new_key()
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    for body in ({"grace_seconds": -1}, {"grace_seconds": 10**9}, {"grace_seconds": "1"}, {"expires_at": past}):
        answer = await operator("POST", f"/v1/api-keys/{good['id']}/rotate", json=body)
        assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    assert (await listed(operator, good))["replaced_by"] is None


async def test_what_is_done_to_keys_is_written_down(
    operator: Send, new_key: NewKey, database_urls: dict[str, str]
) -> None:
    made = await new_key(role="finance")
    tenant = made["tenant_id"]
    successor = (await operator("POST", f"/v1/api-keys/{made['id']}/rotate", json={"grace_seconds": 60})).json()
    await operator("POST", f"/v1/api-keys/{made['id']}/rotate")
    for _ in range(2):
        assert (await operator("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 204
    described = f"of tenant {tenant}, named tests, role finance, ends never"
    assert await audited(database_urls["gateway"], f"api_key {made['id']}") == [
        ("operator", "api_key.created", described),
        ("operator", "api_key.rotated", f"by {successor['id']}, after 60 s; {described}"),
        ("operator", "api_key.revoked", described),
    ]
    assert await audited(database_urls["gateway"], f"tenant {tenant}") == [("operator", "tenant.created", "Clean & Co")]


async def test_no_key_is_made_that_can_not_be_written_down(operator: Send, new_key: NewKey, servers: Servers) -> None:
    """The deed and its entry are one transaction."""
    made = await new_key()
    connection = await asyncpg.connect(servers.postgres.url)
    try:
        await connection.execute(
            "ALTER TABLE gateway.audit_log ADD CONSTRAINT full_up CHECK (action NOT LIKE 'api_key.%') NOT VALID"
        )
        body = {"tenant_id": made["tenant_id"], "name": "unseen"}
        assert (await operator("POST", "/v1/api-keys", json=body)).status_code == 500
        assert (await operator("POST", f"/v1/api-keys/{made['id']}/rotate")).status_code == 500
        assert (await operator("DELETE", f"/v1/api-keys/{made['id']}")).status_code == 500
    finally:
        await connection.execute("ALTER TABLE gateway.audit_log DROP CONSTRAINT full_up")
        await connection.close()
    page = (await operator("GET", "/v1/api-keys", params={"tenant_id": made["tenant_id"]})).json()
    assert [(key["id"], key["replaced_by"], key["revoked_at"]) for key in page["api_keys"]] == [
        (made["id"], None, None)
    ]
