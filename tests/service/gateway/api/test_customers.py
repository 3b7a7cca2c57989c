"""Customers over HTTP, as people and programs write them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.gateway.conftest import command, sellable

pytestmark = pytest.mark.usefixtures("booking_replicas")

PATIENT = {"Prefer": "wait=30"}
ADA = {"name": " Ada  Lovelace ", "email": "Ada@EXAMPLE.org", "phone": "+44 (0)20 7946-0018"}


async def made(api: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await api.post("/v1/customers", json=ADA | members, headers=PATIENT)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_customer_is_made_shown_changed_and_erased(api: httpx.AsyncClient) -> None:
    consents = [{"name": "marketing", "granted": True, "source": "web form"}]
    ada = await made(api, consents=consents, notes="Rings\r\ntwice")
    path = f"/v1/customers/{ada['id']}"
    assert (ada["email"], ada["phone"], ada["notes"]) == ("Ada@example.org", "+442079460018", "Rings\ntwice")
    assert ada["consents"][0]["at"]
    seen = await api.get(path)
    assert seen.json() == ada
    assert seen.headers["etag"] == '"1"'
    assert (await api.get(path, headers={"If-None-Match": '"1"'})).status_code == 304
    changed = await api.patch(path, json={"phone": None, "consents": []}, headers=PATIENT | {"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["phone"], changed.json()["consents"], changed.json()["version"]) == (None, [], 2)
    stale = await api.patch(path, json={"notes": None}, headers=PATIENT | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    archived = await api.post(f"{path}/archive", headers=PATIENT)
    assert archived.json()["archived_at"]
    assert (await api.get("/v1/customers")).json()["customers"] == []
    assert (await api.get("/v1/customers?archived=true&q=love")).json()["customers"] == [archived.json()]
    assert (await api.post(f"{path}/restore", headers=PATIENT)).json()["archived_at"] is None
    preview = await api.post(f"{path}/erase", json={"preview": True}, headers=PATIENT)
    assert (preview.json()["preview"], preview.json()["erased_at"]) == (True, None)
    assert (await api.get(path)).json()["name"] == "Ada  Lovelace"
    erased = await api.post(f"{path}/erase", headers=PATIENT)
    assert erased.json() == preview.json() | {"preview": False, "erased_at": erased.json()["erased_at"]}
    left = (await api.get(path)).json()
    assert (left["name"], left["email"], left["erased_at"]) == ("Erased customer", None, erased.json()["erased_at"])
    late = await api.patch(path, json={"name": "Ada"}, headers=PATIENT)
    assert (late.status_code, late.json()["code"]) == (409, "customer_erased")


async def test_bookings_belong_to_customers(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    ada = await made(api, email="Ada@Customer.example")
    body = command(service_id) | {"customer": {"name": "Ada", "email": "ada@customer.example"}}
    booking = await api.post("/v1/bookings", json=body, headers=PATIENT)
    assert (booking.status_code, booking.json()["customer_id"]) == (201, ada["id"])
    later = command(service_id, hour=14)
    del later["customer"]
    named = await api.post("/v1/bookings", json=later | {"customer_id": ada["id"]}, headers=PATIENT)
    assert named.status_code == 201, named.text
    assert named.json()["customer"] == {name: ada[name] for name in ("name", "email", "phone")}
    for query in (f"customer_id={ada['id']}", "q=lovelace", "q=ADA@customer"):
        found = (await api.get(f"/v1/bookings?{query}")).json()["bookings"]
        assert {each["id"] for each in found} == {booking.json()["id"], named.json()["id"]}, query
    one = (await api.get("/v1/bookings", params={"q": booking.json()["id"].upper()})).json()["bookings"]
    assert [each["id"] for each in one] == [booking.json()["id"]]
    by_id = (await api.get("/v1/customers", params={"q": named.json()["id"]})).json()["customers"]
    assert [each["id"] for each in by_id] == [ada["id"]]
    assert (await api.get(f"/v1/bookings?customer_id={uuid4()}")).json()["bookings"] == []
    expected = await api.post(f"/v1/customers/{ada['id']}/erase", headers=PATIENT)
    assert (expected.json()["code"], expected.json()["open_bookings"]) == ("bookings_open", 2)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "customer"),
        ({"customer": None}, "customer"),
        ({"customer_id": None}, "customer_id"),
        ({"customer_id": "ada"}, "customer_id"),
        ({"customer": {"name": "A", "email": "a@b.example"}, "customer_id": str(uuid4())}, "customer"),
        ({"customer": None, "customer_id": str(uuid4())}, "customer"),
        ({"customer": {"name": "A"}}, "customer.email"),
    ],
)
async def test_a_booking_names_one_customer(api: httpx.AsyncClient, members: dict[str, Any], field: str) -> None:
    body = command(str(uuid4()))
    del body["customer"]
    answer = await api.post("/v1/bookings", json=body | members, headers=PATIENT)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error"), answer.text
    assert field in [error["field"].removeprefix("body.") for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"consents": [{"name": "sms", "granted": "yes", "source": "x"}]}, "consents.0.granted"),
        ({"consents": [{"name": "sms", "granted": True, "source": ""}]}, "consents.0.source"),
        ({"consents": [{"name": f"c{n}", "granted": True, "source": "x"} for n in range(21)]}, "consents"),
        ({"consents": [{"name": "sms", "granted": True, "source": "x"}] * 2}, "consents"),
        ({"erased_at": "2026-11-20T10:00:00Z"}, "erased_at"),
    ],
)
async def test_a_customer_that_makes_no_sense(api: httpx.AsyncClient, members: dict[str, Any], field: str) -> None:
    for method, path in (("POST", "/v1/customers"), ("PATCH", f"/v1/customers/{(await made(api, email=None))['id']}")):
        body = ADA | members if method == "POST" else members
        answer = await api.request(method, path, json=body, headers=PATIENT)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_error"), answer.text
        assert field in [error["field"].removeprefix("body.") for error in answer.json()["errors"]]


@pytest.mark.parametrize("search", ["", "x" * 101, "a&q=b"])
async def test_a_search_is_one_and_has_a_limit(api: httpx.AsyncClient, search: str) -> None:
    for place in ("customers", "bookings"):
        answer = await api.get(f"/v1/{place}?q={search}")
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "search", ["\x00", "%00", "\ud7ff", "\N{DOG FACE}", "' OR 1=1 --", "\u202e", "a" * 100, "١٢٣٤"]
)
async def test_any_text_is_a_search(api: httpx.AsyncClient, search: str) -> None:
    await made(api, email=None)
    for place in ("customers", "bookings"):
        answer = await api.get(f"/v1/{place}", params={"q": search})
        assert answer.status_code == 200, answer.text
        assert answer.json()[place] == []


async def test_a_search_has_cursors_of_its_own(api: httpx.AsyncClient) -> None:
    for n in range(3):
        await made(api, email=f"ada{n}@example.org", phone=None)
    first = (await api.get("/v1/customers?q=ada&limit=2")).json()
    rest = (await api.get("/v1/customers", params={"q": "ada", "limit": 2, "cursor": first["next_cursor"]})).json()
    assert len({each["id"] for each in first["customers"] + rest["customers"]}) == 3
    assert rest["next_cursor"] is None
    for query in ({}, {"q": "lovelace"}, {"q": "ada", "archived": "all"}):
        wrong = await api.get("/v1/customers", params=query | {"cursor": first["next_cursor"]})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_cursor")
