"""Many changes in one request: each decided by itself, none done twice, none in another's place."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import client_for, command, sellable
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("booking_replicas")


async def booked(api: httpx.AsyncClient, count: int) -> list[str]:
    service_id, _ = await sellable(api)
    answers = [await api.post("/v1/bookings", json=command(service_id, hour=8 + hour)) for hour in range(count)]
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json()["id"] for answer in answers]


async def bulk(api: httpx.AsyncClient, *operations: dict[str, Any], **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.post("/v1/bookings/bulk", json={"operations": list(operations)}, headers=sent)


async def test_each_change_has_its_own_outcome(api: httpx.AsyncClient) -> None:
    first, second, third, ahead = await booked(api, 4)
    nowhere = str(uuid4())
    answer = await bulk(
        api,
        {"booking_id": first, "action": "cancel", "reason": "Ill"},
        {"booking_id": second, "action": "cancel", "version": 7},
        {"booking_id": third, "action": "approve"},
        {"booking_id": nowhere, "action": "cancel"},
        {"booking_id": ahead, "action": "complete"},
    )
    assert answer.status_code == 200, answer.text
    outcomes = answer.json()["outcomes"]
    assert [outcome["booking_id"] for outcome in outcomes] == [first, second, third, nowhere, ahead]
    assert [outcome["status"] for outcome in outcomes] == [200, 412, 200, 404, 409]
    codes = [outcome["problem"] and outcome["problem"]["code"] for outcome in outcomes]
    assert codes == [None, "version_conflict", None, "booking_not_found", "too_early"]
    assert outcomes[0]["booking"]["status"] == "cancelled"
    assert outcomes[0]["booking"]["cancellation_reason"] == "Ill"
    for booking, status in ((first, "cancelled"), (second, "confirmed"), (ahead, "confirmed")):
        assert (await api.get(f"/v1/bookings/{booking}")).json()["status"] == status


async def test_a_repeat_changes_nothing_more_and_is_told_the_same(api: httpx.AsyncClient) -> None:
    first, second = await booked(api, 2)
    operations = [{"booking_id": each, "action": "cancel"} for each in (first, second)]
    key = uuid4().hex
    answers = [(await bulk(api, *operations, Idempotency_Key=key)).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert [outcome["booking"]["version"] for outcome in answers[0]["outcomes"]] == [2, 2]
    another = {"booking_id": second, "action": "cancel", "reason": "Ill"}
    other = await bulk(api, operations[0], another, Idempotency_Key=key)
    assert [outcome["status"] for outcome in other.json()["outcomes"]] == [200, 422], "that key said something else"


async def test_what_is_not_waited_for_is_told_where_it_will_be(api: httpx.AsyncClient) -> None:
    [booking] = await booked(api, 1)
    answer = await bulk(api, {"booking_id": booking, "action": "cancel"}, Prefer="respond-async")
    [outcome] = answer.json()["outcomes"]
    assert (outcome["status"], outcome["booking"], outcome["problem"]) == (202, None, None)
    assert outcome["location"].startswith(f"/v1/bookings/{booking}?command=")

    async def cancelled() -> bool:
        shown = await api.get(outcome["location"])
        return shown.status_code == 200 and shown.json()["status"] == "cancelled"

    await eventually(cancelled)


@pytest.mark.parametrize(
    ("operations", "said"),
    [
        ([], "operations"),
        ([{"action": "cancel"}] * 51, "operations"),
        ([{"action": "reschedule"}], "reschedule needs starts_at"),
        ([{"action": "reassign", "reason": "x"}], "reassign needs resource_ids"),
        ([{"action": "cancel", "starts_at": "2027-06-01T08:00:00Z"}], "cancel takes no starts_at"),
        ([{"action": "delete"}], "action"),
        ([{"action": "cancel", "version": 0}], "version"),
    ],
)
async def test_what_makes_no_sense_is_refused_as_a_whole(
    api: httpx.AsyncClient, operations: list[dict[str, Any]], said: str
) -> None:
    answer = await bulk(api, *({"booking_id": str(uuid4()), **each} for each in operations))
    assert answer.status_code == 422
    assert said in str(answer.json()["errors"])
    twice = {"booking_id": str(uuid4()), "action": "cancel"}
    assert "twice" in (await bulk(api, twice, twice)).text


async def test_another_tenants_bookings_are_not_there(
    api: httpx.AsyncClient, gateway: ServiceProcess, new_key: Callable[..., Awaitable[dict[str, Any]]]
) -> None:
    [booking] = await booked(api, 1)
    async with client_for(gateway, (await new_key())["key"]) as stranger:
        answer = await bulk(stranger, {"booking_id": booking, "action": "cancel"})
    assert [outcome["problem"]["code"] for outcome in answer.json()["outcomes"]] == ["booking_not_found"]
    assert (await api.get(f"/v1/bookings/{booking}")).json()["status"] == "confirmed"


async def test_each_change_counts_in_the_quota(api: httpx.AsyncClient) -> None:
    def left(answer: httpx.Response) -> int:
        return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])

    before = left(await api.get("/v1/currencies"))
    operations = [{"booking_id": str(uuid4()), "action": "cancel"} for _ in range(30)]
    assert left(await bulk(api, *operations)) <= before - 20, "but for what has come back meanwhile"
