"""HEAD, conditional and compressed answers, as RFC 9110 has them."""

import gzip
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.app import create_app
from gateway.identity.access import guard_of
from gateway.identity.scopes import OPERATOR
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import command, sellable, somewhere

pytestmark = pytest.mark.usefixtures("booking_replicas")

Send = Callable[..., Awaitable[httpx.Response]]
GETS = [
    route
    for route in create_app(metrics=True).routes
    if isinstance(route, APIRoute) and route.methods and "GET" in route.methods
]


@pytest.mark.parametrize("route", GETS, ids=lambda route: route.path)
async def test_head_says_what_get_says(api: httpx.AsyncClient, operator: Send, route: APIRoute) -> None:
    named = {"number": "1", "code": "slot_taken"}
    path = re.sub(r"\{(\w+)\}", lambda found: named.get(found[1], somewhere()), route.path)
    send: Any = operator if guard_of(route) == OPERATOR else api.request
    get, head = await send("GET", path), await send("HEAD", path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers.get("content-type") == get.headers.get("content-type")
    if path not in ("/metrics", "/status", "/readyz"):  # which change from moment to moment
        assert head.headers.get("content-length") == get.headers.get("content-length")


async def test_a_booking_that_has_not_changed_is_not_sent_again(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id))
    path = made.headers["location"]
    for sent in ('"1"', 'W/"1"', '"7", "1"', "*"):
        same = await api.get(path, headers={"If-None-Match": sent})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"'), sent
        assert same.headers["x-request-id"]
    assert (await api.head(path, headers={"If-None-Match": '"1"'})).status_code == 304
    other = await api.get(path, headers={"If-None-Match": '"2"'})
    assert (other.status_code, other.json()["version"]) == (200, 1)
    assert (await api.get(f"/v1/bookings/{somewhere()}", headers={"If-None-Match": "*"})).status_code == 404


async def raw(gateway: ServiceProcess, path: str, key: str, accepted: str) -> httpx.Response:
    """An answer with the bytes that came."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=40) as client:
        request = client.build_request(
            "GET", path, headers={"Authorization": key, "Accept-Encoding": accepted, "Accept": "*/*"}
        )
        response = await client.send(request, stream=True)
        response.extensions["bytes"] = b"".join([part async for part in response.aiter_raw()])
        await response.aclose()
        return response


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("identity", False), ("gzip;q=0", False), ("br", False)],
)
async def test_long_answers_are_compressed_when_asked_for(
    gateway: ServiceProcess, api: httpx.AsyncClient, accepted: str, compressed: bool
) -> None:
    key = api.headers["authorization"]
    plain = await api.get("/v1/currencies", headers={"Accept-Encoding": "identity"})
    answer = await raw(gateway, "/v1/currencies", key, accepted)
    content = answer.extensions["bytes"]
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (answer.headers.get("content-encoding") == "gzip") == compressed
    assert int(answer.headers["content-length"]) == len(content)
    assert (gzip.decompress(content) if compressed else content) == plain.content
    assert not compressed or len(content) < len(plain.content) / 4


async def test_short_answers_and_what_has_a_tag_are_left_alone(gateway: ServiceProcess, api: httpx.AsyncClient) -> None:
    key = api.headers["authorization"]
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id, metadata={"note": "x" * 500, "more": "y" * 500}))
    for path in ("/healthz", made.headers["location"]):
        answer = await raw(gateway, path, key, "gzip")
        assert "content-encoding" not in answer.headers
