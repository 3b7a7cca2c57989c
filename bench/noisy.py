"""A noisy neighbour: what quiet tenants' requests take alone, and beside a tenant that uses its quota up."""

import asyncio
import itertools
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from bench.bookings import tomorrow
from bench.infrastructure import running_stack
from bench.open_loop import Observed, OpenLoop
from bench.report import Chart, Goal, Result, Row, percentile
from bench.scale import Scale
from bench.shop import open_shop, post
from devstack.stack import Stack
from gateway.identity.keys import make_key

QUOTA = 600
"""Requests a minute and tenant: the default."""
SECONDS = 25
"""A part's length: at `NOISE_RATE` a bucket that was full is not empty yet, so that everything asked for is served."""
NOISE_RATE = 20
STRANGERS_RATE = 100
"""Made-up keys have no quota; so many come."""
QUIET_TENANTS = 3
QUIET_RATE = 24
LARGE = {f"member-{n}": secrets.token_hex(200) for n in range(20)}
ABOUT = f"""Three quiet tenants, together {QUIET_RATE} requests a second, bookings and lists in turn, alone and beside
one noisy tenant that sends {NOISE_RATE} a second, which is what the default quota of {QUOTA} a minute lets through
within the first minute: **searches** over 62 days, 60 resources, steps of five minutes; **lists** of a hundred bookings
with large metadata; **writes** of bookings; **bad bodies** of 64 KiB that are no JSON to the end; and
{STRANGERS_RATE} a second with **unknown keys**. Requests are sent when they are due, however slow the answers are.
Quiet and noisy parts take turns; what a long answer costs of the quota is part of it."""

Noise = Callable[[Stack], Awaitable[Iterator[bytes]]]


async def _searches(stack: Stack) -> Iterator[bytes]:
    shop = await open_shop(stack, teams=60, step_minutes=5)
    start = tomorrow()
    period = f"from={start:%Y-%m-%dT%H:%M:%SZ}&to={start + timedelta(days=62):%Y-%m-%dT%H:%M:%SZ}"
    return itertools.repeat(shop.get(f"/v1/availability?service_id={shop.service_id}&{period}"))


async def _lists(stack: Stack) -> Iterator[bytes]:
    shop = await open_shop(stack, 200)
    opening = OpenLoop(stack.ports.gateway)
    bodies = (json.dumps(json.loads(body) | {"metadata": LARGE}).encode() for body in shop.bodies(200))
    key = f"Authorization: Bearer {shop.key}\r\n"
    made = await opening.run((post("/v1/bookings", body, key) for body in bodies), rate=40, seconds=3)
    opening.close()
    if set(made.statuses) != {201}:
        raise SystemExit(f"not every booking was confirmed: {dict(made.statuses)}")
    return itertools.repeat(shop.get("/v1/bookings?limit=100"))


async def _writes(stack: Stack) -> Iterator[bytes]:
    return (await open_shop(stack, 10_000)).requests(10_000)


async def _bad_bodies(stack: Stack) -> Iterator[bytes]:
    shop = await open_shop(stack)
    body = b'{"service_id": [' + b'{"a": "b"},' * 5_900 + b"}"
    return itertools.repeat(post("/v1/bookings", body, f"Authorization: Bearer {shop.key}\r\n"))


async def _unknown_keys(stack: Stack) -> Iterator[bytes]:
    known = await open_shop(stack)
    return (replace(known, key=make_key().text).get("/v1/bookings") for _ in itertools.count())


NOISES: dict[str, tuple[Noise, int]] = {
    "searches": (_searches, NOISE_RATE),
    "lists": (_lists, NOISE_RATE),
    "writes": (_writes, NOISE_RATE),
    "bad bodies": (_bad_bodies, NOISE_RATE),
    "unknown keys": (_unknown_keys, STRANGERS_RATE),
}


async def measure(scale: Scale) -> Result:
    """Quiet alone and quiet beside noise in turn, for each kind of noise."""
    rounds, seconds = min(scale.rounds, 3), max(8, scale.of(SECONDS))
    alone: dict[str, list[Observed]] = defaultdict(list)
    beside: dict[str, list[Observed]] = defaultdict(list)
    noise_statuses: dict[str, dict[int, int]] = {}
    with running_stack(RATE_LIMIT_PER_MINUTE=str(QUOTA), TENANT_SHARE="0.5") as stack:
        await _quiet(stack, 4)
        for _ in range(rounds):
            for name, (noise, rate) in NOISES.items():
                requests = await noise(stack)
                alone[name].append(await _quiet(stack, seconds))
                async with _noisy(stack, requests, rate, seconds) as noisy:
                    beside[name].append(await _quiet(stack, seconds))
                noise_statuses[name] = dict(sorted((await noisy).statuses.items()))
    return result(alone, beside, noise_statuses, rounds)


async def _quiet(stack: Stack, seconds: float) -> Observed:
    """The quiet tenants' load. Raises if one of their requests is not answered as it should."""
    shops = [await open_shop(stack, 1000) for _ in range(QUIET_TENANTS)]
    ways = [way for shop in shops for way in (shop.requests(1000), itertools.repeat(shop.get("/v1/bookings?limit=5")))]
    loop = OpenLoop(stack.ports.gateway)
    seen = await loop.run((request for turn in zip(*ways, strict=False) for request in turn), QUIET_RATE, seconds)
    loop.close()
    if len(seen.answers) != seen.offered or set(seen.statuses) - {200, 201}:
        raise SystemExit(f"a quiet tenant's requests were not all served: {dict(seen.statuses)} of {seen.offered}")
    return seen


@asynccontextmanager
async def _noisy(
    stack: Stack, requests: Iterator[bytes], rate: int, seconds: float
) -> AsyncIterator[asyncio.Task[Observed]]:
    loop = OpenLoop(stack.ports.gateway)
    task = asyncio.create_task(loop.run(requests, rate, seconds))
    yield task
    await task
    loop.close()


def result(
    alone: dict[str, list[Observed]],
    beside: dict[str, list[Observed]],
    noise_statuses: dict[str, dict[int, int]],
    rounds: int,
) -> Result:
    """Table, goals and chart."""
    rows: list[Row] = []
    goals: list[Goal] = []
    ratios: dict[str, list[tuple[float, float]]] = {}
    for name in NOISES:
        before, after = (
            [answer.seconds * 1000 for seen in runs[name] for answer in seen.answers] for runs in (alone, beside)
        )
        told = ", ".join(f"{count} x {status}" for status, count in noise_statuses[name].items())
        p50, p99 = percentile(before, 50), percentile(before, 99)
        p50_beside, p99_beside = percentile(after, 50), percentile(after, 99)
        rows.append(Row(what="quiet tenants alone", cells={"p50 ms": p50, "p99 ms": p99}, reference=True))
        cells: dict[str, float | None] = {
            "p50 ms": p50_beside,
            "p99 ms": p99_beside,
            "p50, times alone": p50_beside / p50,
            "p99, times alone": p99_beside / p99,
        }
        rows.append(Row(what=f"beside {name} ({told})", cells=cells))
        ratio = p99_beside / p99
        goals.append(Goal(what=f"p99 beside {name}, times alone", measured=ratio, bound=1.5, at_least=False))
        ratios[name] = [(0, ratio)]
    return Result(
        name="noisy",
        title="Noisy neighbour",
        about=ABOUT,
        rows=rows,
        goals=goals,
        chart=Chart(kind="bars", y="p99, times alone", series=ratios),
        rounds=rounds,
    )
