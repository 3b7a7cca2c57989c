"""`make bench`: confirmed bookings a second through the whole path, beside a bare FastAPI echo, in one run.

Prints the table and writes it to bench/RESULTS.md. Rounds alternate between the two, so that a
noisy minute hits both; the ratio is that of the medians.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvloop
from nats import connect as nats_connect

from bench.load import Load, run
from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http
from devstack.stack import Stack

HERE = Path(__file__).parent
ROOT = HERE.parent
CONNECTIONS = 64
SLOTS_PER_RESOURCE = 48 * 80
WEEK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]


@dataclass(slots=True)
class Shop:
    """A tenant with enough slots that every booking is for another one."""

    key: str
    service_id: str
    resource_ids: list[str]
    made: int = 0

    def bodies(self, count: int) -> Iterator[bytes]:
        """Bodies for the next `count` slots."""
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        for n in range(self.made, self.made + count):
            resource, slot = divmod(n, SLOTS_PER_RESOURCE)
            yield json.dumps(
                {
                    "service_id": self.service_id,
                    "resource_id": self.resource_ids[resource],
                    "starts_at": (first + timedelta(minutes=30 * slot)).isoformat(),
                    "customer": {"name": "Ada Lovelace", "email": f"ada{n}@customer.example"},
                    "notes": "The key is under the mat.",
                    "metadata": {"source": "bench"},
                }
            ).encode()
        self.made += count


@dataclass(slots=True)
class Figures:
    """What the run has measured."""

    echo: list[Load] = field(default_factory=list)
    path: list[Load] = field(default_factory=list)
    lone: list[Load] = field(default_factory=list)
    lone_echo: list[Load] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    drained_seconds: float = 0


def http_requests(bodies: Iterator[bytes], key: str | None) -> Iterator[bytes]:
    """Raw HTTP/1.1 requests; for Tidebook with its key and an `Idempotency-Key` each."""
    for body in bodies:
        secret = f"Authorization: Bearer {key}\r\nIdempotency-Key: {uuid4().hex}\r\n" if key else ""
        head = (
            "POST /v1/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"{secret}Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def open_shop(stack: Stack, bookings: int) -> Shop:
    """Over the API, as any tenant."""
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=20, trust_env=False) as http:

        async def make(path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
            response = await http.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
            response.raise_for_status()
            made: dict[str, Any] = response.json()
            return made

        operator = stack.credentials.operator_api_key
        tenant = await make("/v1/tenants", operator, {"name": "Bench"})
        key = (await make("/v1/api-keys", operator, {"tenant_id": tenant["id"], "name": "bench"}))["key"]
        service = {
            "name": "Bench",
            "duration_minutes": 30,
            "price": {"amount": 9000, "currency": "eur"},
            "minimum_notice_minutes": 0,
        }
        service_id = (await make("/v1/services", key, service))["id"]
        resource = {"time_zone": "Europe/Paris", "weekly_hours": WEEK, "service_ids": [service_id]}
        wanted = bookings // SLOTS_PER_RESOURCE + 1
        made = [await make("/v1/resources", key, {"name": f"Team {n}", **resource}) for n in range(wanted)]
        return Shop(key, service_id, [r["id"] for r in made])


async def drained(stack: Stack) -> float:
    """Wait until every consumer has caught up; returns the seconds that took."""
    started = time.perf_counter()
    nats = await nats_connect(stack.servers.nats.url)
    js = nats.jetstream()
    try:
        while True:
            waiting = 0
            for stream in ("REQUESTS", "BOOKING", "BILLING"):
                for info in await js.consumers_info(stream):
                    waiting += (info.num_pending or 0) + (info.num_ack_pending or 0)
            if not waiting:
                return time.perf_counter() - started
            await asyncio.sleep(0.2)
    finally:
        await nats.close()


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def measure(stack: Stack, echo_port: int, rounds: int, count: int) -> Figures:
    """Alternate the two, then lone requests of each."""
    figures = Figures()
    shop = await open_shop(stack, (rounds + 1) * count + 1000)
    port = stack.ports.gateway

    async def path(n: int, connections: int) -> Load:
        load = await run(port, http_requests(shop.bodies(n), shop.key), connections)
        if set(load.statuses) != {201}:
            raise SystemExit(f"bench: not every booking was confirmed: {dict(load.statuses)}")
        return load

    async def echo(n: int, connections: int) -> Load:
        body = next(shop.bodies(1))
        return await run(echo_port, http_requests(itertools.repeat(body, n), None), connections)

    await path(count // 4, CONNECTIONS)
    await echo(count, CONNECTIONS)
    for number in range(rounds):
        await drained(stack)
        figures.echo.append(await echo(count * 3, CONNECTIONS))
        figures.path.append(await path(count, CONNECTIONS))
        print(
            f"  round {number + 1}: {figures.path[-1].per_second:7,.0f} bookings/s"
            f"   echo {figures.echo[-1].per_second:7,.0f}/s",
            flush=True,
        )
    figures.drained_seconds = await drained(stack)
    figures.lone.append(await path(300, 1))
    figures.lone_echo.append(await echo(300, 1))
    for name, process in stack.processes.items():
        figures.memory[name] = resident_megabytes(process.pid)
    return figures


def table(figures: Figures, count: int) -> str:
    """The figures as Markdown."""
    path = statistics.median(load.per_second for load in figures.path)
    echo = statistics.median(load.per_second for load in figures.echo)
    p = {share: statistics.median(load.percentile(share) for load in figures.path) for share in (50, 99)}
    e = {share: statistics.median(load.percentile(share) for load in figures.echo) for share in (50, 99)}
    lone, lone_echo = figures.lone[0], figures.lone_echo[0]
    rows = [
        "| what | a second | ratio to the echo | p50 ms | p99 ms |",
        "|---|---:|---:|---:|---:|",
        f"| bare FastAPI echo of the same body, {CONNECTIONS} connections | {echo:,.0f} | 1 "
        f"| {e[50]:.1f} | {e[99]:.1f} |",
        f"| **confirmed bookings, whole path**, {CONNECTIONS} connections | {path:,.0f} | **{path / echo:.3f}** "
        f"| {p[50]:.1f} | {p[99]:.1f} |",
        f"| bare echo, a lone connection | {lone_echo.per_second:,.0f} | "
        f"| {lone_echo.percentile(50):.2f} | {lone_echo.percentile(99):.2f} |",
        f"| whole path, a lone connection | {lone.per_second:,.0f} | "
        f"| {lone.percentile(50):.2f} | {lone.percentile(99):.2f} |",
        "",
        f"{len(figures.path)} rounds of {count:,} bookings, each for another slot; medians. "
        f"Every consumer had caught up {figures.drained_seconds:.1f} s after the last round.",
        "",
        "| process | resident MB |",
        "|---|---:|",
        *(f"| {name} | {megabytes:.0f} |" for name, megabytes in sorted(figures.memory.items())),
    ]
    return "\n".join(rows)


def machine() -> str:
    """What this was measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024**2
    return f"{os.cpu_count()} cores ({model}), {memory} GiB, {platform.system()}, Python {platform.python_version()}"


def results(figures: Figures, count: int) -> str:
    """The whole of bench/RESULTS.md."""
    return f"""# Results

Written by `make bench` on {datetime.now(UTC):%d %B %Y}: {machine()}.
The load generator, all services, PostgreSQL, NATS and Valkey share those cores.

The whole path is: API key, quota in Valkey, validation, a durable publish (`sync_interval: always`), one
batch transaction under the exclusion constraint (`fsync` on) with ledger and outbox, outcome to the gateway,
relay, and the consumers of the events (mail is queued, the adapter is `off`). Every request has an
`Idempotency-Key` of its own. Absolute figures are this machine's; the ratios are what to compare.

{table(figures, count)}
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bookings", type=int, default=3000, help="bookings a round")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    settings = {"MAIL_ADAPTER": "off", "RATE_LIMIT_PER_MINUTE": "1000000", "LOG_FORMAT": "json"}
    print("starting the stack …", flush=True)
    with Stack.throwaway(durable=True, settings=settings) as stack:
        [port] = free_ports(1)
        command = [sys.executable, "-m", "uvicorn", "bench.echo:app", "--port", str(port), "--no-access-log"]
        command += ["--log-level", "warning"]
        echo = Child("echo", command, directory=stack.directory, cwd=ROOT)
        echo.launch()
        try:
            echo.wait_until(lambda: answers_http(port, "/healthz"), 20)
            figures = uvloop.run(measure(stack, port, options.rounds, options.bookings))
        finally:
            echo.kill()
    text = results(figures, options.bookings)
    print("\n" + table(figures, options.bookings))
    if not options.no_write:
        (HERE / "RESULTS.md").write_text(text)
        print("\nwritten to bench/RESULTS.md")


main()
