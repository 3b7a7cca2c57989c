"""Heartbeats: how processes are, as they tell each other."""

import asyncio

import pytest

from devstack.servers import Nats
from shared.contracts.heartbeats import SeenHeartbeat
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.topology import HEARTBEAT_BUCKET
from shared.runtime.health import Health
from shared.runtime.heartbeat import HeartbeatWriter, read_heartbeats
from tests.shared.conftest import Connect
from tests.support.eventually import allowed, eventually
from tests.support.messages import random_name


async def beats_of(broker: Broker, service: str) -> list[SeenHeartbeat]:
    return [seen for seen in await read_heartbeats(broker) if seen.heartbeat.service == service]


async def test_a_heartbeat_tells_how_a_process_is(wire: Broker) -> None:
    well = True

    async def check() -> None:
        if not well:
            raise Unavailable("it is raining")

    health = Health()
    health.add("weather", check)
    service = random_name()
    first = HeartbeatWriter(wire, health, service, "a-1", "0.1.0")
    second = HeartbeatWriter(wire, health, service, "b-2", "0.1.0")
    second.lag["booking-note-it"] = 7
    await first.beat()
    await second.beat()
    one, two = await beats_of(wire, service)
    assert (one.heartbeat.instance, two.heartbeat.instance) == ("a-1", "b-2")
    assert one.heartbeat.ready
    assert one.heartbeat.checks == {"weather": "ok"}
    assert two.heartbeat.lag == {"booking-note-it": 7}
    assert 0 <= two.age_seconds <= one.age_seconds < allowed(5)
    well = False

    async def gets_worse() -> bool:
        await first.beat()
        beat = (await beats_of(wire, service))[0].heartbeat
        return not beat.ready and beat.checks == {"weather": "it is raining"}

    await eventually(gets_worse, within=5)
    await first.stop()
    assert [b.heartbeat.instance for b in await beats_of(wire, service)] == ["b-2"]
    await second.stop()
    assert await beats_of(wire, service) == []


async def test_it_beats_by_itself_and_ages(wire: Broker) -> None:
    service = random_name()
    heart = HeartbeatWriter(wire, Health(), service, "a-1", "0.1.0")
    beating = asyncio.create_task(heart.run())

    async def seen() -> bool:
        return bool(await beats_of(wire, service))

    await eventually(seen, within=2)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)

    async def aged() -> bool:
        return (await beats_of(wire, service))[0].age_seconds >= 0.3

    await eventually(aged, within=3)
    await heart.stop()


async def test_an_empty_bucket_is_no_hang(private_wire: Connect) -> None:
    broker = await private_wire()
    assert await read_heartbeats(broker) == []


async def test_a_look_leaves_nothing_behind(private_wire: Connect) -> None:
    broker = await private_wire()
    for _ in range(5):
        await read_heartbeats(broker)

    async def tidy() -> bool:
        return not await broker.js.consumers_info(f"KV_{HEARTBEAT_BUCKET}")

    await eventually(tidy, within=15)


async def test_without_nats_there_is_no_news_and_no_crash(private_nats: Nats, private_wire: Connect) -> None:
    broker = await private_wire()
    heart = HeartbeatWriter(broker, Health(), random_name(), "a-1", "0.1.0")
    await asyncio.to_thread(private_nats.kill)
    beaten, stopped, read = await asyncio.gather(
        heart.beat(), heart.stop(), read_heartbeats(broker), return_exceptions=True
    )
    assert (beaten, stopped) == (None, None)
    assert isinstance(read, Unavailable)


async def test_before_the_first_connection_there_is_no_news_and_no_crash(private_nats: Nats) -> None:
    broker = Broker(private_nats.url, "test")
    await HeartbeatWriter(broker, Health(), random_name(), "a-1", "0.1.0").stop()
    with pytest.raises(Unavailable, match="not connected"):
        await read_heartbeats(broker)
    await broker.close()


async def test_readiness_changes_its_mind_on_the_second_failure() -> None:
    answers = [True, False, False, True]
    asked: list[bool] = []

    async def check() -> None:
        asked.append(answers[len(asked)])
        if not asked[-1]:
            raise Unavailable("down")

    health = Health()
    health.add("thing", check)
    seen: list[bool] = []
    for turn in range(4):

        async def looked(turn: int = turn) -> bool:
            ready = await health.ready()
            if len(asked) > turn:
                seen.append(ready)
            return len(asked) > turn

        await eventually(looked, within=3)
    assert seen == [True, True, False, True]


async def test_a_process_on_its_way_out_is_not_ready() -> None:
    health = Health()
    assert await health.ready()
    health.stopping = True
    assert not await health.ready()


async def test_a_check_that_hangs_is_a_failed_check() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    health = Health()
    health.add("thing", hang)
    async with asyncio.timeout(allowed(3)):
        assert not await health.ready()
    assert (await health.results())["thing"].detail == "no answer in time"
