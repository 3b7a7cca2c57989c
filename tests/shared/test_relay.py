"""The relay: what is committed gets onto its stream, once, whoever dies in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import text

from devstack.servers import Nats, Servers
from shared.messaging.broker import Broker
from shared.messaging.topology import ensure_topology
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import transaction
from shared.relay import HAND_OVER_LIMIT, Relay
from tests.shared.conftest import Connect
from tests.support.eventually import allowed, eventually
from tests.support.kernel import Kernel, ignore, stored
from tests.support.messages import Noted, event_type

AGED = text("UPDATE outbox SET claimed_at = claimed_at - interval '1 minute' WHERE id = ANY(CAST(:ids AS uuid[]))")


@asynccontextmanager
async def relaying(broker: Broker, database: Database) -> AsyncIterator[Relay]:
    """A running relay; stopped in order at the end."""
    relay = Relay(broker, database, "booking")
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        async with asyncio.timeout(allowed(5)):
            await running


async def commit(kernel: Kernel, events: list[Noted], relay: Relay | None = None) -> None:
    """One transaction that emits these; without a relay its writer is dead before it could hand them over."""
    async with transaction(kernel.database, {e.tenant_id for e in events}, relay.committed if relay else ignore) as tx:
        for event in events:
            tx.emit(event)


async def forget_claims(kernel: Kernel, events: list[Noted]) -> None:
    """Let the claims of dead writers run out now instead of in a few seconds."""
    async with kernel.database.system.begin() as connection:
        await connection.execute(AGED, {"ids": [e.id for e in events]})


async def unpublished(kernel: Kernel, events: list[Noted]) -> set[UUID]:
    async with kernel.database.system.connect() as connection:
        found = await connection.execute(
            text("SELECT id FROM outbox WHERE published_at IS NULL AND id = ANY(CAST(:ids AS uuid[]))"),
            {"ids": [e.id for e in events]},
        )
        return set(found.scalars())


def some(count: int) -> list[Noted]:
    """Events of one tenant under one subject."""
    kind, tenant = event_type(), uuid4()
    return [kind(tenant_id=tenant, note=f"{n} é") for n in range(count)]


async def all_published(kernel: Kernel, events: list[Noted]) -> bool:
    return not await unpublished(kernel, events)


async def test_a_commit_becomes_a_message(kernel: Kernel, wire: Broker) -> None:
    (event,) = events = some(1)
    async with relaying(wire, kernel.database) as relay:
        await commit(kernel, events, relay)
        await eventually(lambda: all_published(kernel, events), within=2)
    message = await wire.js.get_last_msg("BOOKING", event.subject)
    headers = message.headers or {}
    assert json.loads(message.data or b"")["note"] == "0 é"
    assert type(event).model_validate_json(message.data or b"").id == event.id
    assert headers == {
        "Nats-Msg-Id": str(event.id),
        "ce-specversion": "1.0",
        "ce-id": str(event.id),
        "ce-type": event.TYPE,
        "ce-source": "/tidebook/booking",
        "ce-time": event.occurred_at.isoformat(),
        "ce-correlationid": str(event.id),
        "content-type": "application/json",
    }


async def test_rows_of_a_dead_writer_are_swept_up(kernel: Kernel, wire: Broker) -> None:
    events = some(300)  # more than one sweep takes
    await commit(kernel, events)
    await forget_claims(kernel, events)
    async with relaying(wire, kernel.database):
        await eventually(lambda: all_published(kernel, events), within=5)
    assert await stored(wire, events[0], "BOOKING") == len(events)
    swept = await wire.js.get_last_msg("BOOKING", events[0].subject)
    assert (swept.headers or {})["ce-type"] == events[0].TYPE


async def test_a_fresh_row_is_left_to_its_writer(kernel: Kernel, wire: Broker) -> None:
    fresh, old = some(3), some(3)
    await commit(kernel, fresh)
    await commit(kernel, old)
    await forget_claims(kernel, old)
    async with relaying(wire, kernel.database):
        await eventually(lambda: all_published(kernel, old), within=5)
    assert await unpublished(kernel, fresh) == {e.id for e in fresh}
    await forget_claims(kernel, fresh)
    async with relaying(wire, kernel.database):
        await eventually(lambda: all_published(kernel, fresh), within=5)


async def test_two_relays_publish_each_event_once(kernel: Kernel, servers: Servers, wire: Broker) -> None:
    events = some(600)
    await commit(kernel, events)
    await forget_claims(kernel, events)
    other = Broker(servers.nats.url, "other")
    await other.connect()
    async with relaying(wire, kernel.database) as first, relaying(other, kernel.database):
        first.committed([])
        await eventually(lambda: all_published(kernel, events), within=10)
    on_stream = await stored(wire, events[0], "BOOKING")
    print(f"events {len(events)}, relays 2, messages on the stream {on_stream}")
    await other.close()
    assert on_stream == len(events)


async def test_a_relay_that_died_before_it_marked_publishes_no_second_message(kernel: Kernel, wire: Broker) -> None:
    events = some(5)
    async with relaying(wire, kernel.database) as relay:
        await commit(kernel, events, relay)
        await eventually(lambda: all_published(kernel, events), within=2)
    async with kernel.database.system.begin() as connection:
        await connection.execute(
            text("UPDATE outbox SET published_at = NULL WHERE id = ANY(CAST(:ids AS uuid[]))"),
            {"ids": [e.id for e in events]},
        )
    await forget_claims(kernel, events)
    async with relaying(wire, kernel.database):
        await eventually(lambda: all_published(kernel, events), within=5)
    assert await stored(wire, events[0], "BOOKING") == len(events)


async def test_rows_wait_for_a_dead_broker(kernel: Kernel, private_nats: Nats, private_wire: Connect) -> None:
    broker = await private_wire()
    before, during = some(5), some(5)
    async with relaying(broker, kernel.database) as relay:
        await commit(kernel, before, relay)
        await eventually(lambda: all_published(kernel, before), within=2)
        await asyncio.to_thread(private_nats.kill)
        await commit(kernel, during, relay)  # commits are not held up by a dead broker

        async def gone() -> bool:
            return not broker.connected

        await eventually(gone)
        assert await unpublished(kernel, during) == {e.id for e in during}
        await asyncio.to_thread(private_nats.start)
        await forget_claims(kernel, during)
        await eventually(lambda: all_published(kernel, during), within=15)
        counts = [await stored(broker, events[0], "BOOKING") for events in (before, during)]
    print(f"events {len(before + during)}, broker kills 1, messages on the stream {sum(counts)}")
    assert counts == [5, 5]


async def test_a_full_stream_holds_rows_back_instead_of_dropping_old_messages(
    kernel: Kernel, private_wire: Connect
) -> None:
    broker = await private_wire()
    config = (await broker.js.stream_info("BOOKING")).config
    config.max_msgs = 3
    await broker.js.update_stream(config)
    events = some(5)
    async with relaying(broker, kernel.database) as relay:
        await commit(kernel, events, relay)

        async def full() -> bool:
            return len(await unpublished(kernel, events)) == 2

        await eventually(full, within=3)
        assert await stored(broker, events[0], "BOOKING") == 3
        await ensure_topology(broker.js, [], update=True)
        await forget_claims(kernel, [e for e in events if e.id in await unpublished(kernel, events)])
        await eventually(lambda: all_published(kernel, events), within=10)
    assert await stored(broker, events[0], "BOOKING") == 5


async def test_stopping_publishes_what_is_in_hand(kernel: Kernel, wire: Broker) -> None:
    events = some(500)
    relay = Relay(wire, kernel.database, "booking")
    await commit(kernel, events, relay)
    running = asyncio.create_task(relay.run())
    relay.stop()
    async with asyncio.timeout(allowed(5)):
        await running
    assert await all_published(kernel, events)


async def test_memory_is_bounded_and_the_sweep_takes_the_rest(kernel: Kernel, wire: Broker) -> None:
    (event,) = some(1)
    rows: list[OutboxRow] = []
    async with transaction(kernel.database, {event.tenant_id}, rows.extend) as tx:
        tx.emit(event)
    relay = Relay(wire, kernel.database, "booking")
    relay.committed(rows * HAND_OVER_LIMIT)
    relay.committed(rows)
    assert len(relay._handed_over) == HAND_OVER_LIMIT
    await forget_claims(kernel, [event])
    async with relaying(wire, kernel.database):
        await eventually(lambda: all_published(kernel, [event]), within=5)
