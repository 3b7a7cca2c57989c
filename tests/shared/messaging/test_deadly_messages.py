"""A message that kills its worker each time ends as a dead letter, and the others are handled."""

import asyncio
import sys
from uuid import uuid4

from devstack.process import Child
from devstack.servers import Servers, temporary_directory
from shared.messaging.broker import Broker
from shared.messaging.failures import PATIENT_ATTEMPTS
from shared.messaging.topology import consumer_config
from tests.conftest import ROOT
from tests.support.eventually import eventually
from tests.support.kernel import Kernel, dead_letter, handle_once, handler_of, send
from tests.support.messages import event_type

ACK_WAIT_SECONDS = 1
"""Shorter than in production, where twenty deaths take ten minutes."""


async def test_a_message_that_kills_its_worker_is_buried_and_the_others_flow(
    kernel: Kernel, servers: Servers, wire: Broker
) -> None:
    kind = event_type()
    handler = handler_of(kind, function=handle_once)
    service = handler.durable.partition("-")[0]
    config = consumer_config(handler)
    config.ack_wait = ACK_WAIT_SECONDS
    await wire.js.add_consumer(handler.stream, config)
    before, after = ([kind(tenant_id=uuid4()) for _ in range(10)] for _ in range(2))
    deadly = kind(tenant_id=uuid4(), note="deadly")
    await send(wire, *before, deadly, *after)
    command = [
        sys.executable,
        "-m",
        "tests.shared.messaging.deadly_worker",
        servers.nats.url,
        kernel.url,
        service,
        kind.TYPE,
    ]
    worker = Child(f"deadly-{service}", command, directory=temporary_directory())
    worker.cwd = ROOT

    async def over() -> bool:
        info = await wire.js.consumer_info(handler.stream, handler.durable)
        return bool(info.delivered and info.delivered.consumer_seq) and not (info.num_pending or info.num_ack_pending)

    worker.launch()
    try:
        await eventually(over, within=90, every=0.2)
    finally:
        await asyncio.to_thread(worker.stop)
    deaths = worker.said(10_000).count("died")
    letter = await dead_letter(wire, handler)
    assert letter is not None
    effects = await kernel.effects_of([*before, *after])
    print(f"deaths {deaths}, others handled {sum(effects)} of {len(effects)}")
    assert letter.data == deadly.model_dump_json().encode()
    assert (letter.headers or {})["Dead-Attempts"] == str(PATIENT_ATTEMPTS + 1)
    assert deaths == PATIENT_ATTEMPTS
    assert effects == [1] * 20, "nobody else was lost or buried with it"
