"""What people and programs send in one of its forms is taken, and kept in one."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from devstack.servers import Servers
from shared.messaging.broker import Broker
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, command, gateway_environment, sellable, somewhere
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("booking_replicas")

PATIENT = {"Prefer": "wait=30"}

Made = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def british_gateway(
    gateway: ServiceProcess,
    servers: Servers,
    database_urls: dict[str, str],
    common_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServiceProcess]:
    """A gateway that takes numbers without a country for British ones."""
    environment = gateway_environment(servers, common_environment, database_urls["gateway"], DEFAULT_COUNTRY="GB")
    process = ServiceProcess("gateway", environment, tmp_path_factory.mktemp("british"))
    process.start()
    yield process
    process.stop()


async def customer_of(api: httpx.AsyncClient, **members: str) -> dict[str, Any]:
    """How a booking's customer is kept: shown in the answer, and shown again when it is asked for."""
    service_id, _ = await sellable(api)
    customer = {"name": "Ada", "email": "ada@example.org"} | members
    made = await api.post("/v1/bookings", json=command(service_id, customer=customer))
    assert made.status_code == 201, made.text
    shown = (await api.get(made.headers["location"])).json()
    assert shown["customer"] == made.json()["customer"]
    kept: dict[str, Any] = shown["customer"]
    return kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("(555) 123-4567", "5551234567"),
        ("020 7946 0018 ext 12", "02079460018;ext=12"),
        ("\u00a0+44 20 7946\u00a00018 ", "+442079460018"),
    ],
)
async def test_a_phone_number_is_taken_as_people_write_it(api: httpx.AsyncClient, written: str, kept: str) -> None:
    assert (await customer_of(api, phone=written))["phone"] == kept


async def test_a_number_without_a_country_belongs_to_the_installations(
    british_gateway: ServiceProcess, new_key: Made
) -> None:
    async with client_for(british_gateway, (await new_key())["key"]) as api:
        assert (await customer_of(api, phone="020 7946 0018 ext 12"))["phone"] == "+442079460018;ext=12"
        assert (await customer_of(api, phone="+1 (555) 123-4567"))["phone"] == "+15551234567"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@example.org ", "ada@example.org"),
        ("\u00a0Ada@Example.ORG", "Ada@example.org"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
    ],
)
async def test_an_address_is_taken_as_people_write_it(api: httpx.AsyncClient, written: str, kept: str) -> None:
    assert (await customer_of(api, email=written))["email"] == kept


@pytest.mark.parametrize("name", ["ශ්\u200dරී", "علی\u200cرضا", "👩\u200d🔧 Ada", "\U0001fae8"])
async def test_a_name_is_kept_in_any_writing(api: httpx.AsyncClient, name: str) -> None:
    assert (await customer_of(api, name=f" {name}\u00a0"))["name"] == name


async def test_another_writing_of_the_same_is_the_same_command(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    wish = command(service_id, customer={"name": "Ada", "email": "ada@bücher.example", "phone": "+44 20 7946 0018"})
    again = {**wish, "starts_at": wish["starts_at"].replace("+00:00", ".0000000Z")}
    again["customer"] = {"name": " Ada", "email": "ada@xn--bcher-kva.example ", "phone": "+44 (0)20 7946-0018"}
    key = {"Idempotency-Key": somewhere()}
    first = await api.post("/v1/bookings", json=wish, headers=key)
    second = await api.post("/v1/bookings", json=again, headers=key)
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()


async def test_an_instant_has_as_many_digits_as_its_program_writes(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    wish = command(service_id)
    wish["starts_at"] = wish["starts_at"].replace("+00:00", ".0000000Z")
    made = await api.post("/v1/bookings", json=wish)
    assert made.status_code == 201, made.text
    listed = await api.get("/v1/bookings", params={"from": wish["starts_at"], "to": "2999-01-01T00:00:00.1234567Z"})
    assert [booking["id"] for booking in listed.json()["bookings"]] == [made.json()["id"]]


async def test_an_integer_may_have_a_point(api: httpx.AsyncClient) -> None:
    body = {"name": "Cleaning", "duration_minutes": 60.0, "price": {"amount": 5e3, "currency": "eur"}}
    made = await api.post("/v1/services", json=body)
    assert made.status_code == 201, made.text
    assert '"duration_minutes":60,' in made.text
    assert '"amount":5000,' in made.text
    hours = [{"weekday": 1.0, "opens": "09:00", "closes": "10:00"}]
    resource = {"name": "Team", "time_zone": "Europe/Berlin", "weekly_hours": hours, "service_ids": []}
    assert (await api.post("/v1/resources", json=resource)).status_code == 201


NO_NAMES = ["\u200b", "\u2800", "\u3164", "\u00ad\u200d", "A\u2028B", "A\u0085B", "A\u009b31m"]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
async def test_no_name_anywhere(api: httpx.AsyncClient, operator: Made, new_key: Made, name: str) -> None:
    service = {"name": name, "duration_minutes": 60, "price": {"amount": 5000, "currency": "eur"}}
    resource = {"name": name, "time_zone": "Europe/Berlin", "weekly_hours": [], "service_ids": []}
    customer = {"name": name, "email": "ada@example.org"}
    tenant_id = (await new_key())["tenant_id"]
    answers = [
        await api.post("/v1/services", json=service),
        await api.post("/v1/resources", json=resource),
        await api.post("/v1/bookings", json=command(somewhere(), customer=customer)),
        await operator("POST", "/v1/tenants", json={"name": name}),
        await operator("POST", "/v1/api-keys", json={"name": name, "tenant_id": tenant_id}),
        await operator("POST", "/v1/dead-letters/1/discard", json={"by": name}),
    ]
    for answer in answers:
        assert (answer.status_code, body_of(answer)["code"]) == (422, "validation_error")
        assert body_of(answer)["errors"][0]["field"] in ("name", "customer.name", "by")


async def test_notes_have_lines_of_one_kind(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    made = await api.post("/v1/bookings", json=command(service_id, notes="Ring\r\ntwice\u2028at \u202ethe\u202c door"))
    assert made.json()["notes"] == "Ring\ntwice\nat the door"
    ended = await api.post(f"/v1/bookings/{made.json()['id']}/cancel", json={"reason": "Ill\u0085\u202e"})
    assert ended.json()["cancellation_reason"] == "Ill\n"


ALPHABETS = {"ASCII": "a", "quotation marks": '"', "Cyrillic": "ж", "Han": "漢", "emoji": "🔧", "backslashes": "\\"}


def full(letter: str) -> dict[str, Any]:
    """The most that a booking may hold, in characters."""
    return {
        "metadata": {f"{n:02}{letter * 38}": letter * 500 for n in range(50)},
        "notes": letter * 2000,
        "customer": {"name": letter * 200, "email": f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.de"},
    }


@pytest.mark.parametrize("escaped", [False, True], ids=["as it is", "escaped"])
@pytest.mark.parametrize("letter", ALPHABETS.values(), ids=ALPHABETS)
async def test_what_is_within_the_limits_is_taken_in_any_alphabet(
    api: httpx.AsyncClient, letter: str, escaped: bool
) -> None:
    service_id, _ = await sellable(api)
    wish = command(service_id, **full(letter))
    body = json.dumps(wish, ensure_ascii=escaped, indent=2).encode()
    made = await api.post("/v1/bookings", content=body, headers={"Content-Type": "application/json"})
    assert made.status_code == 201, made.text[:300]
    shown = (await api.get(made.headers["location"])).json()
    assert (shown["metadata"], shown["notes"]) == (wish["metadata"], wish["notes"])
    listed = (await api.get("/v1/bookings")).json()["bookings"]
    assert [booking["metadata"] for booking in listed] == [wish["metadata"]]


async def test_full_bookings_are_answered_and_told_of_though_many_come_at_once(
    gateway: ServiceProcess, new_key: Made, broker: Broker
) -> None:
    """Their outcomes are together longer than a message may be; each of their events is shorter."""
    key = await new_key()
    async with client_for(gateway, key["key"]) as api:
        service_id, _ = await sellable(api)
        wishes = [command(service_id, days=3 + n, **full("🔧")) for n in range(16)]
        answers = await asyncio.gather(*(api.post("/v1/bookings", json=w, headers=PATIENT) for w in wishes))
        assert [answer.status_code for answer in answers] == [201] * len(wishes)
        seen = set()
        cursor: str | None = None
        while True:
            page = (await api.get("/v1/bookings", params={"cursor": cursor} if cursor else None)).json()
            seen |= {booking["id"] for booking in page["bookings"]}
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == {answer.json()["id"] for answer in answers}

    async def all_told() -> bool:
        subject = f"booking.confirmed.v1.{key['tenant_id']}"
        info = await broker.js.stream_info("BOOKING", subjects_filter=subject)
        return (info.state.subjects or {}).get(subject) == len(wishes)

    await eventually(all_told)
