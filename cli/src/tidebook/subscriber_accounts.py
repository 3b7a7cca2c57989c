"""Subscribers from outside as NATS sees them: an account each, in the file that its configuration includes.

A subscriber is a program of somebody else's that hears one business' events and asks its questions. Its account
imports its own consumers and its own tenant's questions, and holds nothing else: whatever it has delivered to whatever
subject stays among its own (ADR 0034). The file is all that is kept of it, but for the consumers.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.contracts.base import Event, FollowCommand, Query
from shared.contracts.registry import published
from shared.messaging.handlers import stream_of
from shared.messaging.topology import ACCOUNT

API_DOMAIN = "tidebook"
"""The JetStream domain that subscribers name: in an account of its own the bare `$JS.API` is that account's."""
CONNECTIONS = 16
SUBSCRIPTIONS = 256
PAYLOAD_BYTES = 64 * 1024
"""What one subscriber may have of the server; a question is far shorter."""
UNSETTLED = 256
"""Events that a subscriber may have in hand at once, on each stream."""
WAITING_PULLS = 32
SETTLE_SECONDS = 30
"""An event that is not settled within this time is delivered again."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_DECLARED = "# subscriber "
_HEADER = "# Subscribers from outside. Written by `tidebook subscribers`: change nothing here.\n"

EVENTS = sorted(event.TYPE for event in published(Event))
"""The type of every event, as `booking.confirmed.v1`."""
QUESTIONS = [query.TYPE for query in published(Query) if not issubclass(query, FollowCommand)]
"""The type of every question that a subscriber may ask; how a command ended is for who sent it."""


class UnknownEvents(ValueError):
    """A pattern matches no event that there is."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One program of somebody else's, and what it may hear."""

    name: str
    tenant_id: str
    events: tuple[str, ...]
    """Types of events, each with its version."""
    public_key: str
    """The public half of its NATS key; the private half is shown once and kept nowhere."""

    @property
    def durable(self) -> str:
        """The name of its consumer on each stream that has events for it."""
        return f"subscriber-{self.name}"

    @property
    def streams(self) -> list[str]:
        """The streams that have events for it."""
        return sorted({stream_of(event) for event in self.events})

    @property
    def questions(self) -> list[str]:
        """The subjects at which it may ask."""
        return [f"{question}.{self.tenant_id}" for question in QUESTIONS]

    def consumers(self) -> list[tuple[str, ConsumerConfig]]:
        """A durable pull consumer a stream, from the moment of its making on."""
        return [(stream, self._consumer(stream)) for stream in self.streams]

    def _consumer(self, stream: str) -> ConsumerConfig:
        own = [event for event in self.events if stream_of(event) == stream]
        return ConsumerConfig(
            durable_name=self.durable,
            filter_subjects=[f"{event}.{self.tenant_id}" for event in own],
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.NEW,
            ack_wait=SETTLE_SECONDS,
            max_deliver=-1,
            max_ack_pending=UNSETTLED,
            max_waiting=WAITING_PULLS,
        )

    def account(self) -> str:
        """Its account in the server's syntax."""
        imports, publish = [], []
        for stream in self.streams:
            for verb in ("MSG.NEXT", "INFO"):
                place = f"CONSUMER.{verb}.{stream}.{self.durable}"
                imports.append(_imported(f"$JS.API.{place}", to=f"$JS.{API_DOMAIN}.API.{place}"))
                publish.append(f"$JS.{API_DOMAIN}.API.{place}")
            # Five tokens follow, no more and no other form: with `>` or wildcards before it, another's consumer could
            # stand where ours should, and a settlement that asks for the next message would take it from there.
            settled = f"$JS.ACK.{stream}.{self.durable}.*.*.*.*.*"
            imports.append(_imported(settled))
            publish.append(settled)
        for question in self.questions:
            imports.append(_imported(question))
            publish.append(question)
        return (
            f"{_DECLARED}{json.dumps(asdict(self))}\n"
            f"SUBSCRIBER-{self.name} {{\n"
            f"  users: [ {{ nkey: {self.public_key}, permissions: {{\n"
            f"    publish: {{ allow: {json.dumps(publish)} }}\n"
            '    subscribe: { allow: ["_INBOX.>"] }\n'
            "  } } ]\n"
            f"  limits: {{ max_connections: {CONNECTIONS}, max_subscriptions: {SUBSCRIPTIONS}, "
            f"max_payload: {PAYLOAD_BYTES} }}\n"
            "  imports: [\n" + "".join(f"    {line}\n" for line in imports) + "  ]\n}\n"
        )

    @classmethod
    def from_line(cls, line: str) -> Self:
        """What `account` wrote in its first line. Raises ValueError for anything else."""
        declared = json.loads(line.removeprefix(_DECLARED))
        return cls(**declared | {"events": tuple(declared["events"])})


def _imported(subject: str, to: str = "") -> str:
    mapped = f', to: "{to}"' if to else ""
    return f'{{ service: {{ account: {ACCOUNT}, subject: "{subject}" }}{mapped} }}'


def matching(patterns: Sequence[str]) -> tuple[str, ...]:
    """Types of events for what a person writes: `booking.confirmed`, `booking.confirmed.v1`, `billing.>`, `>`.

    Raises `UnknownEvents` for a pattern that no event matches.
    """
    found: set[str] = set()
    for pattern in patterns:
        matches = {event for event in EVENTS if _matches(pattern, event)}
        if not matches:
            short = ", ".join(event.rpartition(".")[0] for event in EVENTS)
            raise UnknownEvents(f"{pattern} is no event: there are {short}; `billing.>` is all of billing's")
        found |= matches
    return tuple(sorted(found))


def _matches(pattern: str, event: str) -> bool:
    if pattern == ">":
        return True
    if pattern.endswith(".>"):
        return event.startswith(pattern[:-1])
    return pattern in (event, event.rpartition(".")[0])


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """Nobody else reads or writes the file meanwhile: two who did would lose what the first one wrote.

    Raises OSError. The lock is on the directory, which stays, and ends with the process.
    """
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def read(file: Path) -> dict[str, Subscriber]:
    """The subscribers in a file, by name. Raises OSError, or ValueError for a file that isn't ours."""
    lines = [line for line in file.read_text().splitlines() if line.startswith(_DECLARED)]
    try:
        found = [Subscriber.from_line(line) for line in lines]
        for subscriber in found:
            UUID(subscriber.tenant_id)
            if not NAME.fullmatch(subscriber.name):
                raise ValueError(f"{file} holds a subscriber of the name {subscriber.name!r}: no such name is given")
    except (TypeError, KeyError) as error:
        raise ValueError(f"{file} holds a subscriber that can't be read: {error}") from error
    return {subscriber.name: subscriber for subscriber in found}


def write(file: Path, subscribers: Iterable[Subscriber]) -> None:
    """The file anew, all or nothing. Raises OSError."""
    text = _HEADER + "".join("\n" + s.account() for s in sorted(subscribers, key=lambda s: s.name))
    new = file.with_name(f"{file.name}.new")
    with new.open("w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
