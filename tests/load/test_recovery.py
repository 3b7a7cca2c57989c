"""NATS, PostgreSQL and Valkey killed or frozen under load: what it costs meanwhile, and how soon all is as before.

A closed loop of a few clients books and reads all the time; its answers are counted in windows.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from devstack.server import Server
from devstack.stack import Stack
from tests.load.shop import Shop
from tests.support.eventually import eventually
from tests.support.freezing import frozen
from tests.support.stack import throwaway_stack

pytestmark = [pytest.mark.load, pytest.mark.timeout(600)]

CLIENTS = 12
WINDOW_SECONDS = 1.0
BASELINE_WINDOWS = 8
BACK_SECONDS = 5
"""Within this after a server's return throughput must be back."""
BACK_SHARE = 0.95
SETTLED_WINDOWS = 5
DOWN_SECONDS = 3.0
FROZEN_SECONDS = 8.0
ANSWER_SECONDS = 2.5
"""How long an answer may take while PostgreSQL is frozen."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with throwaway_stack(settings={"MAIL_ADAPTER": "off", "RATE_LIMIT_PER_MINUTE": "1000000"}) as running:
        yield running


@dataclass
class Answered:
    """One answer: when it came (monotonic), how long it took, what it was (0: none)."""

    at: float
    seconds: float
    method: str
    status: int


@dataclass
class Load:
    """Clients that book and read in turn, each its next request when the last is answered."""

    http: httpx.AsyncClient
    shop: Shop
    answers: list[Answered] = field(default_factory=list)
    working: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self.working = [asyncio.create_task(self._work()) for _ in range(CLIENTS)]

    async def stop(self) -> None:
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)

    def good_per_second(self, since: float, until: float) -> float:
        """Bookings made and lists read, a second."""
        return sum(a.status in (200, 201) and since <= a.at < until for a in self.answers) / (until - since)

    def during(self, since: float, until: float, method: str | None = None) -> list[Answered]:
        """Answers to requests that were sent and answered in that time."""
        return [
            a
            for a in self.answers
            if since <= a.at - a.seconds and a.at <= until and (method is None or a.method == method)
        ]

    async def _work(self) -> None:
        while True:
            for request in (self.shop.booking(), self.shop.reading()):
                started = time.monotonic()
                try:
                    status = (await self.http.send(self.http.build_request(**request))).status_code
                except httpx.TransportError:
                    status = 0
                now = time.monotonic()
                self.answers.append(Answered(now, now - started, request["method"], status))
                if status not in (200, 201, 202):
                    await asyncio.sleep(0.05)  # no client hammers a server that says no


@pytest.fixture
async def load(stack: Stack) -> AsyncIterator[Load]:
    """Running clients, warmed up."""
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=30, trust_env=False) as http:
        load = Load(http, await Shop.open(stack))
        load.start()
        await windows(load, 3)
        yield load
        await load.stop()


async def windows(load: Load, count: int) -> list[float]:
    """Good answers a second in each of the next windows."""
    seen = []
    for _ in range(count):
        started = time.monotonic()
        await asyncio.sleep(WINDOW_SECONDS)
        seen.append(load.good_per_second(started, time.monotonic()))
    return seen


@dataclass
class Recovery:
    """How throughput went: before, while away, in windows since the return."""

    before: float
    down: float
    after: list[float]

    @property
    def level(self) -> float:
        """What counts as back: throughput before, or what a busier machine gives when all has long been settled."""
        return min(self.before, statistics.median(self.after[-SETTLED_WINDOWS:]))

    def back_after(self) -> float:
        """Seconds until throughput was back, by the median of the windows from there on; never back is infinity."""
        if self.level < self.before / 2:
            return float("inf")
        for n in range(len(self.after)):
            if statistics.median(self.after[n : n + 3]) >= BACK_SHARE * self.level:
                return n * WINDOW_SECONDS
        return float("inf")

    def told(self, what: str) -> str:
        """One line of figures."""
        return (
            f"\n{what}: {self.before:.0f} answers/s before, {self.down:.0f} meanwhile, back after "
            f"{self.back_after():.0f} s; a second each: {[round(window) for window in self.after]}"
        )


async def recovery(
    load: Load, take_away: Callable[[], Any], bring_back: Callable[[], Any], down_seconds: float = DOWN_SECONDS
) -> Recovery:
    """Take something away for a while, and watch throughput before, meanwhile and afterwards."""
    before = statistics.median(await windows(load, BASELINE_WINDOWS))
    await asyncio.to_thread(take_away)
    gone = time.monotonic()
    await asyncio.sleep(down_seconds)
    down = load.good_per_second(gone, time.monotonic())
    await asyncio.to_thread(bring_back)
    return Recovery(before, down, await windows(load, BACK_SECONDS + 2 * SETTLED_WINDOWS))


@pytest.mark.parametrize("server", ["nats", "postgres", "valkey"])
async def test_throughput_is_back_soon_after_a_killed_server(load: Load, stack: Stack, server: str) -> None:
    victim: Server = getattr(stack.servers, server)
    seen = await recovery(load, victim.kill, victim.start)
    print(seen.told(f"{server} killed"))
    assert seen.back_after() <= BACK_SECONDS
    unexpected = Counter(a.status for a in load.answers) - Counter({200: 10**9, 201: 10**9, 202: 10**9, 503: 10**9})
    assert not unexpected, "every answer is one that a client can act on"
    if server == "valkey":
        assert {a.status for a in load.answers} <= {200, 201}, "quotas are no outage"


async def test_throughput_is_back_soon_after_a_frozen_broker(load: Load, stack: Stack) -> None:
    seen = await recovery(load, stack.servers.nats.freeze, stack.servers.nats.thaw, FROZEN_SECONDS)
    print(seen.told("nats frozen"))
    assert seen.back_after() <= BACK_SECONDS
    assert {a.status for a in load.answers} <= {200, 201, 202, 503}


async def test_a_frozen_database_is_answered_for_in_time_and_forgiven(load: Load, stack: Stack) -> None:
    thaw = frozen(stack.servers.postgres.pid)
    seen: dict[str, float] = {}

    def freeze() -> None:
        thaw.__enter__()
        seen["frozen"] = time.monotonic()

    def go_on() -> None:
        seen["thawed"] = time.monotonic()
        thaw.__exit__(None, None, None)

    course = await recovery(load, freeze, go_on, FROZEN_SECONDS)
    waited = {}
    for method, wanted in (("POST", {202, 503}), ("GET", {503})):
        answers = load.during(seen["frozen"], seen["thawed"], method)
        assert answers
        waited[method] = max(a.seconds for a in answers)
        print(f"{method} while frozen: {dict(Counter(a.status for a in answers))}, slowest {waited[method]:.2f} s")
        assert {a.status for a in answers} <= wanted
    print(course.told("postgres frozen"))
    assert max(waited.values()) <= ANSWER_SECONDS
    assert course.back_after() <= BACK_SECONDS


async def test_a_frozen_quota_store_costs_little_for_three_requests_and_then_nothing(load: Load, stack: Stack) -> None:
    await load.stop()
    usual = [await lone_read(load) for _ in range(20)]
    stack.servers.valkey.freeze()
    try:
        cost = [await lone_read(load) - statistics.median(usual) for _ in range(20)]
    finally:
        stack.servers.valkey.thaw()
    print(f"\nfrozen quota store: first {[round(c * 1000) for c in cost[:4]]} ms, then median "
          f"{statistics.median(cost[3:]) * 1000:.1f} ms")  # fmt: skip
    assert statistics.median(cost[:3]) <= 0.060
    assert statistics.median(cost[3:]) <= 0.010


async def lone_read(load: Load) -> float:
    """Seconds for one read of the catalogue."""
    started = time.monotonic()
    answer = await load.http.send(load.http.build_request(**load.shop.reading()))
    assert answer.status_code == 200
    return time.monotonic() - started


@pytest.mark.parametrize("name", ["gateway-1", "booking-1", "billing-1", "notifier-1"])
async def test_a_frozen_database_holds_up_no_stop(load: Load, stack: Stack, name: str) -> None:
    process = stack.processes[name]
    with frozen(stack.servers.postgres.pid):
        asked = time.monotonic()
        await asyncio.to_thread(process.ask_to_stop)

        async def ended() -> bool:
            return not process.running

        await eventually(ended, within=30)
        took = time.monotonic() - asked
        print(f"\n{name} stopped in {took:.1f} s with PostgreSQL frozen: {process.exit_status}")
        assert took <= 25
    await asyncio.to_thread(process.start)
