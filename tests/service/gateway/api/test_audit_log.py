"""The audit log as a tenant reads it: what concerns it and nothing else, filtered, in pages."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for
from tests.support.databases import system_url

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]


async def entries(api: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The entries of one page."""
    answer = await api.get("/v1/audit-log", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_a_tenant_reads_what_was_done_to_it_by_whom(
    gateway: ServiceProcess, operator: Send, new_key: NewKey
) -> None:
    made = await new_key()
    other = await new_key(made["tenant_id"], role="viewer")
    stranger = await new_key()
    rotated = await operator("POST", f"/v1/api-keys/{other['id']}/rotate")
    assert (await operator("DELETE", f"/v1/api-keys/{other['id']}")).status_code == 204
    switched = {"active": False, "reason": "it is over", "tenant_id": made["tenant_id"]}
    assert (await operator("POST", "/v1/read-only", json=switched)).status_code == 200
    async with client_for(gateway, made["key"]) as api:
        assert (await api.patch("/v1/settings", json={"locale": "en"})).status_code == 200
        found = await entries(api)
    tenant, key = f"tenant {made['tenant_id']}", f"api_key {other['id']}"
    assert [(entry["actor"], entry["action"], entry["target"]) for entry in found] == [
        (f"api_key {made['id']}", "settings.changed", "settings"),
        ("operator", "read_only.off", f"read_only {made['tenant_id']}"),
        ("operator", "api_key.revoked", key),
        ("operator", "api_key.rotated", key),
        ("operator", "api_key.created", key),
        ("operator", "api_key.created", f"api_key {made['id']}"),
        ("operator", "tenant.created", tenant),
    ]
    assert found[1]["reason"] == "it is over"
    assert (found[1]["before"], found[1]["after"]) == (None, None)
    secrets = [each["key"].split("_")[3] for each in (made, other, rotated.json())]
    assert not any(secret in str(found) for secret in secrets)
    async with client_for(gateway, stranger["key"]) as api:
        assert [entry["target"] for entry in await entries(api)] == [
            f"api_key {stranger['id']}", f"tenant {stranger['tenant_id']}",
        ]  # fmt: skip


async def test_filters_and_pages(gateway: ServiceProcess, new_key: NewKey) -> None:
    made = await new_key()
    other = await new_key(made["tenant_id"])
    async with client_for(gateway, made["key"]) as api, client_for(gateway, other["key"]) as second:
        for n in range(5):
            assert (await (api, second)[n % 2].patch("/v1/settings", json={"name": f"Name {n}"})).status_code == 200
        every = await entries(api)
        assert len(every) == 8
        assert [entry["recorded_at"] for entry in every] == sorted((e["recorded_at"] for e in every), reverse=True)
        assert len(await entries(api, actor=f"api_key {other['id']}")) == 2
        assert len(await entries(api, actor="operator")) == 3
        assert len(await entries(api, target="settings")) == 5
        assert len(await entries(api, target=f"api_key {other['id']}")) == 1
        assert len(await entries(api, target="settings", actor=f"api_key {made['id']}")) == 3
        assert await entries(api, target="bookings") == []
        middle = every[3]["recorded_at"]
        assert await entries(api, **{"from": middle}) == every[:4]
        assert await entries(api, to=middle) == every[4:]
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        assert await entries(api, **{"from": tomorrow}) == []
        seen: list[dict[str, Any]] = []
        cursor: str | None = None
        while cursor or not seen:
            query = {"limit": "2", "actor": "operator"} | ({"cursor": cursor} if cursor else {})
            page = (await api.get("/v1/audit-log", params=query)).json()
            seen += page["entries"]
            cursor = page["next_cursor"]
        assert seen == [entry for entry in every if entry["actor"] == "operator"]


@pytest.mark.parametrize(
    "query",
    [{"from": "yesterday"}, {"to": "2026"}, {"actor": ""}, {"actor": "a\0"}, {"target": "x" * 101}, {"who": "x"}],
)
async def test_what_can_not_be_asked_for(api: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await api.get("/v1/audit-log", params=query)
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")


async def test_the_application_s_login_sees_and_writes_only_what_is_about_its_tenant(
    new_key: NewKey, database_urls: dict[str, str]
) -> None:
    mine, other = (await new_key())["tenant_id"], (await new_key())["tenant_id"]
    connection = await asyncpg.connect(database_urls["gateway"])
    try:
        count = "SELECT count(*) FROM gateway.audit_log"
        assert await connection.fetchval(count) == 0
        await connection.execute("SELECT set_config('app.tenant_ids', $1, false)", mine)
        assert await connection.fetchval(count) == 2
        for about in (other, None):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(
                    "INSERT INTO gateway.audit_log (id, actor, action, object, details, reason, request_id,"
                    " about_tenant_id) VALUES (gen_random_uuid(), 'x', 'x', 'x', '', '', gen_random_uuid(), $1)",
                    about,
                )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE gateway.audit_log SET details = 'x'")
    finally:
        await connection.close()
    system = await asyncpg.connect(system_url(database_urls["gateway"]))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await system.execute("UPDATE gateway.tenants SET name = 'mine'")
    finally:
        await system.close()
