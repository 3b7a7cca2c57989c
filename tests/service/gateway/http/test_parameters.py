"""Lists: every one takes its own cursors and no others."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.app import create_app
from gateway.identity.access import guard_of
from gateway.identity.scopes import OPERATOR
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from shared.persistence.paging import encode_cursor
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, command, sellable
from tests.support.messages import random_name

pytestmark = pytest.mark.usefixtures("booking_replicas")

Send = Callable[..., Awaitable[httpx.Response]]

LISTS = {
    route.path: guard_of(route) == OPERATOR
    for route in create_app(metrics=True).routes
    if isinstance(route, APIRoute) and any(field.name == "cursor" for field in route.dependant.query_params)
}
"""The address of each list, and whether it is the operator's."""
MADE_UP = [
    "", "0", "-1", "1.5", "x", "nonsense", "9" * 30, "x" * 600, "a\x00", "\N{DOG FACE}", "..%2f", "e30", "W10",
    "2026-12-01T10:00:00+00:00|0193b2e0-0000-7000-8000-000000000000", "0193b2e0-0000-7000-8000-000000000000",
    encode_cursor("made up", "1"), encode_cursor("tenants.", "0193b2e0-0000-7000-8000-000000000000"),
]  # fmt: skip


@pytest.fixture
async def cursors(api: httpx.AsyncClient, operator: Send, new_key: Any, broker: Broker) -> dict[str, str]:
    """A cursor that each list has given out."""
    service_id, _ = await sellable(api)
    await sellable(api)
    for hour in (8, 10):
        assert (await api.post("/v1/bookings", json=command(service_id, hour=hour))).status_code == 201
        day = f"2027-06-0{hour // 2}"
        off = await api.post("/v1/time-off", json={"first_date": day, "last_date": day})
        assert off.status_code == 201, off.text
        assert (await api.post("/v1/locations", json={"name": "Depot", "time_zone": "UTC"})).status_code == 201
        person = await api.post("/v1/customers", json={"name": "Ada", "email": f"{random_name()}@example.org"})
        assert person.status_code == 201, person.text
        await new_key()
        letter = DeadLetter(random_name(), "a.b", "COMMANDS", 7, 3, "poison", "ValueError: a bug", {}, b"{}")
        await broker.publish(letter.address, b"{}", random_name(), letter.to_headers())
    given = {}
    for path, is_operators in LISTS.items():
        page = (await (operator("GET", f"{path}?limit=1") if is_operators else api.get(f"{path}?limit=1"))).json()
        given[path] = str(page["next_cursor"])
    return given


async def test_every_list_takes_its_own_cursors_only(
    api: httpx.AsyncClient, operator: Send, gateway: ServiceProcess, new_key: Any, cursors: dict[str, str]
) -> None:
    assert len(LISTS) == len(set(cursors.values())) == 10

    async def ask(path: str, cursor: str) -> httpx.Response:
        if LISTS[path]:
            return await operator("GET", path, params={"cursor": cursor})
        return await api.get(path, params={"cursor": cursor})

    for path, own in cursors.items():
        assert (await ask(path, own)).status_code == 200, path
        cut = [own[:-1], own[:-4], own[1:], own + "x"]
        foreign = [cursor for other, cursor in cursors.items() if other != path]
        for cursor in [*MADE_UP, *cut, *foreign]:
            answer = await ask(path, cursor)
            assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor"), (path, cursor)
    async with client_for(gateway, (await new_key())["key"]) as stranger:
        for path, is_operators in LISTS.items():
            if not is_operators:
                answer = await stranger.get(path, params={"cursor": cursors[path]})
                assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor"), "another tenant's"


async def test_a_cursor_of_a_narrower_list_is_not_one_of_the_whole(operator: Send, cursors: dict[str, str]) -> None:
    keys = (await operator("GET", "/v1/api-keys?limit=100")).json()["api_keys"]
    answer = await operator(
        "GET", "/v1/api-keys", params={"cursor": cursors["/v1/api-keys"], "tenant_id": keys[0]["tenant_id"]}
    )
    assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor")
    answer = await operator(
        "GET", "/v1/dead-letters", params={"cursor": cursors["/v1/dead-letters"], "durable": "booking-create-booking"}
    )
    assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor")


async def test_a_cursor_that_somebody_has_reckoned_is_refused_too(
    operator: Send, gateway: ServiceProcess, new_key: Any
) -> None:
    """Its check is right, since that is no secret; what it names is none of the list's places."""
    key = await new_key()
    tenant = key["tenant_id"]
    scopes = {
        "/v1/bookings": f"rpc.booking.list_bookings.v1.{tenant}",
        "/v1/services": f"rpc.booking.list_services.v1.{tenant}",
        "/v1/resources": f"rpc.booking.list_resources.v1.{tenant}",
        "/v1/time-off": f"rpc.booking.list_time_off.v1.{tenant}",
        "/v1/audit-log": f"audit_log.{tenant}",
        "/v1/locations": f"rpc.booking.list_locations.v1.{tenant}",
        "/v1/customers": f"rpc.booking.list_customers.v1.{tenant}",
        "/v1/tenants": "tenants",
        "/v1/api-keys": "api_keys.*",
        "/v1/dead-letters": "dead_letters.*",
    }
    assert set(scopes) == set(LISTS)
    places: list[tuple[str, ...]] = [(), ("a",), ("abc", "def"), ("\0",), ("2026-12-01T10:00:00", tenant), ("-1",)]
    async with client_for(gateway, key["key"]) as client:
        for path, scope in scopes.items():
            for place in places:
                query = {"cursor": encode_cursor(scope, *place)}
                answer = await (operator("GET", path, params=query) if LISTS[path] else client.get(path, params=query))
                if path == "/v1/api-keys" and place == ("a",):
                    assert answer.status_code == 200, "it could be a key's id"
                    continue
                assert (answer.status_code, body_of(answer)["code"]) == (400, "invalid_cursor"), (path, place)
