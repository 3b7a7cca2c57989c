"""The whole path: an HTTP request becomes a confirmed booking, beside a bare FastAPI echo of the same body."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence

from bench.echo import running_echo
from bench.infrastructure import running_stack
from bench.load import Load, run
from bench.report import Chart, Goal, Result, Row
from bench.scale import Scale
from bench.shop import Shop, drained, open_shop, post
from devstack.stack import Stack

CONNECTIONS = (1, 16, 64, 256)
BOOKINGS = {1: 300, 16: 2000, 64: 3000, 256: 3000}
"""A round's bookings by number of connections."""
GATEWAYS = (1, 2)
STREAMS = ("COMMANDS", "BOOKING", "BILLING")
ABOUT = """The path is: API key, quota in Valkey, validation, a durable publish, one batch transaction under the
exclusion constraint with ledger and outbox, outcome to the gateway, relay, and the consumers of the events (mail is
queued, the adapter is `off`). Every booking is for another slot and has an `Idempotency-Key` of its own. The echo is a
bare FastAPI application under uvicorn that validates the same body and returns it, one process of it."""

Runs = dict[tuple[str, int], list[Load]]


async def measure(scale: Scale) -> Result:
    """Echo and path in turn, at each number of connections, with one gateway and with two."""
    runs: Runs = defaultdict(list)
    with running_stack({"gateway": max(GATEWAYS)}) as stack, running_echo(stack.directory) as echo_port:
        ports = [process.port for name, process in stack.processes.items() if name.startswith("gateway")]
        total = len(GATEWAYS) * (scale.rounds + 1) * sum(scale.of(count) for count in BOOKINGS.values())
        shop = await open_shop(stack, total)
        await book(stack, shop, ports, scale.of(1000), 16)
        for _ in range(scale.rounds):
            for connections in CONNECTIONS:
                count = scale.of(BOOKINGS[connections])
                runs["echo", connections].append(await echo(echo_port, shop, 2 * count, connections))
                for gateways in GATEWAYS:
                    load = await book(stack, shop, ports[:gateways], count, connections)
                    runs[f"{gateways} gateway", connections].append(load)
    return result(runs, scale)


async def book(stack: Stack, shop: Shop, ports: Sequence[int], count: int, connections: int) -> Load:
    """Make bookings, and wait until everything that follows from them is done. Raises if one is refused."""
    load = await run(ports, shop.requests(count), connections)
    if set(load.statuses) != {201}:
        raise SystemExit(f"not every booking was confirmed: {dict(load.statuses)}")
    await drained(stack, *STREAMS)
    return load


async def echo(port: int, shop: Shop, count: int, connections: int) -> Load:
    """The same body again and again, echoed."""
    request = post("/v1/bookings", next(shop.bodies(1)))
    return await run([port], itertools.repeat(request, count), connections)


def result(runs: Runs, scale: Scale) -> Result:
    """Table, goals and chart."""
    rows: list[Row] = []
    ratios: dict[str, list[tuple[float, float]]] = defaultdict(list)
    speed = {key: statistics.median(load.per_second for load in loads) for key, loads in runs.items()}
    for (what, connections), loads in sorted(runs.items(), key=lambda item: (item[0][1], item[0][0] != "echo")):
        reference = what == "echo"
        ratio = speed[what, connections] / speed["echo", connections]
        p50, p99 = (statistics.median(load.percentile(share) for load in loads) for share in (50, 99))
        name = "bare FastAPI echo" if reference else f"confirmed bookings, {what}{'s' * (what[0] != '1')}"
        cells = {"a second": speed[what, connections], "of the echo": ratio, "p50 ms": p50, "p99 ms": p99}
        many = "a lone connection" if connections == 1 else f"{connections} connections"
        rows.append(Row(what=f"{name}, {many}", cells=cells, reference=reference))
        if not reference:
            ratios[name].append((connections, ratio))
    lone, echo = (statistics.median(load.percentile(50) for load in runs[what, 1]) for what in ("1 gateway", "echo"))
    return Result(
        name="path",
        title="Whole path",
        about=ABOUT,
        rows=rows,
        goals=[
            Goal(what="of the echo at 64 connections", measured=speed["1 gateway", 64] / speed["echo", 64], bound=0.2),
            Goal(what="p50 of a lone request, times the echo's", measured=lone / echo, bound=27, at_least=False),
        ],
        chart=Chart(kind="lines", x="connections", y="ratio to the bare echo", series=ratios, logarithmic=True),
        rounds=scale.rounds,
    )
