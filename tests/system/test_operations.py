"""The operations guide's promises, each seen from outside (docs/operations.md maps them)."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from devstack.ports import free_ports
from devstack.server import answers_http
from devstack.servers import REPOSITORY
from devstack.stack import ServiceProcess, Stack
from tests.support.client import Api, in_days
from tests.support.eventually import allowed, eventually
from tests.system.conftest import Outside, payable


async def readyz(process: ServiceProcess) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client:
        return await client.get(f"{process.url}/readyz")


@asynccontextmanager
async def extra_gateways(stack: Stack, count: int, **settings: str) -> AsyncIterator[list[ServiceProcess]]:
    """Gateways beside the first, with settings of their own; they leave afterwards."""
    gateways = [await asyncio.to_thread(lambda: stack.add("gateway", **settings)) for _ in range(count)]
    yield gateways
    for gateway in gateways:
        await asyncio.to_thread(gateway.stop)


async def statuses(gateways: list[ServiceProcess], key: str, requests: int) -> Counter[int]:
    """What the gateways answer to so many requests, spread over them."""
    seen: Counter[int] = Counter()
    async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client:
        for n in range(requests):
            url = f"{gateways[n % len(gateways)].url}/v1/services"
            response = await client.get(url, headers={"Authorization": f"Bearer {key}"})
            seen[response.status_code] += 1
            if response.status_code == 429:
                assert int(response.headers["Retry-After"]) >= 1
    return seen


async def failed_open(gateway: ServiceProcess) -> float:
    """How many requests it has let pass because the quota store was silent, or late on a busy machine."""
    async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client:
        metrics = (await client.get(f"{gateway.url}/metrics")).text
    lines = [line for line in metrics.splitlines() if line.startswith("rate_limiter_decisions_total{")]
    return sum(float(line.split()[1]) for line in lines if 'decision="failed_open"' in line)


async def test_gateways_share_quotas_through_redis(api: Api, stack: Stack) -> None:
    async with extra_gateways(stack, 2, RATE_LIMIT_PER_MINUTE="30") as gateways:
        started = time.monotonic()
        seen = await statuses(gateways, api.key, 80)
        refilled = (time.monotonic() - started) / 2
        uncounted = sum([await failed_open(gateway) for gateway in gateways])
    assert seen[200] <= 30 + refilled + 1 + uncounted, f"two gateways let {seen[200]} of 30 pass"
    assert seen[429] > uncounted, "hardly a request was counted"


async def test_without_redis_each_gateway_counts_for_itself(api: Api, stack: Stack) -> None:
    settings = {"RATE_LIMIT_PER_MINUTE": "30", "RATE_LIMIT_CLEANUP_MINUTES": "1", "REDIS_URL": ""}
    async with extra_gateways(stack, 2, **settings) as gateways:
        started = time.monotonic()
        seen = await statuses(gateways, api.key, 120)
        refilled = time.monotonic() - started
    assert 60 <= seen[200] <= 60 + refilled + 2, seen


async def test_with_redis_away_requests_pass_and_are_counted(api: Api, stack: Stack) -> None:
    async with extra_gateways(stack, 1, RATE_LIMIT_PER_MINUTE="5") as [gateway]:
        await asyncio.to_thread(stack.servers.valkey.stop)
        seen = await statuses([gateway], api.key, 20)
        uncounted = await failed_open(gateway)
        await asyncio.to_thread(stack.servers.valkey.start)
    assert seen == {200: 20}
    assert uncounted == 20


async def test_readyz_tells_migration_drift(stack: Stack) -> None:
    gateway = stack.processes["gateway-1"]
    assert (await readyz(gateway)).status_code == 200
    connection = await asyncpg.connect(stack.servers.postgres.url)
    try:
        head = await connection.fetchval("SELECT version_num FROM gateway.alembic_version")
        await connection.execute("UPDATE gateway.alembic_version SET version_num = '0000_older'")

        async def drifted() -> bool:
            response = await readyz(gateway)
            return response.status_code == 503 and "migration drift" in response.text

        await eventually(drifted, within=15)
        assert answers_http(gateway.port, "/healthz"), "liveness does not depend on the database"
    finally:
        await connection.execute("UPDATE gateway.alembic_version SET version_num = $1", head)
        await connection.close()

    async def mended() -> bool:
        return (await readyz(gateway)).status_code == 200

    await eventually(mended, within=15)


async def test_readyz_with_and_without_the_jobs_heartbeat(stack: Stack) -> None:
    jobs = stack.processes["jobs-1"]
    strict = {"JOB_HEARTBEAT_REQUIRED": "true", "JOB_HEARTBEAT_TTL_SECONDS": "8"}
    async with (
        extra_gateways(stack, 1, **strict) as [demanding],
        extra_gateways(stack, 1, JOB_HEARTBEAT_REQUIRED="false") as [relaxed],
    ):
        await asyncio.to_thread(jobs.stop)

        async def unready() -> bool:
            return (await readyz(demanding)).status_code == 503

        await eventually(unready, within=25)
        assert (await readyz(relaxed)).status_code == 200
        await asyncio.to_thread(jobs.start)

        async def ready() -> bool:
            return (await readyz(demanding)).status_code == 200

        await eventually(ready, within=25)


async def test_the_jobs_runner_beats_in_its_table_and_runs_once_on_demand(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.servers.postgres.url)
    try:

        async def beat_at() -> datetime:
            beat: datetime = await connection.fetchval(
                "SELECT beat_at FROM notifier.job_heartbeats WHERE name = 'jobs-runner'"
            )
            return beat

        before = await beat_at()
        assert datetime.now(UTC) - before < timedelta(seconds=30)
        environment = {**stack.settings(), **stack.servers.nats.settings("jobs"), "PORT": "0"}
        command = [sys.executable, "-m", "notifier.jobs", "--once"]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=REPOSITORY, capture_output=True, timeout=allowed(60)
        )
        assert done.returncode == 0, done.stderr
        assert await beat_at() > before
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"MAIL_ADAPTER": "sendgrid", "SENDGRID_API_KEY": ""}, "SENDGRID_API_KEY"),
        ({"MAIL_ADAPTER": "smtp", "SMTP_HOST": ""}, "SMTP_HOST"),
        ({"MAIL_ADAPTER": "pigeon"}, "MAIL_ADAPTER"),
    ],
)
async def test_mail_adapters_are_resolved_at_start(stack: Stack, changes: dict[str, str], named: str) -> None:
    command = [sys.executable, "-m", "notifier.jobs", "--once"]
    environment = {**stack.settings(), **stack.servers.nats.settings("jobs"), "PORT": "0", **changes}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=allowed(60)
    )
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_four_metrics_with_their_names_and_labels(api: Api, stack: Stack, outside: Outside) -> None:
    service = await api.service(deposit_percent=10)
    await api.resource(service)
    booking = (await api.book(service, in_days(2), "metrics@customer.example")).json()
    await outside.pay(await payable(api, booking["id"]))
    await api.post(f"/v1/bookings/{booking['id']}/cancel", {})
    await asyncio.to_thread(stack.servers.nats.stop)
    assert (await api.book(service, in_days(3))).status_code == 503
    await asyncio.to_thread(stack.servers.nats.start)

    async def scraped() -> bool:
        text = ""
        async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client:
            for process in [p for p in stack.processes.values() if p.running]:
                text += (await client.get(f"{process.url}/metrics")).text
        wanted = (
            'webhook_events_total{result="processed"}',
            'email_jobs_total{job="messages",status="sent"}',
            'bookings_total{action="created"}',
            'bookings_total{action="cancelled"}',
            'http_5xx_total{method="POST",path="/v1/bookings"}',
        )
        missing = [name for name in wanted if name not in text]
        assert not missing, missing
        return True

    await eventually(scraped, within=30)


async def test_the_state_of_the_system_can_be_shown_on_a_port_of_its_own(stack: Stack) -> None:
    [inner] = free_ports(1)
    async with (
        extra_gateways(stack, 1, OPERATIONS_PORT=str(inner)) as [gateway],
        httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client,
    ):
        operations = f"http://127.0.0.1:{inner}"
        assert (await client.get(f"{gateway.url}/healthz")).text == "ok\n"
        assert (await client.get(f"{gateway.url}/readyz")).json() == {"status": "ready"}
        for path in ("/metrics", "/status"):
            assert (await client.get(gateway.url + path)).status_code == 404
        assert "http_request_seconds" in (await client.get(f"{operations}/metrics")).text
        for path in ("/readyz", "/status"):
            assert {"capabilities", "services"} <= (await client.get(operations + path)).json().keys()
        assert (await client.get(f"{operations}/v1/bookings")).status_code == 404


async def test_metrics_can_be_switched_off(stack: Stack) -> None:
    async with (
        extra_gateways(stack, 1, METRICS_ENABLED="false") as [gateway],
        httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as client,
    ):
        assert (await client.get(f"{gateway.url}/metrics")).status_code == 404
        assert (await client.get(f"{gateway.url}/healthz")).status_code == 200


async def test_status_lists_every_service_and_what_works(http: httpx.AsyncClient, stack: Stack) -> None:
    async def whole() -> bool:
        body = (await http.get("/status")).json()
        names = {service["name"] for service in body["services"]}
        assert {"gateway", "booking", "billing", "notifier", "jobs"} <= names, names
        assert set(body["capabilities"].values()) == {"ok"}, body["capabilities"]
        return True

    await eventually(whole, within=20)
    await asyncio.to_thread(stack.processes["billing-1"].stop)

    async def no_money() -> bool:
        response = await http.get("/status")
        return response.status_code == 200 and response.json()["capabilities"]["can_take_money"] == "down"

    await eventually(no_money, within=25)
    assert (await http.get("/readyz")).status_code == 200, (
        "another service's trouble is no reason to leave the balancer"
    )
    await asyncio.to_thread(stack.processes["billing-1"].start)
