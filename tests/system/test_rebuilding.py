"""Lost streams are refilled from the outbox, and nothing happens twice."""

import asyncio
import re

import asyncpg
import pytest

from devstack.stack import Stack
from shared.messaging.broker import Broker
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.system.conftest import Outside, payable, reaches
from tests.system.test_command_line import Tidebook, tidebook

__all__ = ["tidebook"]

STREAMS = ("BOOKING", "BILLING", "NOTIFIER")
STATE = """
    SELECT (SELECT json_agg(b ORDER BY id) FROM (SELECT id, status, version FROM booking.bookings) b),
        (SELECT json_agg(p ORDER BY id) FROM (SELECT id, status, amount FROM billing.payments) p),
        (SELECT json_agg(m ORDER BY id) FROM (SELECT id, status, attempts FROM notifier.messages) m),
        (SELECT count(*) FROM booking.outbox), (SELECT count(*) FROM billing.outbox),
        (SELECT count(*) FROM notifier.outbox)
"""


async def look_at(stack: Stack) -> list[str]:
    connection = await asyncpg.connect(stack.servers.postgres.url)
    row = await connection.fetchrow(STATE)
    await connection.close()
    return [str(value) for value in row]


async def held(wire: Broker) -> dict[str, int]:
    return {name: (await wire.js.stream_info(name)).state.messages for name in STREAMS}


@pytest.mark.timeout(240)
async def test_lost_streams_are_refilled_and_no_state_changes_twice(
    stack: Stack, api: Api, outside: Outside, tidebook: Tidebook
) -> None:
    wire = Broker(stack.servers.nats.url, "test")
    await wire.connect()
    service = await api.service(deposit_percent=20)
    await api.resource(service)
    made = [(await api.book(service, in_days(day))).json() for day in range(2, 6)]
    for booking in made:
        await outside.pay(await payable(api, booking["id"]))
        await reaches(api, booking["id"], "confirmed")

    async def at_rest() -> bool:
        before = await look_at(stack)
        for stream in STREAMS:
            for consumer in await wire.js.consumers_info(stream):
                if consumer.num_pending or consumer.num_ack_pending:
                    return False
        return "queued" not in before[2] and before == await look_at(stack)

    await eventually(at_rest, within=40, every=0.5)
    services = [name for name in stack.processes if not name.startswith("gateway")]
    await asyncio.gather(*(asyncio.to_thread(stack.processes[name].stop) for name in services))
    before, events = await look_at(stack), await held(wire)
    for stream in STREAMS:
        await wire.js.delete_stream(stream)
    seen = await tidebook("rebuild-streams", "--since", "2h")
    print(seen.out)
    assert seen.code == 0, seen.err
    stored = dict(re.findall(r"^(\w+): \d+ events .*, (\d+) stored, 0 were there$", seen.out, re.MULTILINE))
    assert {name.upper(): int(count) for name, count in stored.items()} == events
    assert await held(wire) == events
    await asyncio.gather(*(asyncio.to_thread(stack.processes[name].start) for name in services))
    await eventually(at_rest, within=40, every=0.5)
    assert await look_at(stack) == before, "every consumer knows every event"
    again = await tidebook("rebuild-streams", "--since", "2h", "--service", "booking")
    assert f"{events['BOOKING']} events" in again.out
    assert "0 stored" in again.out
    late = await tidebook("rebuild-streams", "--since", "0s")
    assert late.out.count(": 0 events") == 3
    await wire.close()
