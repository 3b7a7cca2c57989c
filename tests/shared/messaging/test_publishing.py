"""Durable publishes: alone at once, many together with one commit, each answered for itself."""

import asyncio
from typing import Any

import pytest
from nats.js.api import ConsumerConfig, DeliverPolicy

from shared.errors import Unavailable
from shared.messaging.broker import Broker
from tests.support.messages import random_name


async def stored(wire: Broker, subject: str) -> list[Any]:
    """Every message of a subject, in the order of the stream."""
    reading = await wire.js.pull_subscribe(
        subject, stream="BOOKING", config=ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    )
    pending = (await reading.consumer_info()).num_pending or 0
    messages: list[Any] = []
    while len(messages) < pending:
        messages += await reading.fetch(pending - len(messages), timeout=5)
    await reading.unsubscribe()
    return messages


def together(messages: list[Any]) -> list[str]:
    """The batches that messages came in."""
    return [m.headers["Nats-Batch-Id"] for m in messages if "Nats-Batch-Id" in m.headers]


async def publish_all(wire: Broker, subject: str, names: list[str], size: int = 3) -> list[bool]:
    return await asyncio.gather(*(wire.publish(subject, b"x" * size, name) for name in names))


async def test_many_at_once_are_stored_once_each_with_few_commits(wire: Broker) -> None:
    subject = f"booking.{random_name()}"
    names = [random_name() for _ in range(600)]
    assert all(await publish_all(wire, subject, names))
    messages = await stored(wire, subject)
    assert sorted(m.headers["Nats-Msg-Id"] for m in messages) == sorted(names)
    batched = together(messages)
    assert len(batched) > 500, "most must have gone in company"
    assert len(set(batched)) <= 6


async def test_a_lone_message_does_not_wait_for_company(wire: Broker) -> None:
    subject = f"booking.{random_name()}"
    for _ in range(20):
        assert await wire.publish(subject, b"{}", random_name())
    assert together(await stored(wire, subject)) == []


async def test_repeats_are_told_from_news_in_one_batch(wire: Broker) -> None:
    subject = f"booking.{random_name()}"
    old, new = [random_name() for _ in range(50)], [random_name() for _ in range(50)]
    await publish_all(wire, subject, old)
    mixed = [name for pair in zip(old, new, strict=True) for name in pair]
    assert await publish_all(wire, subject, mixed) == [False, True] * 50
    assert len(await stored(wire, subject)) == 100


async def test_one_that_is_refused_harms_no_other(wire: Broker) -> None:
    subject = f"booking.{random_name()}"
    limit = 1024 * 1024 - 16 * 1024  # of the stream; the server itself takes more
    sizes = [10] * 20 + [limit + 1] + [10] * 20
    results = await asyncio.gather(
        *(wire.publish(subject, b"x" * size, random_name()) for size in sizes), return_exceptions=True
    )
    assert [type(r) for r in results] == [bool] * 20 + [Unavailable] + [bool] * 20
    assert len(await stored(wire, subject)) == 40


async def test_streams_do_not_wait_for_each_other(wire: Broker) -> None:
    names = [random_name() for _ in range(90)]
    subjects = [f"{owner}.{random_name()}" for owner in ("booking", "billing", "notifier")]
    results = await asyncio.gather(*(wire.publish(subjects[n % 3], b"{}", name) for n, name in enumerate(names)))
    assert all(results)


async def test_a_subject_that_no_stream_takes_is_refused(wire: Broker) -> None:
    subject = random_name("nowhere")
    results = await asyncio.gather(
        *(wire.publish(subject, b"{}", random_name()) for _ in range(30)), return_exceptions=True
    )
    assert {type(r) for r in results} == {Unavailable}
    with pytest.raises(Unavailable):
        await wire.publish(subject, b"{}", random_name())
