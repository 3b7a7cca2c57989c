"""Five times the load that can be served: the rest is refused politely, memory stays, speed comes back (ADR 0019)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from bench.machine import resident_megabytes
from bench.open_loop import Observed, OpenLoop
from devstack.stack import Stack
from tests.load.shop import Shop
from tests.support.eventually import SLOWER, allowed
from tests.support.stack import throwaway_stack

pytestmark = pytest.mark.timeout(300)

TIMES = 5
USUAL_SHARE = 0.4
"""The usual load, as a share of the most that can be served."""
ACCEPTED = (201, 202)
GROWTH = 1.5
"""How many times the memory of the usual load a service may take under overload."""
CONNECTION_MEGABYTES = 0.01
"""What each connection may cost the gateway beside that (8 to 9 kB measured): slow machines hold thousands."""
BACK_SECONDS = 5
"""How long after a flood something may still be refused, on a quiet machine."""
FIRST_WAVE_SECONDS = 3.0
"""At first a flood finds every place of an idle gateway; after this there are as many as can be served soon."""
SLOW_SECONDS = 0.5
"""What the gateway itself takes for slow."""


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each part of a run lasts, in seconds."""

    measure: float
    usual: float
    overload: float
    after: float


SHORT = Phases(measure=3, usual=4, overload=5, after=3)
LONG = Phases(measure=6, usual=10, overload=20, after=10)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with throwaway_stack(
        settings={"MAIL_ADAPTER": "off", "RATE_LIMIT_PER_MINUTE": "1000000", "TENANT_SHARE": "1"}
    ) as running:
        yield running


async def most_served(loop: OpenLoop, requests: Iterator[bytes], seconds: float) -> float:
    """Bookings a second at the edge of overload: what gets through when more is offered than can be."""
    rate = 100.0
    while True:
        seen = await loop.run(requests, rate, seconds)
        served = seen.statuses[201] / seconds
        late = seen.percentile(0.5, 201) > 0.25
        if served < 0.9 * rate or late or seen.statuses[503]:
            return served
        rate *= 1.5


async def seconds_until_nothing_is_refused(loop: OpenLoop, requests: Iterator[bytes], rate: float) -> int:
    """How many seconds of a usual load pass until one in which every booking is made.

    Raises AssertionError when it takes longer than the patience of the tests.
    """
    for second in range(int(allowed(BACK_SECONDS)) + 1):
        if set((await loop.run(requests, rate, 1)).statuses) == {201}:
            return second
    raise AssertionError(f"something is still refused {allowed(BACK_SECONDS):g} s after the flood")


class Memory:
    """Resident memory of every service, in MB, sampled while a block runs."""

    def __init__(self, stack: Stack) -> None:
        self._pids = {name: process.pid for name, process in stack.processes.items()}
        self.most: dict[str, float] = {}
        self._sampling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Memory":
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sampling:
            self._sampling.cancel()

    async def _sample(self) -> None:
        while True:
            for name, pid in self._pids.items():
                self.most[name] = max(self.most.get(name, 0), resident_megabytes(pid))
            await asyncio.sleep(0.25)


async def slow_heads(probe: httpx.AsyncClient) -> int:
    """How many connections the gateway has closed by now because no whole head came in time."""
    lines = (await probe.get("/metrics")).text.splitlines()
    found = [line for line in lines if line.startswith('http_connections_closed_total{reason="slow_head"}')]
    return sum(int(float(line.rpartition(" ")[2])) for line in found)


def told(name: str, seen: Observed, seconds: float) -> str:
    """One line of figures."""
    p50, p99 = seen.percentile(0.5, *ACCEPTED) * 1000, seen.percentile(0.99, *ACCEPTED) * 1000
    refused = seen.percentile(0.99, 503) * 1000
    return (
        f"  {name:14} offered {seen.offered / seconds:6.0f}/s, answers {dict(sorted(seen.statuses.items()))}, "
        f"accepted p50 {p50:.0f} ms p99 {p99:.0f} ms, refused p99 {refused:.0f} ms"
    )


@pytest.mark.parametrize("phases", [SHORT, pytest.param(LONG, marks=pytest.mark.load)], ids=["short", "long"])
async def test_five_times_the_load_is_refused_politely_and_forgotten_soon(stack: Stack, phases: Phases) -> None:
    shop = await Shop.open(stack, teams=150)
    requests = shop.bookings()
    loop = OpenLoop(stack.ports.gateway)
    most = await most_served(loop, requests, phases.measure)
    rate = USUAL_SHARE * most
    async with Memory(stack) as usual_memory:
        usual = await loop.run(requests, rate, phases.usual)
    opened = loop.opened
    async with (
        Memory(stack) as memory,
        httpx.AsyncClient(base_url=stack.api_url, trust_env=False, timeout=allowed(10)) as probe,
    ):
        slow_before = await slow_heads(probe)
        flood = asyncio.create_task(loop.run(requests, TIMES * most, phases.overload))
        probes = []
        while not flood.done():
            probes.append((await probe.get("/healthz")).status_code)
            await asyncio.sleep(0.2)
        overload = await flood
        slow = await slow_heads(probe) - slow_before
    # The short test runs beside others, which may have taken the machine since its rate was measured.
    again = rate if phases is LONG else rate / SLOWER
    refused_for = await seconds_until_nothing_is_refused(loop, requests, again)
    after = await loop.run(requests, again, phases.after)
    loop.close()
    print(f"\nmost served {most:.0f} bookings/s, usual load {rate:.0f}/s")
    print(told("usual load", usual, phases.usual))
    print(told(f"{TIMES} times", overload, phases.overload))
    settled = overload.since(FIRST_WAVE_SECONDS)
    print(told("  settled", settled, phases.overload - FIRST_WAVE_SECONDS))
    print(told("usual again", after, phases.after))
    print(f"  something was refused for {refused_for} s after the flood")
    opened = loop.opened - opened
    print("  resident MB: " + ", ".join(f"{n} {usual_memory.most[n]:.0f} -> {memory.most[n]:.0f}" for n in memory.most))
    print(f"  connections opened by the flood: {opened}")

    assert set(usual.statuses) == {201}
    assert set(overload.statuses) - {0} <= {201, 202, 409, 429, 503}
    # A client that the machine starves says for seconds nothing on a connection that it has opened.
    assert overload.statuses[0] <= slow, "without an answer, and the client was not slow"
    assert overload.statuses[503] > overload.offered / 3, "that was no overload"
    assert overload.statuses[201] > 0
    assert all(answer.retry_after for answer in overload.answers if answer.status in (429, 503))
    assert set(probes) == {200}
    for name, most_memory in memory.most.items():
        connections = opened * CONNECTION_MEGABYTES if name.startswith("gateway") else 0
        assert most_memory <= GROWTH * usual_memory.most[name] + connections, name
    assert set(after.statuses) == {201}, "what works again goes on working"
    if phases is LONG:  # figures that a busy neighbour spoils
        assert overload.statuses[201] / phases.overload > most / 2, "refusing must not cost what serving needs"
        # What a refusal takes is the machine's share: nothing is done for it.
        most_wait = 2 * max(usual.percentile(0.99, 201), SLOW_SECONDS) + settled.percentile(0.99, 503)
        assert settled.percentile(0.99, *ACCEPTED) <= most_wait
        assert refused_for < BACK_SECONDS
        assert min(after.per_second(*ACCEPTED)[: int(phases.after) - 1]) >= 0.95 * rate
