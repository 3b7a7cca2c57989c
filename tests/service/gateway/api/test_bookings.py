"""Bookings over HTTP, with booking-service behind."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, command, remaining, sellable, somewhere
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("booking_replicas")


async def test_a_booking_is_made_shown_moved_and_cancelled(api: httpx.AsyncClient) -> None:
    service_id, resource_id = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id, notes="Ring twice", metadata={"crm": "42"}))
    assert made.status_code == 201, made.text
    booking = made.json()
    assert set(booking) == {
        "id", "status", "version", "service_id", "service_name", "resource_id", "resource_name", "resources",
        "approve_by", "starts_at", "ends_at", "local_start", "time_zone",
        "customer", "customer_id", "notes", "metadata", "price", "price_version", "deposit", "hold_expires_at",
        "cancellation_reason", "created_at",
    }  # fmt: skip
    assert (booking["status"], booking["version"], booking["deposit"]) == ("confirmed", 1, None)
    assert (booking["resource_id"], booking["metadata"]) == (resource_id, {"crm": "42"})
    assert made.headers["location"] == f"/v1/bookings/{booking['id']}"
    assert made.headers["etag"] == '"1"'

    shown = await api.get(made.headers["location"])
    assert (shown.status_code, shown.json(), shown.headers["etag"]) == (200, booking, '"1"')

    async def counted() -> bool:  # at once, unless the quota store is late on a busy machine
        return remaining(await api.get(made.headers["location"])) < 100_000

    await eventually(counted)
    later = command(service_id, days=4)["starts_at"]
    path = f"/v1/bookings/{booking['id']}"
    moved = await api.post(f"{path}/reschedule", json={"starts_at": later}, headers={"If-Match": '"1"'})
    assert (moved.status_code, moved.json()["version"], moved.headers["etag"]) == (200, 2, '"2"'), moved.text
    stale = await api.post(f"{path}/cancel", json={}, headers={"If-Match": '"1"'})
    assert (stale.status_code, body_of(stale)["code"]) == (412, "version_conflict")
    for never in ('W/"2"', '"x", W/"2"', '"1", "3"'):
        refused = await api.post(f"{path}/cancel", json={}, headers={"If-Match": never})
        assert (refused.status_code, body_of(refused)["code"]) == (412, "version_conflict"), never
    moved = await api.post(
        f"{path}/reschedule",
        json={"starts_at": command(service_id, days=5)["starts_at"]},
        headers={"If-Match": '"1", "2"'},
    )
    assert (moved.status_code, moved.json()["version"]) == (200, 3), moved.text
    cancelled = await api.post(f"{path}/cancel", json={"reason": "Ill"}, headers={"If-Match": "*"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["cancellation_reason"] == "Ill"


async def test_cancelling_needs_no_body(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id))
    cancelled = await api.post(f"/v1/bookings/{made.json()['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"


async def test_fifty_commands_for_one_slot_make_one_booking(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    answers = await asyncio.gather(*(api.post("/v1/bookings", json=command(service_id)) for _ in range(50)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 49
    refused = next(a for a in answers if a.status_code == 409)
    problem = body_of(refused)
    assert problem["code"] == "slot_taken"
    assert problem["alternatives"]


async def test_one_idempotency_key_makes_one_booking(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    body = command(service_id)
    key = {"Idempotency-Key": f'"{somewhere()}"'}
    answers = await asyncio.gather(*(api.post("/v1/bookings", json=body, headers=key) for _ in range(20)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum(a.headers.get("idempotent-replayed") == "true" for a in answers) == 19
    reordered = dict(reversed(body.items()))
    assert (await api.post("/v1/bookings", json=reordered, headers=key)).status_code == 201
    other = await api.post("/v1/bookings", json=body | {"notes": "other"}, headers=key)
    assert (other.status_code, body_of(other)["code"]) == (422, "idempotency_key_reused")


async def test_an_asynchronous_booking_can_be_followed(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    answer = await api.post("/v1/bookings", json=command(service_id), headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert (answer.headers["retry-after"], answer.headers["preference-applied"]) == ("1", "respond-async")
    location = answer.headers["location"]

    async def made() -> Any:
        seen = await api.get(location)
        assert seen.status_code in (200, 202), seen.text
        return seen.status_code == 200 and seen.json()

    assert (await eventually(made))["id"] == answer.json()["id"]


async def test_a_refused_asynchronous_booking_shows_its_refusal(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    await api.post("/v1/bookings", json=command(service_id))
    answer = await api.post("/v1/bookings", json=command(service_id), headers={"Prefer": "respond-async"})

    async def refused() -> bool:
        return (await api.get(answer.headers["location"])).status_code == 409

    await eventually(refused)


async def test_lists_page_and_filter(api: httpx.AsyncClient) -> None:
    service_id, resource_id = await sellable(api)
    for hour in (8, 10, 12):
        assert (await api.post("/v1/bookings", json=command(service_id, hour=hour))).status_code == 201
    seen: list[str] = []
    cursor = None
    while True:
        page = await api.get("/v1/bookings", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        seen += [b["id"] for b in page.json()["bookings"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 3
    starts = command(service_id, hour=10)["starts_at"]
    narrowed = await api.get("/v1/bookings", params={"from": starts, "status": "confirmed", "resource_id": resource_id})
    assert len(narrowed.json()["bookings"]) == 2
    assert (await api.get("/v1/bookings?status=cancelled")).json()["bookings"] == []
    for bad in ("nonsense", "%00", "x" * 600, "%F0%9F%98%80", ""):
        answer = await api.get(f"/v1/bookings?cursor={bad}")
        assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor")


async def test_free_slots_are_shown(api: httpx.AsyncClient) -> None:
    service_id, resource_id = await sellable(api)
    day = command(service_id)["starts_at"]
    end = command(service_id, hour=12)["starts_at"]
    query = {"service_id": service_id, "from": day, "to": end, "resource_id": resource_id}
    slots = (await api.get("/v1/availability", params=query)).json()["slots"]
    assert len(slots) == 4
    assert set(slots[0]) == {"starts_at", "ends_at", "local_start", "time_zone", "resource_ids"}
    unescaped = await api.get(f"/v1/availability?service_id={service_id}&from={day}&to={end}")
    assert unescaped.json()["slots"] == slots
    far = command(service_id, days=70)["starts_at"]
    for wrong in ({"to": day}, {"to": far}, {"from": "2026-12-01"}, {"service_id": "7"}):
        answer = await api.get("/v1/availability", params=query | wrong)
        assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")


async def test_what_needs_no_deposit_has_no_payment(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id))
    answer = await api.get(f"/v1/bookings/{made.json()['id']}/payment")
    # Without billing-service nobody can say; with it, there is nothing to pay.
    assert answer.status_code in (404, 503)


async def test_another_tenants_things_are_absent(api: httpx.AsyncClient, gateway: ServiceProcess, new_key: Any) -> None:
    service_id, resource_id = await sellable(api)
    booking = (await api.post("/v1/bookings", json=command(service_id))).json()
    stranger_key = await new_key()
    async with client_for(gateway, stranger_key["key"]) as stranger:
        path = f"/v1/bookings/{booking['id']}"
        start = command(service_id, days=5)["starts_at"]
        answers = [
            await stranger.get(path),
            await stranger.post(f"{path}/cancel", json={}),
            await stranger.post(f"{path}/reschedule", json={"starts_at": start}),
            await stranger.get(f"/v1/services/{service_id}"),
            await stranger.get(f"/v1/resources/{resource_id}"),
            await stranger.post("/v1/bookings", json=command(service_id, days=5)),
            await stranger.get(
                "/v1/availability", params={"service_id": service_id, "from": start, "to": "2999-01-01T00:00:00Z"}
            ),
        ]
        assert [a.status_code for a in answers] == [404] * 6 + [422]
        for page in ("bookings", "services", "resources"):
            assert (await stranger.get(f"/v1/{page}")).json()[page] == []


async def test_the_requests_id_runs_through_the_chain(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id))
    assert made.headers["x-request-id"] == made.json()["id"]
