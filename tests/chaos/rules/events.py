"""Rules about events: each published, each from an outbox, each handled by everyone it concerns."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tests.chaos.evidence import Consumer, Evidence, Stored
from tests.chaos.rules.rule import rule

EVENT_STREAMS = {"BOOKING": "booking", "BILLING": "billing", "NOTIFIER": "notifier"}
"""Stream to the schema whose outbox feeds it."""


def _without_deposit(event: dict[str, Any]) -> bool:
    return event["booking"]["deposit"] is None


NOTHING_TO_DO: dict[str, Callable[[dict[str, Any]], bool]] = {
    "billing-cancel-payment": _without_deposit,
    "billing-request-refund": _without_deposit,
}
"""Handlers that look at an event and leave it be, without a claim in their inbox."""


@rule
def outbox_is_published(evidence: Evidence) -> Iterator[str]:
    """Every row of an outbox is marked as published, and is on its stream."""
    for stream, schema in EVENT_STREAMS.items():
        on_stream = {message.message_id for message in evidence.on(stream)}
        for row in evidence.outbox.get(schema, ()):
            if row["published_at"] is None:
                yield f"{row['type']} {row['id']} waits in {schema}'s outbox"
            elif row["id"] not in on_stream:
                yield f"{row['type']} {row['id']} is marked as published and is not on {stream}"


@rule
def stream_comes_from_the_outbox(evidence: Evidence) -> Iterator[str]:
    """Nothing is on an event stream that no transaction has written down, and it says the same."""
    for stream, schema in EVENT_STREAMS.items():
        written = {row["id"]: row for row in evidence.outbox.get(schema, ())}
        for message in evidence.on(stream):
            row = written.get(message.message_id)
            if row is None and message.message_id not in evidence.poisons:
                yield f"{stream} {message.sequence} ({message.subject}) is in no outbox"
            elif row is not None and (row["subject"], row["payload"]) != (message.subject, message.payload.decode()):
                yield f"{stream} {message.sequence} differs from its row {message.message_id}"


@rule
def every_event_is_handled(evidence: Evidence) -> Iterator[str]:
    """Each event was handled by each durable consumer that it concerns, or lies in DEADLETTER."""
    dead = _dead(evidence)
    for consumer in evidence.consumers:
        if consumer.stream not in EVENT_STREAMS:
            continue
        handled = evidence.inbox.get(consumer.durable.split("-")[0], frozenset())
        for message in evidence.on(consumer.stream):
            if not consumer.reads(message.subject) or message.message_id in evidence.poisons:
                continue
            known = (consumer.durable, message.message_id) in handled or message.sequence in dead[consumer.durable]
            if not known and not _nothing_to_do(consumer, message):
                yield f"{message.subject} {message.message_id} was never handled by {consumer.durable}"


@rule
def every_request_is_decided(evidence: Evidence) -> Iterator[str]:
    """Each stored request has its row, however its sender fared."""
    decided = {row["id"] for row in evidence.requests}
    dead = {s for sequences in _dead(evidence).values() for s in sequences}
    for message in evidence.on("COMMANDS"):
        if message.message_id not in decided and message.sequence not in dead:
            yield f"request {message.message_id} ({message.subject}) was stored and never decided"


@rule
def only_poison_is_dead(evidence: Evidence) -> Iterator[str]:
    """Outages dead-letter nothing; what can't be decoded is dead-lettered by everyone who reads it."""
    dead = _dead(evidence)
    poisoned = {(m.stream, m.sequence): m for m in evidence.stored if m.message_id in evidence.poisons}
    for letter in evidence.on("DEADLETTER"):
        origin = letter.headers.get("Dead-Stream", ""), int(letter.headers.get("Dead-Sequence", 0))
        if origin not in poisoned:
            yield f"{letter.subject}: {' '.join(origin[:1])} {origin[1]} was dead-lettered: {_why(letter)}"
    for (stream, sequence), message in poisoned.items():
        for consumer in evidence.consumers:
            concerned = consumer.stream == stream and consumer.reads(message.subject)
            if concerned and sequence not in dead[consumer.durable]:
                yield f"the poison {stream} {sequence} is not in DEADLETTER for {consumer.durable}"


@rule
def consumers_are_drained(evidence: Evidence) -> Iterator[str]:
    """In the end no consumer has anything left to do."""
    for consumer in evidence.consumers:
        if consumer.pending or consumer.in_hand:
            yield f"{consumer.durable} has {consumer.pending} messages to come and {consumer.in_hand} in hand"


@rule
def everything_is_drained(evidence: Evidence) -> Iterator[str]:
    """All work came to its end within the time that it was given."""
    yield from evidence.undrained


def _dead(evidence: Evidence) -> dict[str, set[int]]:
    """Sequences of dead letters by durable."""
    found: dict[str, set[int]] = defaultdict(set)
    for letter in evidence.on("DEADLETTER"):
        found[letter.headers.get("Dead-Durable", "")].add(int(letter.headers.get("Dead-Sequence", 0)))
    return found


def _nothing_to_do(consumer: Consumer, message: Stored) -> bool:
    leaves = NOTHING_TO_DO.get(consumer.durable)
    return leaves is not None and leaves(json.loads(message.payload))


def _why(letter: Stored) -> str:
    return f"{letter.headers.get('Dead-Reason')}: {letter.headers.get('Dead-Error')}"
