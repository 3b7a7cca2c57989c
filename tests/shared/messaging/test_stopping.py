"""Leaving in order: what has reached a process is finished or given back at once, and its clients are told first."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.servers import Nats, Servers
from shared.contracts.base import Event, Query
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer
from shared.messaging.rpc import Answering, call
from shared.messaging.topology import ACK_WAIT_SECONDS, consumer_config
from shared.runtime.context import Context
from tests.chaos.proxy import Direction, Link
from tests.shared.conftest import Connect
from tests.shared.runtime.test_service import Start, start
from tests.support.eventually import allowed, eventually
from tests.support.kernel import Kernel, consuming, handle_once, handler_of, send, settled
from tests.support.messages import Question, Reply, event_type, question_type

__all__ = ["start"]

QUESTIONS = 100
LEASE_LASTS_SECONDS = ACK_WAIT_SECONDS * 0.7
"""What is not given back comes later than this, even if the stops before took a while."""
LEAVERS = 5
"""So many processes have held a message and left."""
DELAY_LASTS_SECONDS = 11
"""A failure of its own would delay a message longer after so many deliveries."""


@pytest.fixture
async def asker(servers: Servers) -> AsyncIterator[Broker]:
    """Another process' connection."""
    broker = Broker(servers.nats.url, "asker")
    await broker.connect()
    yield broker
    await broker.close()


async def test_questions_that_have_come_are_answered_by_a_process_that_leaves(wire: Broker, asker: Broker) -> None:
    kind = question_type()
    gate, heard = asyncio.Event(), asyncio.Event()

    async def answer(question: Question) -> Reply:
        heard.set()
        await gate.wait()
        return Reply(answer="at last")

    async def answer_query(query: Query[Any]) -> Reply:
        assert isinstance(query, kind)
        return await answer(query)

    async with asyncio.TaskGroup() as tasks:
        answering = Answering(wire, answer_query, tasks)
        await answering.listen(kind, "leaving")
        await wire.client.flush()
        asking = [
            asyncio.create_task(call(asker, kind(tenant_id=uuid4()), timeout=allowed(20))) for _ in range(QUESTIONS)
        ]
        await heard.wait()
        await asker.client.flush()
        leaving = asyncio.create_task(answering.finish())

        async def gone() -> bool:
            try:
                await call(asker, kind(tenant_id=uuid4()), timeout=0.2)
            except Unavailable as error:
                return "nobody answers" in str(error)
            return False

        await eventually(gone)
        assert not leaving.done()
        gate.set()
        replies = await asyncio.gather(*asking)
        await leaving
    assert [reply.answer for reply in replies] == ["at last"] * QUESTIONS


async def test_messages_on_their_way_to_a_consumer_that_stops_come_to_another_at_once(
    kernel: Kernel, wire: Broker, asker: Broker
) -> None:
    kind = event_type()
    handler = handler_of(kind, concurrency=50)
    events = [kind(tenant_id=uuid4()) for _ in range(600)]
    await wire.js.add_consumer(handler.stream, consumer_config(handler))
    await asyncio.gather(*(send(asker, *events[n::30]) for n in range(30)))
    for _ in range(3):
        leaver = Consumer(wire, handler, kernel.runner())
        running = asyncio.create_task(leaver.run())
        await asyncio.sleep(0)  # its first request is on its way, and a batch is coming back
        await wire.client.flush()
        await leaver.stop()
        await running
    stopped = time.monotonic()
    async with consuming(asker, handler, kernel.runner()):
        info = await settled(asker, handler, before=LEASE_LASTS_SECONDS)
    assert info.delivered
    print(f"all settled {time.monotonic() - stopped:.1f} s after the last stop, "
          f"given back {info.delivered.consumer_seq - len(events)} of {len(events)}")  # fmt: skip
    assert sum(await kernel.effects_of(events)) == len(events)


async def test_messages_that_a_slow_network_brings_after_the_stop_come_to_another_at_once(
    kernel: Kernel, private_wire: Connect, private_nats: Nats
) -> None:
    kind = event_type()
    handler = handler_of(kind, concurrency=50)
    events = [kind(tenant_id=uuid4()) for _ in range(100)]
    staying = await private_wire()
    await staying.js.add_consumer(handler.stream, consumer_config(handler))
    await asyncio.gather(*(send(staying, *events[n::10]) for n in range(10)))
    link = Link(private_nats.port)
    wire = Broker(private_nats.url.replace(f":{private_nats.port}", f":{await link.listen()}"), "leaver")
    await wire.connect()

    async def all_delivered() -> bool:
        info = await staying.js.consumer_info(handler.stream, handler.durable)
        return bool(info.num_ack_pending == len(events))

    link.hold(Direction.TO_CLIENT)
    leaver = Consumer(wire, handler, kernel.runner())
    running = asyncio.create_task(leaver.run())
    await eventually(all_delivered, every=0.01)
    await leaver.stop()  # which gives up waiting for the server's word
    await running
    link.heal()
    healed = time.monotonic()
    async with consuming(staying, handler, kernel.runner()):
        await settled(staying, handler, before=LEASE_LASTS_SECONDS)
    print(f"all settled {time.monotonic() - healed:.1f} s after the network was well")
    assert await kernel.effects_of(events) == [1] * len(events)
    await wire.check()  # the late word of the server has not made it deaf
    assert await wire.js.streams_info()
    await wire.close()
    await link.close()


async def test_a_message_held_through_an_outage_by_processes_that_leave_comes_to_another_at_once(
    kernel: Kernel, wire: Broker
) -> None:
    kind = event_type()
    down, tried = asyncio.Event(), asyncio.Event()
    down.set()

    async def handle(event: Event, ctx: Context) -> None:
        tried.set()
        if down.is_set():
            raise Unavailable("the outside is down")
        await handle_once(event, ctx)

    handler = handler_of(kind, function=handle)
    event = kind(tenant_id=uuid4())
    await send(wire, event)
    started = time.monotonic()
    for _ in range(LEAVERS):
        async with consuming(wire, handler, kernel.runner()):
            await tried.wait()
        tried.clear()
    down.clear()
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler, before=DELAY_LASTS_SECONDS)
    print(f"settled {time.monotonic() - started:.1f} s after it was sent, {LEAVERS} processes having left with it")
    assert await kernel.effects(event.id) == 1


async def test_a_leaving_process_says_so_and_goes_on_serving(kernel: Kernel, servers: Servers, start: Start) -> None:
    process = start(kernel.url, servers.nats, SHUTDOWN_DELAY_SECONDS="3")
    await process.readiness(200)
    before = await process.get("/healthz")
    assert before is not None
    assert "connection" not in before.headers
    asked = time.monotonic()
    process.child.ask_to_stop()
    await process.readiness(503, within=1)
    while (elapsed := time.monotonic() - asked) < 2.5:
        served = await process.get("/healthz")
        assert served is not None, f"it stopped serving after {elapsed:.1f} s"
        assert served.headers["connection"] == "close", "no connection may outlast the answer"
    assert await process.ended() == "exit code 0"
    assert time.monotonic() - asked < 3 + allowed(5)


async def test_a_second_signal_ends_it_at_once(kernel: Kernel, servers: Servers, start: Start) -> None:
    process = start(kernel.url, servers.nats, SHUTDOWN_DELAY_SECONDS="15")
    await process.readiness(200)
    process.child.ask_to_stop()

    async def leaving() -> bool:
        answer = await process.get("/readyz")
        return answer is not None and answer.status_code == 503

    await eventually(leaving, within=2)
    asked = time.monotonic()
    process.child.ask_to_stop()
    assert await process.ended(within=2) == "exit code 1"
    print(f"ended {time.monotonic() - asked:.2f} s after the second signal")


async def test_a_request_under_way_is_answered_and_its_connection_closed(
    kernel: Kernel, servers: Servers, start: Start
) -> None:
    process = start(kernel.url, servers.nats)
    await process.readiness(200)
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n")  # its head is not complete yet
    await writer.drain()
    process.child.ask_to_stop()
    async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as probe:

        async def port_closed() -> bool:
            try:
                await probe.get(f"http://127.0.0.1:{process.port}/healthz")
            except httpx.TransportError:
                return True
            return False

        await eventually(port_closed, within=5)
    assert await process.ended() == "exit code 0", "half a request holds nobody back"
    writer.close()
    await reader.read()
