"""The consumer: an effect once, whatever comes, and nothing lost."""

import asyncio
import itertools
import json
import time
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.aio.msg import Msg

from shared.contracts.base import Contract, Outcomes
from shared.errors import DomainError, NotYet, Poison, Unavailable
from shared.messaging import consumer, topology
from shared.messaging.broker import Broker
from shared.messaging.consumer import DEAD_IN_A_ROW, Consumer
from shared.messaging.failures import PATIENT_ATTEMPTS
from shared.messaging.handlers import Message
from shared.messaging.topology import ACK_WAIT_SECONDS, consumer_config
from shared.metrics import FOREIGN_MESSAGES
from shared.persistence.transaction import Transaction
from shared.runtime.context import Context
from tests.support.eventually import allowed, eventually
from tests.support.kernel import (
    Kernel,
    consuming,
    dead_letter,
    handle_once,
    handler_of,
    leave_effect,
    send,
    settled,
    the_dead_letter,
)
from tests.support.messages import (
    Noted,
    NotedCommand,
    Reply,
    a_command,
    a_webhook,
    command_type,
    event_type,
    random_name,
    webhook_type,
)


def some(kind: type[Noted], *notes: str) -> list[Noted]:
    return [kind(tenant_id=uuid4(), note=note) for note in notes]


async def test_a_handled_message_is_acknowledged(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    before, after = some(kind, *"abcde"), some(kind, *"fghij")
    await send(wire, *before)
    async with consuming(wire, handler, kernel.runner()):
        await send(wire, *after)
        info = await settled(wire, handler)
    assert await kernel.effects_of(before + after) == [1] * 10
    assert info.delivered
    assert (info.delivered.consumer_seq, info.num_redelivered) == (10, 0)


async def test_repeats_have_one_effect(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    events = some(kind, *"abcd")
    for _ in range(5):
        await send(wire, *events, again=True)
    async with consuming(wire, handler, kernel.runner()):
        info = await settled(wire, handler)
        await send(wire, *events, again=True)
        info = await settled(wire, handler)
    effects = await kernel.effects_of(events)
    print(f"deliveries {info.delivered and info.delivered.consumer_seq}, events {len(events)}, effects {sum(effects)}")
    assert effects == [1] * 4


async def test_repeats_in_one_batch_have_one_effect(kernel: Kernel, wire: Broker) -> None:
    """A delivery that waits here past its lease comes a second time, beside the first."""
    batches: list[list[UUID]] = []

    async def together(events: list[Noted], tx: Transaction) -> None:
        batches.append([event.id for event in events])
        for event in events:
            await leave_effect(tx, event)

    kind = event_type()
    handler = handler_of(kind, function=together, batch=20)
    events = some(kind, *"abc")
    for _ in range(3):
        await send(wire, *events, again=True)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects_of(events) == [1, 1, 1]
    assert all(len(set(batch)) == len(batch) for batch in batches)
    assert max(len(batch) for batch in batches) > 1, "it did not run as a batch at all"


async def test_a_worker_that_died_between_commit_and_acknowledgement_did_it_once(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    (event,) = some(kind, "x")
    await send(wire, event)
    await kernel.runner()(handler, [event])  # and no acknowledgement follows
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects(event.id) == 1


async def test_a_fact_that_came_too_early_is_tried_again(kernel: Kernel, wire: Broker) -> None:
    tries: Counter[UUID] = Counter()

    async def wait_for_it(event: Noted, ctx: Context) -> None:
        async with ctx.transaction() as tx:
            await leave_effect(tx, event)
            tries[event.id] += 1
            if event.note == "early" and tries[event.id] == 1:
                raise NotYet("its cause has not come")
            if event.note == "bug" and tries[event.id] == 1:
                raise KeyError("a bug")

    kind = event_type()
    handler = handler_of(kind, function=wait_for_it)
    events = some(kind, "early", "fine", "bug")
    async with consuming(wire, handler, kernel.runner()):
        started = time.monotonic()
        await send(wire, *events)
        info = await settled(wire, handler)
    assert [tries[e.id] for e in events] == [2, 1, 2]
    assert await kernel.effects_of(events) == [1, 1, 1], "the failed tries were rolled back"
    assert time.monotonic() - started > 0.35, "a retry waits: a bare nak burns all attempts in milliseconds"
    assert info.delivered
    assert info.delivered.consumer_seq == 5


@pytest.mark.parametrize(("error", "reason"), [(DomainError, "refused"), (Poison, "poison")])
async def test_what_can_not_succeed_is_dead_lettered(
    kernel: Kernel, wire: Broker, error: type[Exception], reason: str
) -> None:
    async def refuse(event: Noted, ctx: Context) -> None:
        async with ctx.transaction() as tx:
            await leave_effect(tx, event)
            if event.note == "bad":
                raise error("it is closed\r\nNats-Msg-Id: forged é")

    kind = event_type()
    handler = handler_of(kind, function=refuse)
    events = some(kind, "good", "bad", "good")
    async with consuming(wire, handler, kernel.runner()):
        await send(wire, *events)
        letter = await the_dead_letter(wire, handler)
        await settled(wire, handler)
    assert letter.data == events[1].model_dump_json().encode(), "the payload stays untouched"
    headers = letter.headers or {}
    original = await wire.js.get_msg("BOOKING", int(headers["Dead-Sequence"]))
    assert original.data == letter.data, "the original stays on its stream"
    assert headers["Dead-Subject"] == events[1].subject == original.subject
    assert headers["Dead-Stream"] == "BOOKING"
    assert headers["Dead-Durable"] == handler.durable
    assert headers["Dead-Attempts"] == "1"
    assert headers["Dead-Reason"] == reason
    assert headers["Dead-Error"] == f"{error.__name__}: it is closed  Nats-Msg-Id: forged ?"
    assert headers["Nats-Msg-Id"] == f"{handler.durable}:BOOKING:{headers['Dead-Sequence']}"
    assert await kernel.effects_of(events) == [1, 0, 1]


def poisonable(stream: str) -> tuple[type[Message], list[Message]]:
    """A type on this stream, and two good messages of it."""
    if stream == "COMMANDS":
        command = command_type()
        return command, [a_command(command), a_command(command)]
    if stream == "WEBHOOKS":
        hook = webhook_type()
        return hook, [a_webhook(hook), a_webhook(hook)]
    kind = event_type(stream.lower())
    return kind, [*some(kind, "x", "x")]


@pytest.mark.parametrize("stream", ["COMMANDS", "WEBHOOKS", "BOOKING", "BILLING", "NOTIFIER"])
async def test_poison_in_a_stream_harms_only_itself(kernel: Kernel, wire: Broker, stream: str) -> None:
    kind, (before, after) = poisonable(stream)
    seen: list[str] = []

    async def note(message: Message, tx: Transaction) -> Reply:
        seen.append(str(message.id))
        return Reply(answer="noted")

    handler = handler_of(kind, function=note, concurrency=1)
    assert handler.stream == stream
    payloads = [b"", b"not json", b"[]", b"null", b'{"id": 7}', b"\xff\xfe", before.model_dump_json().encode()[:-9]]
    if stream != "WEBHOOKS":
        payloads.append(before.model_dump_json().encode())  # under a subject of another tenant
    await send(wire, before)
    for payload in payloads:
        await wire.publish(f"{kind.TYPE}.{uuid4()}.{uuid4()}", payload, random_name())
    await send(wire, after)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    info = await wire.js.stream_info("DEADLETTER", subjects_filter=f"deadletter.{handler.durable}")
    dead = (info.state.subjects or {}).get(f"deadletter.{handler.durable}", 0)
    print(f"{stream}: poison {len(payloads)}, dead letters {dead}, others handled {len(seen)}")
    assert dead == len(payloads)
    assert seen == [str(before.id), str(after.id)]
    letter = await the_dead_letter(wire, handler)
    assert (letter.data or b"") == payloads[-1]
    assert (letter.headers or {})["Dead-Stream"] == stream


async def test_the_largest_message_can_still_be_dead_lettered(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    subject = f"{kind.TYPE}.{uuid4()}"
    refused = [1024 * 1024 + 1, 1024 * 1024, 1024 * 1024 - 40, 1024 * 1024 - 8 * 1024]
    for size in refused:
        with pytest.raises(Unavailable):
            await wire.publish(subject, b"x" * size, random_name())
    largest = b"x" * (1024 * 1024 - 16 * 1024 - 100)
    await wire.publish(subject, largest, random_name())
    (event,) = some(kind, "after it")
    await send(wire, event)
    async with consuming(wire, handler, kernel.runner()):
        letter = await the_dead_letter(wire, handler)
        await settled(wire, handler)
    assert letter.data == largest
    assert await kernel.effects(event.id) == 1
    assert not wire.lost.is_set(), "the server hung up"


async def test_a_bad_message_in_a_batch_harms_only_itself(kernel: Kernel, wire: Broker) -> None:
    sizes: list[int] = []

    async def together(events: list[Noted], tx: Transaction) -> None:
        sizes.append(len(events))
        for event in events:
            await leave_effect(tx, event)
            if event.note == "bad":
                raise DomainError("no")

    kind = event_type()
    handler = handler_of(kind, function=together, batch=20)
    events = some(kind, *(["good"] * 6), "bad", *(["good"] * 5))
    await send(wire, *events[:3])
    await wire.publish(f"{kind.TYPE}.{uuid4()}", b"{", random_name())
    await send(wire, *events[3:], events[0])
    await send(wire, events[1], again=True)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    effects = await kernel.effects_of(events)
    assert effects == [1] * 6 + [0] + [1] * 5
    assert max(sizes) > 1, "it did not run as a batch at all"
    letter = await the_dead_letter(wire, handler)
    assert letter.data == events[6].model_dump_json().encode()
    print(f"messages {len(events) + 2}, effects {sum(effects)}, function calls {len(sizes)}")


async def test_an_outage_is_waited_for_in_place(kernel: Kernel, wire: Broker) -> None:
    tries: list[float] = []

    async def need_the_world(event: Noted, ctx: Context) -> None:
        tries.append(time.monotonic())
        if len(tries) < 4:
            raise Unavailable("the world is away")
        await handle_once(event, ctx)

    kind = event_type()
    handler = handler_of(kind, function=need_the_world)
    (event,) = some(kind, "x")
    async with consuming(wire, handler, kernel.runner()):
        await send(wire, event)
        info = await settled(wire, handler)
    assert info.delivered
    assert (len(tries), info.delivered.consumer_seq) == (4, 1), "one delivery, held while the world was away"
    gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert gaps == sorted(gaps), "it pauses longer each time"
    assert await kernel.effects(event.id) == 1


async def test_a_message_that_passes_for_an_outage_holds_nobody_else(
    kernel: Kernel, wire: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "PATIENCE_SECONDS", 0.5)

    async def together(events: list[Noted], tx: Transaction) -> None:
        for event in events:
            await leave_effect(tx, event)
            if event.note == "bad":
                raise Unavailable("so it says")

    kind = event_type()
    handler = handler_of(kind, function=together, batch=20)
    events = some(kind, *(["good"] * 6), "bad", *(["good"] * 5))
    await send(wire, *events)

    async def only_the_bad_one_is_left() -> bool:
        return await kernel.effects_of(events) == [1] * 6 + [0] + [1] * 5

    async with consuming(wire, handler, kernel.runner()):
        assert await eventually(only_the_bad_one_is_left)


async def test_what_our_publishers_have_not_sent_is_dropped_and_counted(kernel: Kernel, wire: Broker) -> None:
    kind, other = event_type("billing"), event_type("billing")
    handler = handler_of(kind)
    genuine, moved = some(kind, "genuine", "moved")
    [of_another_type] = some(other, "another")
    body = moved.model_dump_json().encode()
    client = wire.client
    await wire.js.add_consumer(handler.stream, consumer_config(handler))
    before = FOREIGN_MESSAGES.labels(handler.durable)._value.get()
    # What a server puts onto a subject when it is told to answer there, and what anybody may make of it.
    await client.publish(kind.TYPE + f".{moved.tenant_id}", b'{"error": {"code": 404}}')
    await client.publish(moved.subject, b"", headers={"Status": "408", "Description": "Request Timeout"})
    direct_get = {"Nats-Stream": "COMMANDS", "Nats-Subject": "command.x", "Nats-Sequence": "7"}
    await client.publish(moved.subject, body, headers={"Nats-Msg-Id": str(moved.id), **direct_get})
    await client.publish(moved.subject, body)
    relabelled = kind(tenant_id=of_another_type.tenant_id, id=of_another_type.id, note="x")
    await client.publish(
        relabelled.subject,
        relabelled.model_dump_json().encode(),
        headers={"Nats-Msg-Id": str(relabelled.id), "ce-type": other.TYPE},
    )
    for _ in range(DEAD_IN_A_ROW):
        await client.publish(moved.subject, b"+OK")
    await send(wire, genuine)
    async with consuming(wire, handler, kernel.runner()) as running:
        await settled(wire, handler)
        assert not running.halted
    assert await kernel.effects_of([genuine, moved, relabelled]) == [1, 0, 0]
    assert await dead_letter(wire, handler) is None
    assert FOREIGN_MESSAGES.labels(handler.durable)._value.get() - before == 5 + DEAD_IN_A_ROW


async def test_messages_are_handled_side_by_side_within_bounds(kernel: Kernel, wire: Broker) -> None:
    together = asyncio.Barrier(4)
    now = peak = 0

    async def meet(event: Noted, ctx: Context) -> None:
        nonlocal now, peak
        now += 1
        peak = max(peak, now)
        await together.wait()
        now -= 1

    kind = event_type()
    handler = handler_of(kind, function=meet, concurrency=4)
    await send(wire, *some(kind, *"0123456789ab"))
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert peak == 4


async def test_a_slow_handler_keeps_its_message(kernel: Kernel, wire: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times the acknowledgement wait: renewed all along, so that nobody else is given the message."""
    for module in (topology, consumer):
        monkeypatch.setattr(module, "ACK_WAIT_SECONDS", 1)
    runs: list[UUID] = []

    async def take_long(event: Noted, ctx: Context) -> None:
        runs.append(event.id)
        await asyncio.sleep(3)  # the work itself
        await handle_once(event, ctx)

    kind = event_type()
    handler = handler_of(kind, function=take_long)
    events = some(kind, "slow")
    await send(wire, *events)
    async with consuming(wire, handler, kernel.runner()), consuming(wire, handler, kernel.runner()):
        info = await settled(wire, handler)
    assert await kernel.effects_of(events) == [1]
    assert (len(runs), info.num_redelivered) == (1, 0)


async def test_two_replicas_share_the_work(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind, concurrency=1)
    events = some(kind, *(["x"] * 60))
    await send(wire, *events)
    handled: Counter[str] = Counter()

    def replica(name: str) -> Consumer:
        async def run(r: object, messages: object) -> None:
            handled[name] += 1
            await kernel.runner()(handler, messages)  # type: ignore[arg-type]

        return Consumer(wire, handler, run)

    await wire.js.add_consumer(handler.stream, consumer_config(handler))
    replicas = [replica("first"), replica("second")]
    running = [asyncio.create_task(r.run()) for r in replicas]
    await settled(wire, handler)
    for one in replicas:
        await one.stop()
    await asyncio.gather(*running)
    assert await kernel.effects_of(events) == [1] * 60
    assert min(handled["first"], handled["second"]) > 5, handled


async def test_stopping_finishes_what_runs_and_gives_back_the_rest(kernel: Kernel, wire: Broker) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def linger(event: Noted, ctx: Context) -> None:
        started.set()
        await go_on.wait()
        await handle_once(event, ctx)

    kind = event_type()
    handler = handler_of(kind, function=linger, concurrency=1)
    events = some(kind, *"abcd")
    await send(wire, *events)
    await wire.js.add_consumer(handler.stream, consumer_config(handler))
    leaving = Consumer(wire, handler, kernel.runner())
    running = asyncio.create_task(leaving.run())
    await started.wait()

    async def fetched_ahead() -> bool:
        info = await wire.js.consumer_info(handler.stream, handler.durable)
        return bool(info.num_ack_pending == 2)

    await eventually(fetched_ahead)
    await leaving.stop()
    assert not running.done(), "it waits for the handler that runs"
    async with consuming(wire, handler, kernel.runner()):
        go_on.set()
        async with asyncio.timeout(allowed(3)):
            await running
        # What was fetched ahead comes back at once, not after its ack wait.
        info = await settled(wire, handler, within=5, before=ACK_WAIT_SECONDS / 2)
    assert await kernel.effects_of(events) == [1] * 4
    assert info.delivered
    assert info.delivered.consumer_seq == 5, "one message was delivered again: the one that was fetched ahead"


async def test_a_message_that_keeps_killing_its_worker_is_dead_lettered_unseen(kernel: Kernel, wire: Broker) -> None:
    ran: list[UUID] = []

    async def never(event: Noted, ctx: Context) -> None:
        ran.append(event.id)

    kind = event_type()
    handler = handler_of(kind, function=never)
    deadly, harmless = some(kind, "deadly", "harmless")
    await send(wire, deadly)
    await wire.js.add_consumer(handler.stream, consumer_config(handler))
    subscription = await wire.js.pull_subscribe_bind(durable=handler.durable, stream=handler.stream)
    for _ in range(PATIENT_ATTEMPTS):
        (msg,) = await subscription.fetch(1, timeout=allowed(5))
        await msg.nak()  # as if the worker had died
    await subscription.unsubscribe()
    await send(wire, harmless)
    async with consuming(wire, handler, kernel.runner()):
        letter = await the_dead_letter(wire, handler)
        await settled(wire, handler)
    assert ran == [harmless.id]
    assert (letter.headers or {})["Dead-Attempts"] == str(PATIENT_ATTEMPTS + 1)


async def test_a_waiting_gateway_hears_its_outcomes(kernel: Kernel, wire: Broker) -> None:
    heard: asyncio.Queue[Outcomes] = asyncio.Queue()
    gateway = f"outcome.{random_name()}"

    async def hear(msg: Msg) -> None:
        await heard.put(Outcomes.model_validate_json(msg.data))

    await wire.subscribe(gateway, hear)

    async def grant(commands: list[NotedCommand], tx: Transaction) -> list[Contract]:
        return [Reply(answer=command.note) for command in commands]

    kind = command_type()
    handler = handler_of(kind, function=grant, batch=10)
    notes = (("a", gateway), ("b", gateway), ("alone", None), ("c", "a b"))
    commands = [a_command(kind, note, outcome_to) for note, outcome_to in notes]
    await send(wire, *commands)
    async with consuming(wire, handler, kernel.runner()):
        async with asyncio.timeout(allowed(5)):
            outcomes = await heard.get()
        await settled(wire, handler)
    assert {o.command_id: o.result for o in outcomes.outcomes} == {c.id: {"answer": c.note} for c in commands[:2]}
    assert heard.empty(), "one message for one batch"


async def test_outcomes_that_fit_into_no_message_together_come_in_several(kernel: Kernel, wire: Broker) -> None:
    heard: dict[UUID, Any] = {}
    gateway = f"outcome.{random_name()}"

    async def hear(msg: Msg) -> None:
        heard.update({o.command_id: o.result for o in Outcomes.model_validate_json(msg.data).outcomes})

    await wire.subscribe(gateway, hear)

    async def grant(commands: list[NotedCommand], tx: Transaction) -> list[Contract]:
        return [Reply(answer="ü" * 60_000) for _ in commands]

    kind = command_type()
    handler = handler_of(kind, function=grant, batch=20)
    commands = [a_command(kind, "a", gateway) for _ in range(20)]
    await send(wire, *commands)
    async with consuming(wire, handler, kernel.runner()):

        async def told() -> bool:
            return set(heard) == {command.id for command in commands}

        await eventually(told)
        await settled(wire, handler)


async def test_events_of_unknown_members_reach_their_handler(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    (event,) = some(kind, "x")
    newer = {**json.loads(event.model_dump_json()), "colour": "red"}
    headers = {"ce-specversion": "9.9", "ce-odd": "forged", "X-Odd": "1"}
    await wire.publish(event.subject, json.dumps(newer).encode(), random_name(), headers)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects(event.id) == 1
