"""Streams and consumers are what the code says, or the process does not run."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace

import pytest
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, StreamConfig

from devstack.servers import Nats, Servers
from shared.contracts.booking.bookings import BookingConfirmed, BookingHeld
from shared.messaging.broker import Broker
from shared.messaging.topology import (
    HEARTBEAT_BUCKET,
    HEARTBEAT_TTL_SECONDS,
    JOBS_BUCKET,
    STREAMS,
    TopologyDrift,
    consumer_config,
    ensure_topology,
)
from tests.shared.conftest import Connect
from tests.support.eventually import allowed
from tests.support.kernel import handler_of
from tests.support.messages import event_type


async def streams(js: JetStreamContext) -> dict[str, StreamConfig]:
    return {info.config.name or "": info.config for info in await js.streams_info()}


async def test_a_second_start_changes_nothing(private_wire: Connect) -> None:
    broker = await private_wire()
    handlers = [handler_of(event_type(), event_type()), handler_of(event_type())]
    await ensure_topology(broker.js, handlers)
    before = await streams(broker.js)
    created = [(await broker.js.consumer_info("BOOKING", r.durable)).created for r in handlers]
    await ensure_topology(broker.js, handlers)
    assert await streams(broker.js) == before
    assert [(await broker.js.consumer_info("BOOKING", r.durable)).created for r in handlers] == created
    assert {s.name for s in STREAMS} <= set(before)


async def test_replicas_that_start_at_once_agree(private_nats: Nats) -> None:
    await asyncio.to_thread(private_nats.start)
    handler = handler_of(event_type())
    brokers = [Broker(private_nats.url, "test") for _ in range(4)]
    for broker in brokers:
        await broker.connect()
    await asyncio.gather(*(ensure_topology(b.js, [handler]) for b in brokers))
    assert {s.name for s in STREAMS} <= set(await streams(brokers[0].js))
    for broker in brokers:
        await broker.close()


async def test_streams_keep_what_was_promised(wire: Broker) -> None:
    actual = await streams(wire.js)
    for stream in STREAMS:
        config = actual[stream.name]
        assert config.discard == DiscardPolicy.NEW, "a full stream refuses, it drops nothing"
        assert config.storage == "file"
        assert config.retention == "limits"
        assert config.duplicate_window
        assert 600 <= config.duplicate_window <= 7200
    assert (actual["BOOKING"].max_age, actual["DEADLETTER"].max_age) == (7 * 86_400, 30 * 86_400)
    beats = await (await wire.js.key_value(HEARTBEAT_BUCKET)).status()
    jobs = await (await wire.js.key_value(JOBS_BUCKET)).status()
    assert (beats.ttl, jobs.ttl or 0) == (HEARTBEAT_TTL_SECONDS, 0)


CHANGES: dict[str, Callable[[StreamConfig], StreamConfig]] = {
    "max_age": lambda c: c.evolve(max_age=3600.0, duplicate_window=600.0),
    "discard": lambda c: c.evolve(discard=DiscardPolicy.OLD),
    "max_msgs": lambda c: c.evolve(max_msgs=3),
    "max_msgs_per_subject": lambda c: c.evolve(max_msgs_per_subject=1),
    "max_bytes": lambda c: c.evolve(max_bytes=1024 * 1024),
    "subjects": lambda c: c.evolve(subjects=["booking.>", "reservation.>"]),
    "duplicate_window": lambda c: c.evolve(duplicate_window=120.0),
}


async def test_a_changed_stream_stops_the_start_and_can_be_mended(private_wire: Connect) -> None:
    broker = await private_wire()
    good = (await broker.js.stream_info("BOOKING")).config
    for field, change in CHANGES.items():
        await broker.js.update_stream(change(good))
        with pytest.raises(TopologyDrift, match="Run `make topology`") as raised:
            await ensure_topology(broker.js, [])
        assert "stream BOOKING" in str(raised.value)
        assert f"{field}: code " in str(raised.value)
        await ensure_topology(broker.js, [], update=True)
        await ensure_topology(broker.js, [])
        assert (await broker.js.stream_info("BOOKING")).config == good


async def test_a_changed_consumer_stops_the_start_and_can_be_mended(private_wire: Connect) -> None:
    broker = await private_wire()
    handler = handler_of(event_type(), event_type())
    good = consumer_config(handler)
    changes = {
        "ack_wait": replace(good, ack_wait=5.0),
        "max_ack_pending": replace(good, max_ack_pending=1),
        "max_deliver": replace(good, max_deliver=3),
        "filter_subjects": replace(good, filter_subjects=["booking.>"]),
    }
    await ensure_topology(broker.js, [handler])
    for field, changed in changes.items():
        await broker.js.add_consumer("BOOKING", changed)
        with pytest.raises(TopologyDrift, match="Run `make topology`") as raised:
            await ensure_topology(broker.js, [handler])
        assert f"consumer {handler.durable}" in str(raised.value)
        assert f"{field}: code " in str(raised.value)
        await ensure_topology(broker.js, [handler], update=True)
        await ensure_topology(broker.js, [handler])


async def test_updating_keeps_stored_messages_and_what_was_acknowledged(private_wire: Connect) -> None:
    broker = await private_wire()
    kind = event_type()
    handler = handler_of(kind)
    await ensure_topology(broker.js, [handler])
    await broker.publish(f"{kind.TYPE}.a", b"{}", "1")
    await broker.publish(f"{kind.TYPE}.b", b"{}", "2")
    subscription = await broker.js.pull_subscribe_bind(durable=handler.durable, stream="BOOKING")
    (msg,) = await subscription.fetch(1, timeout=allowed(5))
    await msg.ack_sync()
    await broker.js.add_consumer("BOOKING", replace(consumer_config(handler), ack_wait=5.0))
    await ensure_topology(broker.js, [handler], update=True)
    info = await broker.js.consumer_info("BOOKING", handler.durable)
    assert (info.num_pending, info.ack_floor and info.ack_floor.consumer_seq) == (1, 1)
    assert (await broker.js.stream_info("BOOKING")).state.messages == 2


async def note_them(events: list[BookingHeld], tx: object) -> None: ...


def test_a_handler_becomes_a_patient_consumer() -> None:
    config: ConsumerConfig = consumer_config(handler_of(BookingHeld, BookingConfirmed, function=note_them, batch=64))
    assert config.ack_policy == AckPolicy.EXPLICIT
    assert config.max_deliver == -1, "the runner counts deliveries, so that nothing gets stuck unseen"
    assert config.filter_subjects == ["booking.confirmed.v1.>", "booking.held.v1.>"]
    assert (config.max_ack_pending or 0) >= 2 * 64


async def test_the_shipped_server_syncs_every_message_to_disk(servers: Servers) -> None:
    def varz() -> object:
        with urllib.request.urlopen(f"{servers.nats.monitor_url}/varz", timeout=5) as answer:
            return json.load(answer)

    told = await asyncio.to_thread(varz)
    assert isinstance(told, dict)
    assert told["jetstream"]["config"]["sync_always"] is True, "without it a power cut loses acknowledged messages"
    assert tuple(int(part) for part in told["version"].split(".")[:3]) >= (2, 15, 1)
    assert told["max_payload"] == 1024 * 1024
