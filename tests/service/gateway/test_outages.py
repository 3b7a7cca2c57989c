"""The gateway while something outside is down, frozen or missing, and what it says of that."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.server import answers_http
from devstack.servers import Servers
from gateway.http.stripe_signature import sign
from gateway.identity.keys import checksum
from shared.clock import utc_now
from shared.contracts.heartbeats import JobsHeartbeat
from shared.messaging.broker import Broker
from shared.messaging.topology import JOBS_BUCKET
from shared.persistence.database import STATEMENT_SECONDS
from tests.conftest import migrate
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import (
    OPERATOR_KEY,
    STRIPE_SECRETS,
    body_of,
    client_for,
    command,
    compact,
    gateway_environment,
    somewhere,
)
from tests.support.eventually import allowed, eventually
from tests.support.freezing import frozen

SLACK_SECONDS = 0.5
"""What a busy machine may add to a promise."""


@pytest.fixture(scope="module")
def own() -> Iterator[Servers]:
    """Servers that may be stopped without harm to other tests."""
    with Servers.throwaway() as servers:
        servers.nats.deploy_topology()
        yield servers


@pytest.fixture(scope="module")
def environment(own: Servers) -> dict[str, str]:
    url = migrate(own, "gateway")["gateway"]
    common = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "development",
        "LOG_FORMAT": "console",
        "HOST": "127.0.0.1",
    }
    return gateway_environment(own, common, url)


@pytest.fixture(scope="module")
def lonely(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A gateway without any other service."""
    process = ServiceProcess("gateway", environment, tmp_path_factory.mktemp("lonely"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
async def api(lonely: ServiceProcess) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of a tenant of its own, known to the gateway."""
    async with client_for(lonely, OPERATOR_KEY) as operator:
        tenant = (await operator.post("/v1/tenants", json={"name": "Clean & Co"})).json()
        key = (await operator.post("/v1/api-keys", json={"tenant_id": tenant["id"], "name": "tests"})).json()["key"]
    async with client_for(lonely, key) as client:
        assert (await client.post("/v1/bookings", json={})).status_code == 422
        yield client


async def timed(asking: Awaitable[httpx.Response]) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    return await asking, time.monotonic() - started


async def is_ready(api: httpx.AsyncClient, ready: bool = True) -> bool:
    answer, seconds = await timed(api.get("/readyz"))
    assert seconds < 2.5 + allowed(SLACK_SECONDS)
    assert answer.status_code == (200 if ready else 503)
    assert (await api.get("/healthz")).status_code == 200
    return True


def becomes(api: httpx.AsyncClient, ready: bool) -> Awaitable[bool]:
    return eventually(lambda: is_ready(api, ready), within=15, every=0.2)


async def test_a_command_is_kept_while_booking_service_is_away(api: httpx.AsyncClient) -> None:
    answer, seconds = await timed(
        api.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "wait=1", "Idempotency-Key": "k"})
    )
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=1")
    assert 0.9 < seconds < 1 + allowed(SLACK_SECONDS)
    seen = await api.get(answer.headers["location"])
    assert (seen.status_code, seen.json()["status"], seen.headers["retry-after"]) == (202, "accepted", "1")
    payment = await api.get(answer.headers["location"] + "/payment")
    assert payment.status_code == 503
    unknown = await api.get(f"/v1/bookings/{somewhere()}")
    assert (unknown.status_code, body_of(unknown)["code"]) == (503, "unavailable")
    status = await api.get("/status")
    assert status.status_code == 200
    assert status.json()["capabilities"] == {
        "can_search": "down", "can_book": "degraded", "can_take_money": "down", "can_notify": "down",
    }  # fmt: skip
    assert [s["name"] for s in status.json()["services"]] == ["gateway"]


async def test_a_command_that_nobody_works_on_is_accepted_before_the_usual_wait_is_over(api: httpx.AsyncClient) -> None:
    answer, seconds = await timed(api.post("/v1/bookings", json=command(somewhere())))
    assert answer.status_code == 202
    assert seconds < 2 + allowed(SLACK_SECONDS)
    patient = await timed(api.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "wait=3"}))
    assert (patient[0].status_code, patient[1] > 2.9) == (202, True), "who says how long is waited with for as long"


async def test_a_full_gateway_refuses_at_once_and_who_only_waits_takes_no_place(
    environment: dict[str, str], api: httpx.AsyncClient, tmp_path: Path
) -> None:
    process = await launch(environment, tmp_path, CONCURRENCY_LIMIT="3", TENANT_SHARE="1")
    async with client_for(process, api.headers["authorization"].removeprefix("Bearer ")) as client:
        await becomes(client, ready=True)

        async def waits_for_long() -> httpx.Response:
            return await client.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "wait=8"})

        waiting = [asyncio.create_task(waits_for_long()) for _ in range(3)]

        async def full() -> bool:
            return "\nrequests_under_way 3.0" in (await client.get("/metrics")).text

        await eventually(full, within=1)
        refused, seconds = await timed(client.post("/v1/bookings", json=command(somewhere())))
        assert (refused.status_code, body_of(refused)["code"], seconds < allowed(SLACK_SECONDS)) == (
            503,
            "overloaded",
            True,
        )
        assert refused.headers["retry-after"]
        assert (await client.get("/v1/services")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200, "a full gateway is no dead one"

        async def roomy() -> bool:
            answer = await client.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "respond-async"})
            return answer.status_code == 202

        await eventually(roomy, within=2)
        assert not any(task.done() for task in waiting)
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {202}
    process.stop()


async def test_writes_are_refused_while_too_many_wait(
    environment: dict[str, str], own: Servers, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    process = await launch(environment, tmp_path, BACKLOG_LIMIT="5")
    broker = Broker(own.nats.url, "test")
    await broker.connect()
    try:
        await broker.js.purge_stream("COMMANDS")  # booking-service's consumer waits there, and nobody serves it
        async with client_for(process, api.headers["authorization"].removeprefix("Bearer ")) as client:
            await becomes(client, ready=True)
            codes = []

            async def refused() -> bool:
                headers = {"Prefer": "respond-async"}
                answer = await client.post("/v1/bookings", json=command(somewhere()), headers=headers)
                codes.append(answer.status_code)
                return answer.status_code == 503 and bool(body_of(answer)["code"] == "overloaded")

            async def taken() -> bool:
                return not await refused()

            await eventually(taken, within=5)  # once it has seen that what waited before is gone
            before = codes.count(503)
            await eventually(refused, within=5)
            assert set(codes) == {202, 503}
            assert codes.count(202) >= 5
            shed = f'requests_shed_total{{reason="backlog"}} {before + 1}.0'
            assert shed in (await client.get("/metrics")).text
            await broker.js.purge_stream("COMMANDS")
            await eventually(taken, within=5)
    finally:
        await broker.close()
        process.stop()


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_without_nats_nothing_is_accepted_and_all_recovers(
    api: httpx.AsyncClient, own: Servers, how: str
) -> None:
    event = compact({"id": f"evt_{how}", "type": "charge.updated", "created": 1, "data": {}})
    signed = {"Stripe-Signature": sign(event, STRIPE_SECRETS[0], int(time.time()))}
    if how == "stopped":
        own.nats.kill()
    else:
        own.nats.freeze()
    try:
        answer, seconds = await timed(api.post("/v1/bookings", json=command(somewhere())))
        assert (answer.status_code, body_of(answer)["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"]
        assert seconds < allowed(3)
        assert (await api.post("/webhooks/stripe", content=event, headers=signed)).status_code == 503
        assert (await api.get("/v1/services")).status_code == 503
        await becomes(api, ready=False)
        status = (await api.get("/status")).json()
        assert status["status"] == "not_ready"
        assert set(status["capabilities"].values()) == {"down"}
    finally:
        if how == "stopped":
            own.nats.start()
        else:
            own.nats.thaw()
    await becomes(api, ready=True)
    accepted = await api.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    assert (await api.post("/webhooks/stripe", content=event, headers=signed)).status_code == 200
    text = (await api.get("/metrics")).text
    assert 'http_5xx_total{method="POST",path="/v1/bookings"}' in text


async def test_a_frozen_database_stops_no_known_key(api: httpx.AsyncClient, own: Servers) -> None:
    prefer = {"Prefer": "respond-async"}
    stranger = f"tb_live_{'7' * 16}_{'x' * 43}"
    with frozen(own.postgres.pid):
        give_up_at = time.monotonic() + 8  # past the time that a key is trusted for
        while time.monotonic() < give_up_at:
            answer, seconds = await timed(api.post("/v1/bookings", json=command(somewhere()), headers=prefer))
            assert (answer.status_code, seconds < STATEMENT_SECONDS) == (202, True), "it asked the database"
        header = {"Authorization": f"Bearer {stranger}_{checksum(stranger)}"}
        answer, seconds = await timed(api.get("/v1/services", headers=header))
        assert (answer.status_code, seconds < 3 + allowed(SLACK_SECONDS)) == (503, True)
        await becomes(api, ready=False)
    await becomes(api, ready=True)
    assert (await api.get("/v1/services", headers=header)).status_code == 401


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_without_the_quota_store_requests_pass(api: httpx.AsyncClient, own: Servers, how: str) -> None:
    usual = []

    async def counted() -> bool:
        answer, seconds = await timed(api.post("/v1/bookings", json={}))
        if "ratelimit" in answer.headers:  # else the store, on a busy machine, was too late
            usual.append(seconds)
        return len(usual) == 5

    await eventually(counted)
    if how == "stopped":
        own.valkey.kill()
    else:
        own.valkey.freeze()
    try:
        spent = []
        for _ in range(10):
            answer, seconds = await timed(api.post("/v1/bookings", json={}))
            assert (answer.status_code, "ratelimit" in answer.headers) == (422, False)
            spent.append(seconds)
        assert max(spent) < max(usual) + allowed(0.1)  # the promise, beside what the rest of the request takes
        assert sorted(spent)[4] < max(usual) + 0.04  # after three failures nobody waits any more
        assert "failed_open" in (await api.get("/metrics")).text
    finally:
        if how == "stopped":
            own.valkey.start()
        else:
            own.valkey.thaw()

    async def counted_again() -> bool:
        return "ratelimit" in (await api.post("/v1/bookings", json={})).headers

    await eventually(counted_again)


async def launch(environment: dict[str, str], directory: Path, **more: str) -> ServiceProcess:
    process = ServiceProcess("gateway", environment | more, directory)
    process.launch()
    process.wait_until(lambda: answers_http(process.port, "/status"), allowed(30))
    return process


async def test_a_required_jobs_runner_must_beat(environment: dict[str, str], own: Servers, tmp_path: Path) -> None:
    broker = Broker(own.nats.url, "test")
    await broker.connect()
    process = await launch(environment, tmp_path, JOB_HEARTBEAT_REQUIRED="true", JOB_HEARTBEAT_TTL_SECONDS="3")
    try:
        async with client_for(process, OPERATOR_KEY) as api:
            await becomes(api, ready=False)

            async def check() -> str:
                return str((await api.get("/readyz")).json()["checks"].get("jobs-runner"))

            async def says(text: str) -> bool:
                return text in str(await check())

            await eventually(lambda: says("no heartbeat"))
            now = utc_now()
            beat = JobsHeartbeat(
                name="jobs-runner", instance="a", interval_seconds=60, beat_at=now, last_success_at=now
            )
            bucket = await broker.js.key_value(JOBS_BUCKET)
            await bucket.put("jobs-runner", beat.model_dump_json().encode())
            await becomes(api, ready=True)
            assert (await api.get("/status")).json()["jobs"]["instance"] == "a"
            await becomes(api, ready=False)
            assert await says("allowed 3 s")
            await bucket.put("jobs-runner", b"nonsense")
            await eventually(lambda: says("no heartbeat"))
    finally:
        process.stop()
        await broker.close()


async def test_a_required_service_must_live(environment: dict[str, str], tmp_path: Path) -> None:
    process = await launch(
        environment, tmp_path, READINESS_REQUIRED_SERVICES="gateway, booking", METRICS_ENABLED="false"
    )
    try:
        async with client_for(process, OPERATOR_KEY) as api:
            await becomes(api, ready=False)

            async def checks() -> Any:
                return (await api.get("/readyz")).json()["checks"]

            async def gateway_seen() -> bool:
                return bool((await checks()).get("service:gateway") == "ok")

            await eventually(gateway_seen)
            assert (await checks())["service:booking"] == "no live heartbeat"
            assert (await api.get("/metrics")).status_code == 404
    finally:
        process.stop()


async def test_waiting_requests_are_answered_before_it_stops(
    environment: dict[str, str], api: httpx.AsyncClient, tmp_path: Path
) -> None:
    process = await launch(environment, tmp_path)
    async with client_for(process, api.headers["authorization"].removeprefix("Bearer ")) as client:
        await becomes(client, ready=True)
        asking = asyncio.create_task(
            client.post("/v1/bookings", json=command(somewhere()), headers={"Prefer": "wait=2"})
        )

        async def stored() -> bool:
            return 'rate_limiter_decisions_total{decision="allowed"} 1.0' in (await client.get("/metrics")).text

        await eventually(stored)
        process.ask_to_stop()
        assert (await asking).status_code == 202
    process.stop()
