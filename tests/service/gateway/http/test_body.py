"""Whatever a client sends, the answer is a problem document and never a 500."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, command, compact, somewhere
from tests.support.eventually import allowed

GOOD = command("0193b2e0-0000-7000-8000-000000000000")
CUSTOMER = {"name": "Ada", "email": "ada@example.org"}

NOT_THE_BODY = [
    b"", b"{", b"null", b"[]", b'"x"', b"7", b"NaN", b"Infinity", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00",
    b'{"a": \xff}', b'{"notes": NaN}', b'{"duration_minutes": [-Infinity]}',
    b"[" * 10_000, b'{"a":' * 5_000, b'{"name": "\\ud800"}', b"{'name': 1}", b"{} {}", b"\x00",
]  # fmt: skip
OTHER_SHAPES = [b"null", b"[]", b'"x"', b"7"]
"""Of these: what reads, and is no object."""
WRONG_MEMBERS: list[dict[str, Any]] = [
    {"tenant_id": somewhere()}, {"status": "confirmed"}, {"id": somewhere()},
    {"price": {"amount": 0, "currency": "eur"}},
    {"__proto__": {}}, {"service_id": "x"}, {"service_id": 7}, {"service_id": None}, {"resource_id": "../../etc"},
    {"starts_at": "2026-12-01T10:00:00"}, {"starts_at": "2026-12-01"}, {"starts_at": 1_764_579_600},
    {"starts_at": "now"},
    {"starts_at": "2026-12-01T10:00:30Z"}, {"starts_at": "2026-12-01T10:00:60Z"},
    {"starts_at": "0001-01-01T00:00:00+23:00"},
    {"starts_at": "9999-12-31T23:59:00-23:00"}, {"starts_at": "10000-01-01T00:00:00Z"}, {"starts_at": "infinity"},
    {"starts_at": "2026-12-01T10:00:00.0000001Z"}, {"starts_at": "٢٠٢٦-12-01T10:00:00Z"}, {"starts_at": True},
    {"customer": None}, {"customer": []}, {"customer": CUSTOMER | {"role": "admin"}}, {"customer": {"name": "Ada"}},
    {"customer": CUSTOMER | {"name": ""}}, {"customer": CUSTOMER | {"name": "  "}},
    {"customer": CUSTOMER | {"name": "x" * 201}},
    {"customer": CUSTOMER | {"name": "A\u0000"}}, {"customer": CUSTOMER | {"name": "A\r\nBcc: b@c.de"}},
    {"customer": CUSTOMER | {"email": "a@b@c.de"}}, {"customer": CUSTOMER | {"email": "a@c.de\r\nBcc: b@c.de"}},
    {"customer": CUSTOMER | {"email": '"a b"@c.de'}}, {"customer": CUSTOMER | {"email": "a@c.de,b@c.de"}},
    {"customer": CUSTOMER | {"email": "x" * 250 + "@c.de"}}, {"customer": CUSTOMER | {"email": "a@\u0000c.de"}},
    {"customer": CUSTOMER | {"phone": "<script>"}}, {"customer": CUSTOMER | {"phone": 123}},
    {"notes": "x" * 2001}, {"notes": "\u0000"}, {"notes": 5}, {"metadata": {"a": 1}}, {"metadata": {"a": "\u0000"}},
    {"metadata": {"": "x"}}, {"metadata": {str(n): "x" for n in range(51)}}, {"metadata": {"k" * 41: "x"}},
    {"metadata": []},
]  # fmt: skip


@pytest.mark.parametrize("body", NOT_THE_BODY, ids=range(len(NOT_THE_BODY)))
async def test_bytes_that_are_no_such_json(api: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/v1/bookings", "/v1/services", "/v1/resources"):
        answer = await api.post(path, content=body, headers={"Content-Type": "application/json"})
        expected = (422, "validation_error") if body in OTHER_SHAPES else (400, "malformed_json")
        assert (answer.status_code, body_of(answer)["code"]) == expected


@pytest.mark.parametrize("wrong", WRONG_MEMBERS, ids=range(len(WRONG_MEMBERS)))
async def test_members_out_of_bounds(api: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    answer = await api.post("/v1/bookings", json=GOOD | wrong)
    problem = body_of(answer)
    assert (answer.status_code, problem["code"]) == (422, "validation_error")
    assert problem["errors"][0]["field"].startswith(next(iter(wrong)))
    assert "\u0000" not in answer.text


async def test_a_member_given_twice(api: httpx.AsyncClient) -> None:
    for body in (
        compact(GOOD)[:-1] + b',"notes":"a","notes":"b"}',
        compact(GOOD).replace(b'"name":', b'"name":"x","name":'),
    ):
        answer = await api.post("/v1/bookings", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert body_of(answer)["errors"][0]["message"] == "given more than once"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/services", {"name": "x", "duration_minutes": 60, "price": {"amount": 1, "currency": "eur"}} | wrong)
        for wrong in (
            {"duration_minutes": 4}, {"duration_minutes": 1441}, {"duration_minutes": 60.5}, {"duration_minutes": "60"},
            {"duration_minutes": True}, {"duration_minutes": 2**70}, {"buffer_after_minutes": 721},
            {"deposit_percent": 101},
            {"deposit_percent": -1}, {"minimum_notice_minutes": 525_601}, {"horizon_days": 0}, {"slot_step_minutes": 0},
            {"price": {"amount": -1, "currency": "eur"}}, {"price": {"amount": 1, "currency": "EUR"}}, {"price": 5},
            {"price": {"amount": 1, "currency": "zzz"}}, {"price": {"amount": 10**9, "currency": "eur"}},
            {"name": None},
        )
    ]
    + [
        ("/v1/resources", {"name": "x", "time_zone": "Europe/Berlin", "weekly_hours": [], "service_ids": []} | wrong)
        for wrong in (
            {"time_zone": "Europe/ Berlin"}, {"time_zone": "a" * 65},
            {"weekly_hours": [{"weekday": 7, "opens": "09:00", "closes": "10:00"}]},
            {"weekly_hours": [{"weekday": 0, "opens": "24:00", "closes": "24:00"}]}, {"service_ids": ["x"]},
            {"weekly_hours": [{"weekday": 0, "opens": "9:00", "closes": "10:00"}]},
            {"service_ids": [somewhere()] * 201},
            {"weekly_hours": [{"weekday": 0, "opens": "09:00", "closes": "10:00"}] * 101},
        )
    ],
)  # fmt: skip
async def test_catalog_out_of_bounds(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await api.post(path, json=body)
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": ""}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "garbage;;;=?"}, {"Content-Type": "application/json; charset*=a; charset*0=b"},
        {"Content-Type": "application/json; charset*=utf-16''x"},
        {"Content-Type": "application/json;" + " " * 5000 + "x"},
        {"Content-Type": "application/json; charset=\"utf-8"},
    ],
)  # fmt: skip
async def test_another_media_type(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await api.post("/v1/bookings", content=compact(GOOD), headers=headers)
    assert (answer.status_code, body_of(answer)["code"]) == (415, "unsupported_media_type")


async def test_a_charset_may_be_named(api: httpx.AsyncClient) -> None:
    for media_type in ('Application/JSON; charset="UTF-8"', "application/json;charset=utf8", "application/json; v=1;"):
        answer = await api.post("/v1/services", content=b"{}", headers={"Content-Type": media_type})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Idempotency-Key": ""}, "invalid_idempotency_key"),
        ({"Idempotency-Key": "x" * 256}, "invalid_idempotency_key"),
        ({"Idempotency-Key": "a\tb"}, "invalid_idempotency_key"),
        ({"If-Match": "3"}, "invalid_if_match"),
        ({"If-Match": '"3'}, "invalid_if_match"),
    ],
)
async def test_malformed_headers(api: httpx.AsyncClient, headers: dict[str, str], code: str) -> None:
    answer = await api.post(f"/v1/bookings/{somewhere()}/cancel", json={}, headers=headers)
    assert (answer.status_code, body_of(answer)["code"]) == (400, code)


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata":{' + b",".join(b'"%d":1' % n for n in range(40_000)) + b"}}",
        b"{" + b",".join(b'"%d":1' % n for n in range(40_000)) + b"}",
        b'{"service_id":[' + b'{"a":"b"},' * 35_000 + b"{}]}",
    ],
    ids=["metadata", "members", "items"],
)
async def test_a_long_body_of_many_errors_is_refused_at_once(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/v1/bookings", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    assert len(body_of(answer)["errors"]) == 1


@pytest.mark.parametrize("body", [b"[" * 300_000, b'{"notes":"' + b"x" * 300_000], ids=["depth", "no end"])
async def test_a_long_body_that_is_no_json_is_refused_as_such(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/v1/bookings", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, body_of(answer)["code"]) == (400, "malformed_json")


async def test_a_body_too_long(api: httpx.AsyncClient) -> None:
    async def endless(limit: int) -> Any:
        for _ in range(3):
            yield b"x" * (limit // 2)

    for path, limit in (("/v1/services", 64 * 1024), ("/v1/bookings", 384 * 1024)):
        declared = await api.post(path, content=b"x" * (limit + 1))
        assert (declared.status_code, body_of(declared)["code"]) == (413, "body_too_large")
        media_type = {"Content-Type": "application/json"}
        chunked = await api.post(path, content=endless(limit), headers=media_type)
        assert (chunked.status_code, body_of(chunked)["code"]) == (413, "body_too_large")
        assert (await api.post(path, content=b"x" * limit, headers=media_type)).status_code == 400
    assert (await api.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", {b"413", b"400"}),
        (b"POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {b"413", b"400"}),
        (
            b"POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            {b"400", b"401"},
        ),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {b"400", b"404", b"414", b"431"}),
        (b"FOO /v1/bookings HTTP/1.1\r\nHost: x\r\n\r\n", {b"400", b"405"}),
        (b"nonsense\r\n\r\n", {b"400"}),
    ],
)
async def test_requests_that_are_hardly_http(gateway: ServiceProcess, head: bytes, statuses: set[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(head)
    try:
        async with asyncio.timeout(allowed(5)):
            line = await reader.readline()
    finally:
        writer.close()
    assert not line or line.split()[1] in statuses


async def test_addresses_and_methods_that_are_not_there(api: httpx.AsyncClient) -> None:
    for path in ("/v1/nothing", "/v1/bookings/", "/v1/%2e%2e/status", "/%00", "/v1/bookings/a/b/c", "/v1/bookings;x"):
        answer = await api.get(path)
        assert (answer.status_code, body_of(answer)["code"]) == (404, "not_found")
    for path in ("/v1/bookings/%00", "/v1/bookings/x", "/v1/services/%F0%9F%98%80", "/v1/bookings/x/payment"):
        answer = await api.get(path)
        assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    answer = await api.post("/v1/bookings/%00/cancel", json={})
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
    answer = await api.put("/v1/bookings", json={})
    assert (answer.status_code, body_of(answer)["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=101", "limit=1000000000", "limit=x", "limit=%00", "status=paid", "status=%00",
    "resource_id=x",
     "from=2026-12-01", "from=%00", "to=9999-12-31T23:59:59-23:00"],
)  # fmt: skip
async def test_list_parameters_out_of_bounds(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/v1/bookings?{query}")
    assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")


async def test_what_clients_make_up_makes_no_series(http: httpx.AsyncClient) -> None:
    unique = somewhere()
    await http.get(f"/{unique}")
    await http.request("ABRACADABRA", "/healthz")
    await http.get(f"/v1/bookings/{unique}")
    text = (await http.get("/metrics")).text
    assert unique not in text
    assert "ABRACADABRA" not in text
    assert 'path="/v1/bookings/{booking_id}"' in text
    assert 'path="unmatched"' in text


async def test_openapi_is_complete(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"], reference
    create = document["paths"]["/v1/bookings"]["post"]
    assert create["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("BookingCreate")
    assert {p["name"] for p in create["parameters"]} == {"Idempotency-Key", "Prefer"}
    assert {"201", "202", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(create["responses"])
    assert create["security"] == [{"ApiKey": ["bookings:write"]}]
    assert (await http.get("/docs")).status_code == 200
