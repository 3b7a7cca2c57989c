"""A whole service as a process: what an operator and a load balancer see of it."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from booking.schema import SCHEMA_REVISION
from devstack.ports import LOOPBACK, free_ports
from devstack.process import Child
from devstack.servers import Nats, Servers, temporary_directory
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.runtime.heartbeat import read_heartbeats
from tests.conftest import migrate
from tests.shared.conftest import new_database
from tests.support.databases import database_settings
from tests.support.eventually import allowed, eventually
from tests.support.kernel import Kernel

READY_SECONDS = 15


class BookingProcess:
    """`python -m booking` on a port of its own."""

    def __init__(self, database_url: str, server: Nats, **environment: str) -> None:
        self.port = free_ports(1)[0]
        settings = {
            "PORT": str(self.port),
            "HOST": LOOPBACK,
            **server.settings("booking"),
            **database_settings("booking", database_url),
            "ENVIRONMENT": "development",
        }
        command = [sys.executable, "-m", "booking"]
        self.child = Child(
            f"booking-{self.port}", command, directory=temporary_directory(), environment=settings | environment
        )
        self.http = httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{self.port}", trust_env=False, timeout=5)

    async def get(self, path: str) -> httpx.Response | None:
        """The answer, or nothing while it does not listen."""
        try:
            return await self.http.get(path)
        except httpx.TransportError:
            return None

    async def readiness(self, status: int, within: float = READY_SECONDS) -> dict[str, Any]:
        """What `/readyz` says, once it answers with this status."""

        async def look() -> dict[str, Any] | None:
            answer = await self.get("/readyz")
            assert answer is not None, f"it does not listen: {self.child.said(5)}"
            assert answer.status_code == status, answer.text
            body: dict[str, Any] = answer.json()
            return body

        found = await eventually(look, within=within, every=0.2)
        assert found is not None
        return found

    async def ended(self, within: float = 10) -> str:
        """How it ended."""

        async def look() -> bool:
            return not self.child.running

        await eventually(look, within=within)
        return self.child.exit_status

    async def terminate(self) -> tuple[str, float]:
        """How it ends on SIGTERM, and after how many seconds."""
        asked = time.monotonic()
        self.child.ask_to_stop()
        return await self.ended(), time.monotonic() - asked


Start = Callable[..., BookingProcess]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts booking processes; all have ended after the test."""
    started: list[BookingProcess] = []

    def launch(database_url: str, server: Nats, **environment: str) -> BookingProcess:
        process = BookingProcess(database_url, server, **environment)
        started.append(process)
        process.child.launch()
        return process

    yield launch
    for process in started:
        await asyncio.to_thread(process.child.kill)
        await process.http.aclose()


async def test_two_replicas_serve_and_leave_in_order(
    database_url: str, servers: Servers, start: Start, wire: Broker
) -> None:
    replicas = [start(database_url, servers.nats) for _ in range(2)]
    for replica in replicas:
        body = await replica.readiness(200)
        assert body["status"] == "ready"
        assert body["service"] == "booking"
        assert body["checks"] == dict.fromkeys(("nats", "database", "topology", "consumers"), "ok")
        alive = await replica.get("/healthz")
        assert alive is not None
        assert (alive.status_code, alive.text) == (200, "ok\n")

    async def both_beat() -> bool:
        try:
            seen = await read_heartbeats(wire)
        except Unavailable:
            return False
        beats = [b.heartbeat.instance for b in seen if b.heartbeat.service == "booking"]
        return all(any(f"-{replica.child.pid}-" in beat for beat in beats) for replica in replicas)

    await eventually(both_beat)

    async def measured() -> bool:
        metrics = await replicas[0].get("/metrics")
        assert metrics is not None
        assert metrics.status_code == 200
        names = ("outbox_pending_events", "consumer_pending_messages{", "heartbeat_timestamp_seconds")
        return all(f"\n{name}" in metrics.text for name in names)

    await eventually(measured, within=5)
    pids = [replica.child.pid for replica in replicas]
    for ended, seconds in await asyncio.gather(*(r.terminate() for r in replicas)):
        print(f"ended in {seconds:.1f} s")
        assert ended == "exit code 0"
        assert seconds < allowed(10)
    beating = [b.heartbeat.instance for b in await read_heartbeats(wire)]
    ours = [beat for beat in beating if any(f"-{pid}-" in beat for pid in pids)]
    assert ours == [], "who leaves on purpose takes its heartbeat along"


async def test_it_waits_for_its_schema(servers: Servers, kernel: Kernel, start: Start) -> None:
    name = await new_database(servers)
    url = servers.postgres.url_for("booking", "booking-password").replace("/tidebook", f"/{name}")
    process = start(url, servers.nats, METRICS_ENABLED="false")
    await process.readiness(503)

    async def says_what_is_missing() -> bool:
        body = await process.readiness(503)
        told = body["checks"]["database"]
        return bool(told == f"migration drift: code {SCHEMA_REVISION}, database none")

    await eventually(says_what_is_missing)
    alive, metrics = await process.get("/healthz"), await process.get("/metrics")
    assert alive is not None
    assert metrics is not None
    assert (alive.status_code, metrics.status_code) == (200, 404)
    await asyncio.to_thread(migrate, servers, "booking", database=name)
    await process.readiness(200)
    assert await process.terminate() < ("exit code 0", 10.0)


async def test_it_waits_for_nats_and_outlives_its_outage(database_url: str, private_nats: Nats, start: Start) -> None:
    process = start(database_url, private_nats)
    body = await process.readiness(503)
    assert body["checks"]["nats"] == "not connected"
    assert body["checks"]["database"] == "ok"
    await asyncio.to_thread(private_nats.start)

    async def says_what_is_missing() -> bool:
        told = (await process.readiness(503))["checks"]["topology"]
        return bool(told == "stream COMMANDS is missing. Run `make topology` to bring NATS to the code.")

    await eventually(says_what_is_missing)
    await asyncio.to_thread(private_nats.deploy_topology)
    await process.readiness(200)
    await asyncio.to_thread(private_nats.kill)
    down = await process.readiness(503, within=6)
    assert down["checks"]["nats"] != "ok"
    await says_little_of_many_errors(process)
    alive = await process.get("/healthz")
    assert alive is not None
    assert alive.status_code == 200, "liveness knows nothing of NATS: a restart would not help"
    await asyncio.to_thread(private_nats.start)
    await process.readiness(200)
    await asyncio.to_thread(private_nats.kill)
    status, seconds = await process.terminate()
    assert status == "exit code 0", process.child.said(60)
    assert seconds < allowed(10), "a dead NATS holds nobody back"


async def says_little_of_many_errors(process: BookingProcess) -> None:
    """While NATS is away: every error of its client counted, no more than a line a second logged."""

    async def errors() -> float:
        metrics = await process.get("/metrics")
        assert metrics is not None
        line = next(line for line in metrics.text.splitlines() if line.startswith("nats_client_errors_total"))
        return float(line.split()[1])

    def logged() -> int:
        return process.child.log_path.read_text().count("nats_error")

    before, lines, started = await errors(), logged(), time.monotonic()

    async def many_more() -> bool:
        return await errors() >= before + 20

    await eventually(many_more, within=20)
    seconds, lines = time.monotonic() - started, logged() - lines
    print(f"errors {await errors() - before:.0f}, lines {lines} in {seconds:.1f} s")
    assert lines <= seconds


async def test_a_deployment_without_nats_ends_with_one_clear_line(private_nats: Nats) -> None:
    command = [sys.executable, "-m", "shared.deployment", "deploy/nats/topology.json"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "NATS_URL": private_nats.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), allowed(40))
    assert (process.returncode, out) == (1, b"")
    said = errors.decode().splitlines()
    assert said[-1].startswith("topology: NATS does not answer")
    assert "Traceback" not in errors.decode()


async def test_it_stops_while_it_waits_for_nats(database_url: str, private_nats: Nats, start: Start) -> None:
    process = start(database_url, private_nats)
    await process.readiness(503)
    status, seconds = await process.terminate()
    assert status == "exit code 0", process.child.said(60)
    assert seconds < allowed(10)


async def test_it_refuses_a_changed_topology_with_the_cure(database_url: str, private_nats: Nats, start: Start) -> None:
    await asyncio.to_thread(private_nats.start)
    await asyncio.to_thread(private_nats.deploy_topology)
    process = start(database_url, private_nats)
    await process.readiness(200)
    await process.terminate()
    broker = Broker(private_nats.url, "test")
    await broker.connect()
    config = (await broker.js.stream_info("BOOKING")).config
    await broker.js.update_stream(config.evolve(max_age=3600.0, duplicate_window=600.0))
    await broker.close()
    again = start(database_url, private_nats)
    assert await again.ended() == "exit code 1"
    assert "make topology" in again.child.said(10)
    assert "Traceback" not in again.child.said(50)


async def test_a_missing_variable_ends_it_with_its_name(database_url: str, private_nats: Nats, start: Start) -> None:
    process = start(database_url, private_nats)
    process.child.environment.pop("NATS_URL")
    await asyncio.to_thread(process.child.kill)
    process.child.launch()
    assert await process.ended() == "exit code 2"
    assert process.child.said() == "NATS_URL: Field required"
