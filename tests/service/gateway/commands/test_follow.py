"""Commands that were answered 202 while booking-service was away, and what their `Location` shows afterwards."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from devstack.servers import Servers
from tests.conftest import migrate
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import OPERATOR_KEY, body_of, client_for, command, gateway_environment, somewhere
from tests.support.databases import database_settings
from tests.support.eventually import eventually

ASYNC = {"Prefer": "respond-async"}
RESOURCE = {
    "name": "Team",
    "time_zone": "Europe/Berlin",
    "weekly_hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)],
    "service_ids": [],
}
SERVICE = {"name": "Cleaning", "duration_minutes": 60, "price": {"amount": 5000, "currency": "eur"}}


@pytest.fixture(scope="module")
def own() -> Iterator[Servers]:
    """Servers with a booking-service that comes and goes."""
    with Servers.throwaway() as servers:
        servers.nats.deploy_topology()
        yield servers


@pytest.fixture(scope="module")
def processes(
    own: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServiceProcess, ServiceProcess]]:
    """A gateway that runs, and a booking-service that does not yet."""
    urls = migrate(own, "gateway", "booking")
    common = {"PATH": os.environ["PATH"], "ENVIRONMENT": "development", "LOG_FORMAT": "console", "HOST": "127.0.0.1"}
    directory = tmp_path_factory.mktemp("follow")
    gateway = ServiceProcess("gateway", gateway_environment(own, common, urls["gateway"]), directory)
    settings = common | own.nats.settings("booking") | database_settings("booking", urls["booking"])
    booking = ServiceProcess("booking", settings, directory)
    gateway.start()
    yield gateway, booking
    booking.stop()
    gateway.stop()


@pytest.fixture
async def api(processes: tuple[ServiceProcess, ServiceProcess]) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of a tenant of its own."""
    async with client_for(processes[0], OPERATOR_KEY) as operator:
        tenant = (await operator.post("/v1/tenants", json={"name": "Clean & Co"})).json()
        key = (await operator.post("/v1/api-keys", json={"tenant_id": tenant["id"], "name": "tests"})).json()["key"]
    async with client_for(processes[0], key) as client:
        yield client


async def accepted(api: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> str:
    """Where to look for what comes of a command."""
    answer = await api.post(path, json=body, headers=ASYNC | headers)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def shown(api: httpx.AsyncClient, location: str, status: int) -> httpx.Response:
    """What is shown of a command once it is decided; asserts its status."""

    async def decided() -> httpx.Response | None:
        answer = await api.get(location)
        return answer if answer.status_code != 202 else None

    answer = await eventually(decided, within=15)
    assert answer is not None
    assert answer.status_code == status, answer.text
    return answer


async def test_what_was_accepted_is_shown_as_the_thing_or_as_its_refusal(
    api: httpx.AsyncClient, processes: tuple[ServiceProcess, ServiceProcess]
) -> None:
    key = {"Idempotency-Key": somewhere()}
    service = await accepted(api, "/v1/services", SERVICE, **key)
    no_such_service = await accepted(api, "/v1/resources", RESOURCE | {"service_ids": [somewhere()]})
    no_such_zone = await accepted(api, "/v1/resources", RESOURCE | {"time_zone": "Europe/Atlantis"})
    resource = await accepted(api, "/v1/resources", RESOURCE)
    booking = await accepted(api, "/v1/bookings", command(somewhere()))
    for location in (service, no_such_service, no_such_zone, resource, booking):
        waiting = await api.get(location)
        assert (waiting.status_code, waiting.json()["status"]) == (202, "accepted")
    processes[1].start()
    made = (await shown(api, service, 200)).json()
    assert service == f"/v1/services/{made['id']}"
    assert (await shown(api, resource, 200)).json()["name"] == "Team"
    assert body_of(await shown(api, no_such_service, 404))["code"] == "service_not_found"
    assert body_of(await shown(api, no_such_zone, 422))["code"] == "validation_error"
    assert body_of(await shown(api, booking, 404))["code"] == "service_not_found"
    again = await accepted(api, "/v1/services", SERVICE, **key)
    reused = await accepted(api, "/v1/services", SERVICE | {"name": "Another"}, **key)
    assert again == service, "a repeat is told the same Location"
    assert (await shown(api, again, 200)).json() == made
    assert body_of(await shown(api, reused, 422))["code"] == "idempotency_key_reused"
    for thing in ("service", "resource", "booking"):
        absent = body_of(await api.get(f"/v1/{thing}s/{somewhere()}"))
        assert (absent["status"], absent["code"]) == (404, f"{thing}_not_found")


async def test_a_change_that_was_accepted_is_followed_by_its_own_name(
    api: httpx.AsyncClient, processes: tuple[ServiceProcess, ServiceProcess]
) -> None:
    processes[1].start()
    service = (await api.post("/v1/services", json=SERVICE)).json()["id"]
    await api.post("/v1/resources", json=RESOURCE | {"service_ids": [service]})
    first, second, third = [
        (await api.post("/v1/bookings", json=command(service, days=days))).json() for days in (3, 4, 6)
    ]
    processes[1].stop()
    path = f"/v1/bookings/{first['id']}"
    moved = {"starts_at": command(service, days=5)["starts_at"]}
    taken = await accepted(api, f"{path}/reschedule", {"starts_at": second["starts_at"]})
    stale = await accepted(api, f"{path}/cancel", {}, **{"If-Match": '"77"'})
    move = await accepted(api, f"{path}/reschedule", moved, **{"Idempotency-Key": somewhere()})
    keyless = await accepted(api, f"/v1/bookings/{third['id']}/cancel", {})
    for location in (taken, stale, move):
        assert location.startswith(f"{path}?command=")
        waiting = await api.get(location)
        assert (waiting.status_code, waiting.headers["location"]) == (202, location)
    processes[1].start()
    assert body_of(await shown(api, taken, 409))["code"] == "slot_taken"
    assert body_of(await shown(api, stale, 412))["code"] == "version_conflict"
    done = await shown(api, move, 200)
    assert (done.json()["version"], done.headers["etag"]) == (2, '"2"')
    assert (await shown(api, keyless, 200)).json()["status"] == "cancelled"
    assert (await api.get(path)).json()["version"] == 2
    unknown = await api.get(path, params={"command": somewhere()})
    assert (unknown.status_code, unknown.json()["version"]) == (200, 2), "nothing of that name waits or was refused"


async def test_the_location_of_a_repeat_is_the_bookings_own(
    api: httpx.AsyncClient, processes: tuple[ServiceProcess, ServiceProcess]
) -> None:
    processes[1].start()
    service = (await api.post("/v1/services", json=SERVICE)).json()["id"]
    await api.post("/v1/resources", json=RESOURCE | {"service_ids": [service]})
    processes[1].stop()
    key = {"Idempotency-Key": somewhere()}
    wanted = command(service, days=9)
    locations = {await accepted(api, "/v1/bookings", wanted, **key) for _ in range(3)}
    assert len(locations) == 1
    location = locations.pop()
    processes[1].start()
    made = (await shown(api, location, 200)).json()
    assert location == f"/v1/bookings/{made['id']}"
    moved = await api.post(f"{location}/reschedule", json={"starts_at": command(service, days=10)["starts_at"]})
    assert (moved.status_code, moved.json()["id"]) == (200, made["id"])
    cancelled = await api.post(f"{location}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
