"""Request/reply: a typed question over the kernel's rpc, beside nats-py's `request` with the same bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.msg import Msg

from bench.events import confirmations
from bench.infrastructure import Kernel, kernel_of
from bench.machine import Effort
from bench.report import Chart, Result, Row, median, percentile
from bench.scale import Scale
from shared.contracts.base import Contract, Query
from shared.contracts.booking.bookings import Booking, GetBooking
from shared.identifiers import new_id
from shared.messaging import rpc
from shared.messaging.broker import Broker

QUESTIONS = 5000
AT_ONCE = 32
ABOUT = f"""A question of booking-service (`GetBooking`) is asked and answered over NATS with a booking of about 800
bytes, which the answering side has at hand. **Ours** validates the question, serialises the answer and validates it
again on arrival; **raw** is nats-py's `request` and `respond` with the same bytes, which nobody looks at. Both sides
are in one process over two connections, {AT_ONCE} questions at once, then one at a time."""

Ask = Callable[[], Awaitable[object]]


async def measure(scale: Scale) -> Result:
    """Ours and raw in turn."""
    count = scale.of(QUESTIONS)
    seconds: dict[str, list[float]] = {}
    lone: dict[str, list[float]] = {}
    async with kernel_of("booking") as kernel, _ours(kernel) as ask_ours, _raw(kernel) as ask_raw:
        asks = {"the kernel's rpc": ask_ours, "raw nats-py request": ask_raw}
        for round_number in range(scale.rounds + 1):
            for name, ask in asks.items():
                effort = Effort()
                effort.begin()
                await _repeat(ask, count)
                effort.end()
                latencies = await _latencies(ask, count // 5)
                if round_number:  # the first round warms up
                    seconds.setdefault(name, []).append(effort.seconds)
                    lone.setdefault(name, []).extend(latencies)
    return result(seconds, lone, count, scale)


async def _repeat(ask: Ask, count: int) -> None:
    """Ask so often, `AT_ONCE` at a time."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _latencies(ask: Ask, count: int) -> list[float]:
    """Milliseconds of lone questions."""
    found = []
    for _ in range(count):
        effort = Effort()
        effort.begin()
        await ask()
        effort.end()
        found.append(effort.seconds * 1000)
    return found


def _example() -> tuple[GetBooking, Booking]:
    [event] = confirmations(1, new_id())
    return GetBooking(tenant_id=event.tenant_id, booking_id=event.booking.id), event.booking


@asynccontextmanager
async def _ours(kernel: Kernel) -> AsyncIterator[Ask]:
    query, state = _example()

    async def answer(_: Query[Any]) -> Contract:
        return state

    asking = Broker(kernel.stack.servers.nats.url, "gateway")
    await asking.connect()
    async with asyncio.TaskGroup() as tasks:
        await rpc.serve(kernel.broker, "booking", [GetBooking], answer, tasks)
        yield lambda: rpc.call(asking, query)
    await asking.close()


@asynccontextmanager
async def _raw(kernel: Kernel) -> AsyncIterator[Ask]:
    query, state = _example()
    question = query.model_dump_json().encode()
    reply = b'{"result":' + state.model_dump_json().encode() + b"}"
    answering, asking = await kernel.raw_nats(), await kernel.raw_nats()

    async def respond(message: Msg) -> None:
        await message.respond(reply)

    await answering.subscribe("rpc.bench.get_booking", cb=respond)
    await answering.flush()
    yield lambda: asking.request("rpc.bench.get_booking", question, timeout=2)
    await asking.close()
    await answering.close()


def result(seconds: dict[str, list[float]], lone: dict[str, list[float]], count: int, scale: Scale) -> Result:
    """Table and chart."""
    speed = {name: median([count / passed for passed in runs]) for name, runs in seconds.items()}
    _, raw = speed.values()
    rows = [
        Row(
            what=name,
            cells={
                "questions/s": value,
                "of raw": value / raw,
                "lone p50 ms": percentile(lone[name], 50),
                "lone p99 ms": percentile(lone[name], 99),
            },
            reference=name.startswith("raw"),
        )
        for name, value in speed.items()
    ]
    return Result(
        name="questions",
        title="Request/reply",
        about=ABOUT,
        rows=rows,
        chart=Chart(kind="bars", y="questions a second", series={what: [(0, value)] for what, value in speed.items()}),
        rounds=scale.rounds,
    )
