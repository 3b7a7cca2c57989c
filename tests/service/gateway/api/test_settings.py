"""Settings: shown, changed, kept from who did not see the last change, and what they stand in for."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, command, sellable
from tests.support.databases import system_url
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("booking_replicas")

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]

UNSET = dict.fromkeys(("time_zone", "country", "currency", "locale", "contact_email"))
PATIENT = {"Prefer": "wait=10"}


async def settled(api: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    """The settings after a change that is taken."""
    answer = await api.patch("/v1/settings", json=members)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_business_begins_with_its_name_alone(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/settings")
    assert answer.status_code == 200
    assert answer.json() == {"name": "Clean & Co", **UNSET, "version": 1}
    assert answer.headers["etag"] == '"1"'
    assert (await api.get("/v1/settings", headers={"If-None-Match": '"1"'})).status_code == 304


async def test_settings_are_taken_as_people_write_them_and_kept_in_one_form(api: httpx.AsyncClient) -> None:
    written = {
        "name": "  Müller & Söhne ",
        "time_zone": "Europe/Zurich",
        "country": "ch",
        "currency": "chf",
        "locale": "DE_ch",
        "contact_email": " buero@Müller.example",
    }
    kept = await settled(api, **written)
    assert kept == {
        "name": "Müller & Söhne",
        "time_zone": "Europe/Zurich",
        "country": "CH",
        "currency": "chf",
        "locale": "de-CH",
        "contact_email": "buero@xn--mller-kva.example",
        "version": 2,
    }
    assert (await api.get("/v1/settings")).json() == kept
    assert await settled(api, **{name: kept[name] for name in written}) == kept
    assert (await settled(api, country=None, locale=None))["country"] is None
    assert (await settled(api))["version"] == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"), ({"name": " "}, "name"), ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"), ({"country": "XX"}, "country"), ({"country": "Germany"}, "country"),
        ({"currency": "xxx"}, "currency"), ({"currency": 978}, "currency"), ({"locale": "english please"}, "locale"),
        ({"locale": "e"}, "locale"), ({"contact_email": "nobody"}, "contact_email"), ({"version": 3}, "version"),
        ({"policies": {}}, "policies"),
    ],
)  # fmt: skip
async def test_what_no_setting_can_be(api: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await api.patch("/v1/settings", json=body)
    assert (answer.status_code, [error["field"] for error in body_of(answer)["errors"]]) == (422, [field])
    assert (await api.get("/v1/settings")).json()["version"] == 1


async def test_who_has_not_seen_the_last_change_changes_nothing(api: httpx.AsyncClient) -> None:
    await settled(api, currency="eur")
    answer = await api.patch("/v1/settings", json={"currency": "gbp"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, body_of(answer)["code"], body_of(answer)["version"]) == (412, "version_conflict", 2)
    for version, tags in enumerate(('"2"', '"7", "3"', "*"), start=3):
        answer = await api.patch("/v1/settings", json={"name": f"Name {version}"}, headers={"If-Match": tags})
        assert (answer.status_code, answer.headers["etag"]) == (200, f'"{version}"')
    malformed = await api.patch("/v1/settings", json={}, headers={"If-Match": "2"})
    assert (malformed.status_code, body_of(malformed)["code"]) == (400, "invalid_if_match")


async def test_of_those_who_saw_the_same_version_one_changes_it(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(api.patch("/v1/settings", json={"name": f"Name {n}"}, headers={"If-Match": '"1"'}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert (await api.get("/v1/settings")).json()["version"] == 2


async def test_settings_are_a_tenants_own(api: httpx.AsyncClient, gateway: ServiceProcess, new_key: NewKey) -> None:
    await settled(api, country="GB", name="Mine")
    async with client_for(gateway, (await new_key())["key"]) as stranger:
        assert (await stranger.get("/v1/settings")).json() == {"name": "Clean & Co", **UNSET, "version": 1}


async def test_a_resource_and_a_price_that_say_nothing_follow_the_settings(api: httpx.AsyncClient) -> None:
    resource = {"name": "Team", "weekly_hours": [], "service_ids": []}
    service = {"name": "Cleaning", "duration_minutes": 60, "price": {"amount": 5000}}
    for path, body, field in (
        ("/v1/resources", resource, "time_zone"), ("/v1/services", service, "price.currency"),
    ):  # fmt: skip
        refused = await api.post(path, json=body)
        assert (refused.status_code, [e["field"] for e in body_of(refused)["errors"]]) == (422, [field])
    await settled(api, time_zone="America/New_York", currency="jpy")
    key = {"Idempotency-Key": "once", **PATIENT}
    made = await api.post("/v1/resources", json=resource, headers=key)
    assert (made.status_code, made.json()["time_zone"]) == (201, "America/New_York")
    sold = await api.post("/v1/services", json=service, headers=PATIENT)
    assert (sold.status_code, sold.json()["price"]) == (201, {"amount": 5000, "currency": "jpy"})
    given = await api.post("/v1/services", json=service | {"price": {"amount": 5000, "currency": "eur"}})
    assert given.json()["price"]["currency"] == "eur"
    # A repeat is the first one, whatever the settings say since.
    await settled(api, time_zone="Europe/Paris")
    again = await api.post("/v1/resources", json=resource, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (made.json(), "true")


async def test_a_number_without_a_country_belongs_to_the_business_s(api: httpx.AsyncClient) -> None:
    service_id, _ = await sellable(api)
    await settled(api, country="gb")

    async def phone(hour: int) -> str:
        customer = {"name": "Ada", "email": "ada@example.org", "phone": "020 7946 0018"}
        answer = await api.post("/v1/bookings", json=command(service_id, hour=hour, customer=customer), headers=PATIENT)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["customer"]["phone"])

    assert await phone(8) == "+442079460018"
    await settled(api, country=None)
    assert await phone(10) == "02079460018"


async def test_a_new_name_is_what_the_next_booking_bears(
    api: httpx.AsyncClient, gateway: ServiceProcess, new_key: NewKey, database_urls: dict[str, str]
) -> None:
    """For every key of the business, within five seconds."""
    tenant = (await new_key())["tenant_id"]
    one, other = await new_key(tenant), await new_key(tenant)
    async with client_for(gateway, one["key"]) as changing, client_for(gateway, other["key"]) as selling:
        service_id, _ = await sellable(selling)
        await settled(changing, name="Another name")
        connection = await asyncpg.connect(system_url(database_urls["booking"]))
        days = itertools.count(3)

        async def borne() -> bool:
            made = await selling.post("/v1/bookings", json=command(service_id, next(days)), headers=PATIENT)
            query = "SELECT business_name FROM booking.bookings WHERE id = $1"
            return bool(await connection.fetchval(query, made.json()["id"]) == "Another name")

        try:
            await eventually(borne, within=5, every=0.3)
        finally:
            await connection.close()


async def test_only_changes_are_written_down_with_what_was_and_what_is(api: httpx.AsyncClient, new_key: NewKey) -> None:
    await settled(api, currency="eur", country="FR")
    await settled(api, currency="eur")
    changed = await api.patch("/v1/settings", json={"currency": "gbp", "country": "FR"})
    entries = (await api.get("/v1/audit-log", params={"target": "settings"})).json()["entries"]
    assert [(entry["before"], entry["after"]) for entry in entries] == [
        ({"currency": "eur"}, {"currency": "gbp"}),
        ({"currency": None, "country": None}, {"currency": "eur", "country": "FR"}),
    ]
    assert {(entry["action"], entry["actor"].split()[0]) for entry in entries} == {("settings.changed", "api_key")}
    assert entries[0]["request_id"] == changed.headers["x-request-id"]
