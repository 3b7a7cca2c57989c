"""NATS killed, frozen and brought back: nothing is lost, and everything goes on by itself."""

import asyncio
import time
from uuid import uuid4

import pytest

from devstack.servers import Nats
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.runtime.context import Context
from tests.shared.conftest import Connect
from tests.support.eventually import allowed, eventually
from tests.support.kernel import Kernel, consuming, handle_once, handler_of, send, settled
from tests.support.messages import Noted, event_type

RESUME_SECONDS = 5.0
NOTICED_SECONDS = 6.0
SLACK_SECONDS = 0.5
"""What a busy machine may add to a promise."""


async def all_handled(kernel: Kernel, events: list[Noted]) -> bool:
    return await kernel.effects_of(events) == [1] * len(events)


async def test_consumption_resumes_soon_after_a_killed_broker(
    kernel: Kernel, private_nats: Nats, private_wire: Connect
) -> None:
    gate = asyncio.Event()

    async def pass_gate(event: Noted, ctx: Context) -> None:
        await gate.wait()
        await handle_once(event, ctx)

    consumer_wire, publisher = await private_wire(), await private_wire()
    waiting, later = event_type(), event_type()
    blocked = handler_of(waiting, function=pass_gate, concurrency=1)
    idle = handler_of(later)
    stored = [waiting(tenant_id=uuid4()) for _ in range(20)]
    fresh = [later(tenant_id=uuid4()) for _ in range(20)]
    async with consuming(consumer_wire, blocked, kernel.runner()), consuming(consumer_wire, idle, kernel.runner()):
        await send(publisher, *stored)
        await asyncio.to_thread(private_nats.kill)
        gate.set()
        await asyncio.to_thread(private_nats.start)
        returned = time.monotonic()
        await eventually(publishable(publisher), within=RESUME_SECONDS)
        await send(publisher, *fresh)
        # Fact 4: with nats-py's fetch the waiting messages would lie there until its time-out.
        await eventually(lambda: all_handled(kernel, stored + fresh), within=RESUME_SECONDS)
        took = time.monotonic() - returned
        print(f"events {len(stored + fresh)}, all handled {took:.2f} s after the broker's return")
        assert took < allowed(RESUME_SECONDS)


async def test_a_broker_that_is_killed_again_and_again_loses_nothing(
    kernel: Kernel, private_nats: Nats, private_wire: Connect
) -> None:
    wire = await private_wire()
    kind = event_type()
    handler = handler_of(kind)
    sent: list[Noted] = []
    async with consuming(wire, handler, kernel.runner()):
        for _ in range(3):
            await eventually(publishable(wire), within=RESUME_SECONDS)
            batch = [kind(tenant_id=uuid4()) for _ in range(20)]
            await send(wire, *batch)
            sent += batch
            await asyncio.to_thread(private_nats.kill)
            await asyncio.to_thread(private_nats.start)
        await eventually(lambda: all_handled(kernel, sent), within=40)
        print(f"kills 3, acknowledged publishes {len(sent)}, effects {sum(await kernel.effects_of(sent))}")


async def test_a_frozen_broker_is_noticed_and_forgiven(
    kernel: Kernel, private_nats: Nats, private_wire: Connect
) -> None:
    wire = await private_wire()
    kind = event_type()
    handler = handler_of(kind)
    async with consuming(wire, handler, kernel.runner()):
        await wire.check()
        private_nats.freeze()
        frozen = time.monotonic()

        async def refused() -> bool:
            # The first look may still be answered: a signal is not instant.
            try:
                await wire.check()
            except Unavailable:
                return True
            return False

        await eventually(refused, within=1)
        assert time.monotonic() - frozen < allowed(2.5), "readiness has no patience"
        with pytest.raises(Unavailable):
            await send(wire, kind(tenant_id=uuid4()))

        async def noticed() -> bool:
            return not wire.connected

        await eventually(noticed, within=8)
        assert time.monotonic() - frozen < NOTICED_SECONDS + allowed(SLACK_SECONDS)
        print(f"client gave the connection up after {time.monotonic() - frozen:.1f} s")
        private_nats.thaw()
        await eventually(publishable(wire), within=RESUME_SECONDS)
        event = kind(tenant_id=uuid4())
        await send(wire, event)
        await eventually(lambda: all_handled(kernel, [event]), within=RESUME_SECONDS)
        await settled(wire, handler)
    assert not wire.lost.is_set()


async def test_an_answer_that_comes_late_costs_no_connection(private_nats: Nats, private_wire: Connect) -> None:
    wire = await private_wire()
    private_nats.freeze()

    async def in_vain() -> bool:
        try:
            await wire.check()
        except Unavailable:
            return True
        return False

    await eventually(in_vain, within=2)
    private_nats.thaw()
    await wire.check()
    await eventually(publishable(wire), within=1)
    assert wire.client.stats["reconnects"] == 0


async def test_without_a_broker_every_call_says_so_at_once(private_nats: Nats, private_wire: Connect) -> None:
    wire = await private_wire()
    await asyncio.to_thread(private_nats.kill)

    async def gone() -> bool:
        return not wire.connected

    await eventually(gone)
    started = time.monotonic()
    for call in (
        wire.check(),
        wire.publish("booking.x", b"{}", "1"),
        wire.request("rpc.booking.x", b"{}", 5),
    ):
        with pytest.raises(Unavailable):
            await call
    assert time.monotonic() - started < allowed(0.5)


async def test_before_the_first_connection_streams_are_unavailable(private_nats: Nats) -> None:
    wire = Broker(private_nats.url, "test")
    with pytest.raises(Unavailable, match="not connected yet"):
        await wire.js.get_last_msg("COMMANDS", "request.x")
    await wire.close()


async def test_connecting_waits_for_the_server(private_nats: Nats) -> None:
    wire = Broker(private_nats.url, "test")
    connecting = asyncio.create_task(wire.connect())
    with pytest.raises(Unavailable):
        await wire.check()
    await asyncio.to_thread(private_nats.start)
    async with asyncio.timeout(allowed(5)):
        await connecting
    await wire.check()
    await wire.close()
    assert not wire.lost.is_set(), "closing on purpose is no loss"


async def test_a_connection_that_is_gone_for_good_is_reported(private_wire: Connect) -> None:
    wire = await private_wire()
    await wire.client.publish("x" * 5000)  # past our own check: the server answers -ERR and hangs up
    async with asyncio.timeout(allowed(5)):
        await wire.lost.wait()
    with pytest.raises(Unavailable):
        await wire.check()


def publishable(broker: Broker) -> "Probe":
    """Whether this connection is back."""
    return Probe(broker)


class Probe:
    """Asks the server."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def __call__(self) -> bool:
        try:
            await self._broker.check()
        except Unavailable:
            return False
        return True
