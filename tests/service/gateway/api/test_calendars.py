"""Hours of dates and times off over HTTP, as people and programs write them."""

from typing import Any

import httpx
import pytest

from tests.service.gateway.conftest import sellable
from tests.support.client import in_days

pytestmark = pytest.mark.usefixtures("booking_replicas")

PATIENT = {"Prefer": "wait=30"}


async def test_a_time_off_is_made_shown_and_taken_back(api: httpx.AsyncClient) -> None:
    service_id, resource_id = await sellable(api)
    day = in_days(5).date().isoformat()
    made = await api.post(
        "/v1/time-off", json={"first_date": day, "last_date": day, "reason": "Fête\r\nnationale"}, headers=PATIENT
    )
    assert made.status_code == 201, made.text
    shown = await api.get(made.headers["location"])
    assert shown.json() == made.json()
    assert made.json()["reason"] == "Fête\nnationale"
    assert (made.json()["resource_ids"], made.json()["conflicts"], made.json()["conflict_count"]) == (None, [], 0)
    period = {"service_id": service_id, "from": f"{day}T06:00:00Z", "to": f"{day}T20:00:00Z"}
    assert (await api.get("/v1/availability", params=period)).json()["slots"] == []
    gone = await api.delete(made.headers["location"], headers=PATIENT)
    assert gone.status_code == 200
    assert gone.json()["removed_at"]
    assert (await api.get("/v1/availability", params=period)).json()["slots"]
    assert (await api.get("/v1/time-off")).json()["time_off"] == []
    closed = await api.put(f"/v1/resources/{resource_id}/overrides/{day}", json={"windows": []}, headers=PATIENT)
    assert closed.json()["overrides"] == [{"date": day, "windows": []}]
    assert (await api.get("/v1/availability", params=period)).json()["slots"] == []
    opened = await api.delete(f"/v1/resources/{resource_id}/overrides/{day}", headers=PATIENT)
    assert opened.json() == (await api.get(f"/v1/resources/{resource_id}")).json()
    assert opened.json()["overrides"] == []


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"first_date": "2027-02-30", "last_date": "2027-03-01"}, "first_date"),
        ({"first_date": "20270201", "last_date": "2027-03-01"}, "first_date"),
        ({"first_date": "2027-02-01T00:00:00Z", "last_date": "2027-03-01"}, "first_date"),
        ({"first_date": 1_800_000_000, "last_date": "2027-03-01"}, "first_date"),
        ({"first_date": "0001-01-01", "last_date": "9999-12-31"}, "first_date"),
        ({"starts_at": "2027-02-01T09:00:00", "ends_at": "2027-02-01T10:00:00"}, "starts_at"),
        ({"resource_ids": [], "first_date": "2027-02-01", "last_date": "2027-02-01"}, "resource_ids"),
        ({"first_date": "2027-02-01", "last_date": "2027-02-01", "reason": "x" * 501}, "reason"),
        ({"first_date": "2027-02-01", "last_date": "2027-01-31"}, "last_date"),
        ({"first_date": "2027-02-01"}, "last_date"),
        ({}, "starts_at"),
    ],
)
async def test_a_time_that_makes_no_sense(api: httpx.AsyncClient, members: dict[str, Any], field: str) -> None:
    answer = await api.post("/v1/time-off", json=members, headers=PATIENT)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error"), answer.text
    assert field in [error["field"].removeprefix("body.") for error in answer.json()["errors"]]


@pytest.mark.parametrize("date", ["2027-02-30", "0", "tomorrow", "2027-2-1", "1800000000", "٢٠٢٧-٠٢-٠١"])
async def test_a_date_in_an_address_is_a_date(api: httpx.AsyncClient, date: str) -> None:
    _, resource_id = await sellable(api)
    answer = await api.put(f"/v1/resources/{resource_id}/overrides/{date}", json={"windows": []}, headers=PATIENT)
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["code"] in ("not_found", "validation_error")
