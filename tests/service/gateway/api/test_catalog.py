"""Services and resources over HTTP: patches as RFC 7396 has them, versions as entity tags, the archive."""

from typing import Any

import httpx
import pytest

from tests.service.gateway.conftest import sellable

pytestmark = pytest.mark.usefixtures("booking_replicas")

PATIENT = {"Prefer": "wait=30"}


async def test_a_service_is_patched_at_the_version_that_was_seen(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    path = f"/v1/services/{service_id}"
    seen = await api.get(path)
    tag = {"If-Match": seen.headers["etag"], **PATIENT}
    patched = await api.patch(path, json={"name": "  Deep clean ", "duration_minutes": 90.0}, headers=tag)
    assert patched.status_code == 200, patched.text
    assert patched.json() == seen.json() | {"name": "Deep clean", "duration_minutes": 90, "version": 2}
    assert patched.headers["etag"] == '"2"'
    assert (await api.get(path)).json() == patched.json()
    stale = await api.patch(path, json={"name": "Deeper"}, headers=tag)
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version_conflict", 2)
    nothing = await api.patch(path, json={}, headers=PATIENT)
    assert (nothing.status_code, nothing.json()) == (200, patched.json())


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": None}, "name"),
        ({"price": None}, "price"),
        ({"price": {"amount": 100}}, "price.currency"),
        ({"duration_minutes": 3}, "duration_minutes"),
        ({"duration_minutes": "60"}, "duration_minutes"),
        ({"archived_at": None}, "archived_at"),
        ({"version": 3}, "version"),
    ],
)
async def test_a_patch_that_makes_no_sense(api: httpx.AsyncClient, members: dict[str, Any], field: str) -> None:
    service_id, _ = await sellable(api)
    answer = await api.patch(f"/v1/services/{service_id}", json=members, headers=PATIENT)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error"), answer.text
    assert field in [error["field"].removeprefix("body.") for error in answer.json()["errors"]]


@pytest.mark.parametrize("thing", ["services", "resources"])
async def test_the_archive_of_a_list(api: httpx.AsyncClient, thing: str) -> None:
    ids = dict(zip(("services", "resources"), await sellable(api), strict=True))
    path = f"/v1/{thing}/{ids[thing]}"

    async def shown(**query: str) -> set[str]:
        answer = await api.get(f"/v1/{thing}", params={"limit": "100", **query})
        return {one["id"] for one in answer.json()[thing]}

    archived = await api.post(f"{path}/archive", headers=PATIENT)
    assert archived.status_code == 200, archived.text
    assert archived.json()["archived_at"]
    assert ids[thing] not in await shown()
    assert ids[thing] in await shown(archived="true")
    assert ids[thing] in await shown(archived="all")
    wrong = await api.get(f"/v1/{thing}", params={"archived": "perhaps"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "validation_error")
    restored = await api.post(f"{path}/restore", headers=PATIENT)
    assert restored.json() == archived.json() | {"archived_at": None, "version": archived.json()["version"] + 1}
    assert ids[thing] in await shown()
    assert ids[thing] not in await shown(archived="true")


async def test_a_patch_sent_twice_under_one_key_is_one(api: httpx.AsyncClient) -> None:
    service_id, resource_id = await sellable(api)
    for path, members in (
        (f"/v1/services/{service_id}", {"price": {"amount": 4200, "currency": "eur"}}),
        (f"/v1/resources/{resource_id}", {"name": "Team B"}),
    ):
        headers = {"Idempotency-Key": f"patch {path}", **PATIENT}
        answers = [await api.patch(path, json=members, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert answers[1].headers["idempotent-replayed"] == "true"
        assert (await api.get(path)).json()["version"] == answers[0].json()["version"]
    prices = (await api.get(f"/v1/services/{service_id}/prices")).json()["prices"]
    assert [price["version"] for price in prices] == [2, 1]
    assert prices[0]["price"]["amount"] == 4200
