"""A consumer that can do nothing but dead-letter stops, says so, and resumes: a bad release drains no stream."""

import asyncio
from uuid import uuid4

import pytest

from devstack.servers import Nats
from shared.contracts.stripe import StripeEvent
from shared.errors import DomainError
from shared.messaging.broker import Broker
from shared.messaging.consumer import DEAD_IN_A_ROW, Consumer
from shared.persistence.transaction import Transaction
from tests.shared.conftest import Connect
from tests.shared.runtime.test_service import Start, start
from tests.support.eventually import eventually
from tests.support.kernel import Kernel, consuming, handler_of, leave_effect, send, settled
from tests.support.messages import Noted, event_type, random_name

__all__ = ["start"]


async def dead_letters(wire: Broker, durable: str) -> int:
    info = await wire.js.stream_info("DEADLETTER", subjects_filter=f"deadletter.{durable}")
    return (info.state.subjects or {}).get(f"deadletter.{durable}", 0)


def notes(kind: type[Noted], *runs: tuple[str, int]) -> list[Noted]:
    return [kind(tenant_id=uuid4(), note=note) for note, count in runs for _ in range(count)]


class Release:
    """Handlers of a release that refuses `bad` events until it is mended."""

    mended = False

    async def handle(self, event: Noted, tx: Transaction) -> None:
        await self.handle_together([event], tx)

    async def handle_together(self, events: list[Noted], tx: Transaction) -> None:
        for event in events:
            if event.note == "bad" and not self.mended:
                raise DomainError("refused by a bad release")
            await leave_effect(tx, event)


async def halted(consumer: Consumer) -> bool:
    return consumer.halted


@pytest.mark.parametrize("batch", [1, 100])
async def test_it_stops_after_so_many_dead_letters_in_a_row(kernel: Kernel, wire: Broker, batch: int) -> None:
    release = Release()
    kind = event_type()
    function = release.handle if batch == 1 else release.handle_together
    handler = handler_of(kind, function=function, batch=batch)
    events = notes(kind, ("bad", 60), ("good", 5))
    await send(wire, *events)
    async with consuming(wire, handler, kernel.runner()) as consumer:
        await eventually(lambda: halted(consumer))
    assert await dead_letters(wire, handler.durable) == DEAD_IN_A_ROW
    info = await wire.js.consumer_info(handler.stream, handler.durable)
    waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
    assert waiting >= 60 - DEAD_IN_A_ROW, "the rest waits for a mended release"
    release.mended = True
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler, within=15)
    assert await dead_letters(wire, handler.durable) == DEAD_IN_A_ROW
    effects = await kernel.effects_of(events)
    print(f"messages {len(events)}, dead letters {DEAD_IN_A_ROW}, handled after the restart {sum(effects)}")
    assert (sum(effects), max(effects)) == (len(events) - DEAD_IN_A_ROW, 1), "each is handled or dead-lettered"


@pytest.mark.parametrize("batch", [1, 100])
async def test_poison_between_good_messages_stops_nobody(kernel: Kernel, wire: Broker, batch: int) -> None:
    release = Release()
    kind = event_type()
    function = release.handle if batch == 1 else release.handle_together
    handler = handler_of(kind, function=function, batch=batch, concurrency=1)
    events = notes(kind, ("good", 4))
    for event in events:
        for _ in range(DEAD_IN_A_ROW - 1):
            await wire.publish(f"{kind.TYPE}.{uuid4()}", b"{", random_name())
        await send(wire, event)
    async with consuming(wire, handler, kernel.runner()) as consumer:
        await settled(wire, handler)
        assert not consumer.halted
    assert await dead_letters(wire, handler.durable) == 4 * (DEAD_IN_A_ROW - 1)
    assert await kernel.effects_of(events) == [1] * 4


async def test_what_comes_from_outside_and_can_not_be_read_stops_nobody(kernel: Kernel, wire: Broker) -> None:
    """However many of Stripe's events nobody can read: the next good one is handled."""
    handled: list[str] = []

    async def note(event: StripeEvent, tx: Transaction) -> None:
        handled.append(event.id)

    handler = handler_of(StripeEvent, function=note)
    subject = f"webhook.stripe.{random_name().replace('-', '_')}"
    good = StripeEvent(id=f"evt_{random_name()}", type=subject.removeprefix("webhook.stripe."), created=1, data={})
    for _ in range(DEAD_IN_A_ROW + 5):
        await wire.publish(subject, b'{"id": "evt_1", "type": "x", "created": "2026-11-01T10:00:00Z"}', random_name())
    await wire.publish(subject, good.model_dump_json().encode(), good.id)
    async with consuming(wire, handler, kernel.runner()) as consumer:

        async def good_is_handled() -> bool:
            return good.id in handled

        await eventually(good_is_handled, within=20)
        assert not consumer.halted


async def test_its_process_goes_unready_and_a_restart_resumes(
    kernel: Kernel, private_nats: Nats, private_wire: Connect, start: Start
) -> None:
    wire = await private_wire()
    durable, poison = "booking-confirm-booking", DEAD_IN_A_ROW + 5
    for _ in range(poison):
        await wire.publish(f"billing.payment_succeeded.v1.{uuid4()}", b"poison", random_name())
    await asyncio.to_thread(private_nats.deploy_topology)
    process = start(kernel.url, private_nats)

    async def unready_for_it() -> str:
        body = await process.readiness(503)
        told: str = body["checks"]["consumers"]
        assert durable in told, body
        return told

    told = await eventually(unready_for_it)
    print(told)
    assert f"{DEAD_IN_A_ROW} dead letters in a row" in told
    metrics = await process.get("/metrics")
    assert metrics is not None
    assert f'consumer_halted{{handler="{durable}"}} 1.0' in metrics.text
    assert 'consumer_halted{handler="booking-create-booking"} 0.0' in metrics.text
    assert "consumer_halted" in process.child.said(200)
    assert await dead_letters(wire, durable) == DEAD_IN_A_ROW
    await process.terminate()
    again = start(kernel.url, private_nats)

    async def all_seen() -> bool:
        return await dead_letters(wire, durable) == poison

    await eventually(all_seen, within=20)
    await again.readiness(200)
    await asyncio.to_thread(again.child.kill)
