"""Addresses, methods and parameters that there are, and those that there are not."""

import httpx
import pytest

from tests.service.gateway.conftest import STRIPE_SECRETS, body_of, command, sellable, somewhere

pytestmark = pytest.mark.usefixtures("booking_replicas")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("statuz=confirmed", ["statuz"]),
        ("status=confirmed&status=cancelled", ["status"]),
        ("limit=1&limit=1", ["limit"]),
        ("Limit=1", ["Limit"]),
        ("a=1&b=2&limit=5", ["a", "b"]),
        ("=", [""]),
    ],
)
async def test_a_parameter_that_there_is_not_or_twice(api: httpx.AsyncClient, query: str, fields: list[str]) -> None:
    answer = await api.get(f"/v1/bookings?{query}")
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_writes_have_no_parameters(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    for path in ("/v1/bookings", "/v1/services"):
        assert (await api.post(f"{path}?dry_run=true", json=command(service_id))).status_code == 422
    assert (await api.get("/v1/bookings", params={"limit": 1, "status": "confirmed"})).status_code == 200


async def test_a_webhooks_address_may_say_more(http: httpx.AsyncClient) -> None:
    assert STRIPE_SECRETS
    assert (await http.post("/webhooks/stripe?from=stripe", content=b"{}")).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/bookings", "GET, HEAD, POST"),
        ("PUT", "/v1/bookings/{}", "GET, HEAD, PATCH"),
        ("GET", "/v1/bookings/{}/cancel", "POST"),
        ("GET", "/v1/bookings/bulk", "POST"),
        ("PATCH", "/v1/bookings/bulk", "POST"),
        ("HEAD", "/v1/bookings/{}/cancel", "POST"),
        ("POST", "/v1/availability", "GET, HEAD"),
        ("PATCH", "/webhooks/stripe", "POST"),
        ("POST", "/problems/slot_taken", "GET, HEAD"),
        ("GET", "/v1/dead-letters/replay", "POST"),
        ("OPTIONS", "/v1/dead-letters/replay", "POST"),
        ("DELETE", "/v1/dead-letters/1", "GET, HEAD"),
    ],
)
async def test_a_405_names_every_method_of_the_address(
    api: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await api.request(method, path.format(somewhere()))
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


async def test_a_challenge_names_the_error_only_if_something_was_sent(http: httpx.AsyncClient) -> None:
    nothing = await http.get("/v1/bookings")
    assert (nothing.status_code, nothing.headers["www-authenticate"]) == (401, 'Bearer realm="tidebook"')
    for sent in ("Bearer tb_live_nonsense", "Basic abc", "Bearer"):
        wrong = await http.get("/v1/bookings", headers={"Authorization": sent})
        assert wrong.headers["www-authenticate"] == 'Bearer realm="tidebook", error="invalid_token"'


@pytest.mark.parametrize("body", [b"{", b"", b"{'a': 1}", b'{"a": }', b"\xff", b"[1,", b"nul"])
async def test_what_is_no_json(api: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/v1/bookings", "/v1/services"):
        answer = await api.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, body_of(answer)["code"]) == (400, "malformed_json"), body
    for shape in (b"null", b"[]", b'"x"', b"{}"):
        answer = await api.post("/v1/services", content=shape, headers={"Content-Type": "application/json"})
        assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error"), shape
