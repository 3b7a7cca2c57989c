"""Streams and consumers as data, brought about by the deployment and compared by every process.

Only the deployment may create or change them (`shared.deployment`, `make topology`); a service waits
while something that it uses is missing. A difference is never papered over: the process refuses to
run and says what to type, since both sides of a drift may be the wrong one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import structlog
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from shared.messaging.handlers import Handler

log = structlog.get_logger()

DAY = 86_400
MIB = 1024**2
DEAD_HEADERS_BYTES = 16 * 1024
"""Room that messages leave below the server's 1 MiB, so that each can be dead-lettered with its headers."""
ACK_WAIT_SECONDS = 30
"""Redelivery of what a dead worker held; living ones renew it (consumer.Consumer)."""
HEARTBEAT_BUCKET = "heartbeats"
HEARTBEAT_TTL_SECONDS = 10
JOBS_BUCKET = "job_heartbeats"
CURE = "Run `make topology` to bring NATS to the code."


class TopologyDrift(Exception):
    """NATS holds a stream or consumer that differs from the code."""


class TopologyMissing(Exception):
    """NATS lacks a stream or consumer that this process uses; the deployment has yet to create it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the code wants it: file storage, limits retention, `discard=new`."""

    name: str
    subjects: tuple[str, ...]
    max_age_days: int
    max_bytes: int
    writers: tuple[str, ...] = ()
    """The processes that publish to it, beside those who look after dead letters."""

    def config(self) -> StreamConfig:
        """The JetStream configuration, seconds where nats-py takes seconds."""
        return StreamConfig(
            name=self.name,
            subjects=list(self.subjects),
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_age=self.max_age_days * DAY,
            max_bytes=self.max_bytes,
            max_msgs=-1,
            max_msgs_per_subject=-1,
            max_consumers=-1,
            max_msg_size=MIB if self.name == DEADLETTER else MIB - DEAD_HEADERS_BYTES,
            duplicate_window=min(2 * 3600, self.max_age_days * DAY),
            num_replicas=1,
            allow_direct=True,
            allow_atomic=True,
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """A key-value bucket: the last value of each key, on disk, or a restart of the server would lose the bucket."""

    name: str
    ttl_seconds: int
    """How long a value is news; 0: until it is replaced."""
    users: tuple[str, ...]
    """The processes that write to it or read it."""

    @property
    def stream(self) -> str:
        """The stream that a bucket really is."""
        return f"KV_{self.name}"

    def config(self) -> StreamConfig:
        """What `create_key_value` makes, readable without a consumer."""
        return StreamConfig(
            name=self.stream,
            subjects=[f"$KV.{self.name}.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_age=self.ttl_seconds,
            max_bytes=-1,
            max_msgs=-1,
            max_msgs_per_subject=1,
            max_consumers=-1,
            duplicate_window=min(120, self.ttl_seconds or 120),
            num_replicas=1,
            allow_direct=True,
            allow_rollup_hdrs=True,
            allow_msg_ttl=True,
            deny_delete=True,
        )


ACCOUNT = "TIDEBOOK"
"""The NATS account of everything that is ours: users, streams, questions."""
GIB = 1024**3
DEADLETTER = "DEADLETTER"
STREAMS = (
    Stream("COMMANDS", ("command.>",), 1, 2 * GIB, writers=("gateway",)),
    Stream("WEBHOOKS", ("webhook.>",), 7, 1 * GIB, writers=("gateway",)),
    Stream("BOOKING", ("booking.>",), 7, 4 * GIB, writers=("booking",)),
    Stream("BILLING", ("billing.>",), 7, 2 * GIB, writers=("billing",)),
    Stream("NOTIFIER", ("notifier.>",), 7, 2 * GIB, writers=("notifier", "jobs")),
    Stream(DEADLETTER, ("deadletter.>",), 30, 1 * GIB),
)
PROCESSES = ("gateway", "booking", "billing", "notifier", "jobs")
BUCKETS = (
    Bucket(HEARTBEAT_BUCKET, HEARTBEAT_TTL_SECONDS, users=PROCESSES),
    Bucket(JOBS_BUCKET, 0, users=("jobs", "gateway")),
)


def consumer_config(handler: Handler) -> ConsumerConfig:
    """The durable consumer of a handler. The runner counts deliveries itself, so `max_deliver` is unlimited."""
    return ConsumerConfig(
        durable_name=handler.durable,
        filter_subjects=handler.filter_subjects,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
        max_ack_pending=max(64, handler.batch * handler.concurrency * 8),
        max_waiting=512,
    )


def used_streams(process: str, handlers: Sequence[Handler]) -> list[str]:
    """The streams and buckets that a process writes to or reads from, by name."""
    written = [stream.name for stream in STREAMS if process in stream.writers]
    read = [handler.stream for handler in handlers] + ([DEADLETTER] if handlers else [])
    return [*dict.fromkeys([*written, *read]), *(bucket.stream for bucket in BUCKETS if process in bucket.users)]


@dataclass(frozen=True, slots=True)
class Topology:
    """Streams (buckets among them) and durable consumers, each with its stream's name, as they are wanted."""

    streams: list[StreamConfig]
    consumers: list[tuple[str, ConsumerConfig]]

    @classmethod
    def whole(cls, handlers: Sequence[Handler]) -> Self:
        """Every stream and bucket, and the consumers of these handlers."""
        streams = [stream.config() for stream in STREAMS] + [bucket.config() for bucket in BUCKETS]
        return cls(streams, [(handler.stream, consumer_config(handler)) for handler in handlers])

    @classmethod
    def used_by(cls, process: str, handlers: Sequence[Handler]) -> Self:
        """What one process uses, which is all that it may look at."""
        whole, used = cls.whole(handlers), used_streams(process, handlers)
        return cls([config for config in whole.streams if config.name in used], whole.consumers)

    def to_json(self) -> dict[str, Any]:
        """As JetStream's own API has it: durations in nanoseconds."""
        consumers = [{"stream_name": stream, "config": config.as_dict()} for stream, config in self.consumers]
        return {"streams": [config.as_dict() for config in self.streams], "consumers": consumers}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            [StreamConfig.from_response(config) for config in written["streams"]],
            [(c["stream_name"], ConsumerConfig.from_response(c["config"])) for c in written["consumers"]],
        )


async def verify_topology(js: JetStreamContext, wanted: Topology) -> None:
    """Compare. Raises `TopologyMissing` for what is not there, `TopologyDrift` for what differs."""
    for stream in wanted.streams:
        if (found := await _stream(js, stream.name or "")) is None:
            raise TopologyMissing(f"stream {stream.name} is missing. {CURE}")
        if differences := _differences(stream, found):
            raise _drift(f"stream {stream.name}", differences)
    for stream_name, consumer in wanted.consumers:
        if (present := await _consumer(js, stream_name, consumer.durable_name or "")) is None:
            raise TopologyMissing(f"consumer {consumer.durable_name} is missing. {CURE}")
        if differences := _differences(consumer, present):
            raise _drift(f"consumer {consumer.durable_name}", differences)


async def apply_topology(js: JetStreamContext, wanted: Topology, update: bool) -> list[str]:
    """Create what is missing; with `update`, change what differs. Returns what was done, a line each.

    Needs the rights of the deployment. Raises `TopologyDrift` for a difference without `update`.
    """
    done = []
    for stream in wanted.streams:
        if (found := await _stream(js, stream.name or "")) is None:
            await js.add_stream(stream)
            done.append(f"stream {stream.name}: created")
        elif differences := _differences(stream, found):
            if not update:
                raise _drift(f"stream {stream.name}", differences)
            await js.update_stream(stream)
            done.append(f"stream {stream.name}: updated {_describe(differences)}")
    for stream_name, consumer in wanted.consumers:
        if (present := await _consumer(js, stream_name, consumer.durable_name or "")) is None:
            await js.add_consumer(stream_name, consumer)
            done.append(f"consumer {consumer.durable_name}: created")
        elif differences := _differences(consumer, present):
            if not update:
                raise _drift(f"consumer {consumer.durable_name}", differences)
            await js.add_consumer(stream_name, consumer)
            done.append(f"consumer {consumer.durable_name}: updated {_describe(differences)}")
    return done


async def ensure_topology(js: JetStreamContext, handlers: Sequence[Handler], update: bool = False) -> None:
    """`apply_topology` every stream and bucket, and the consumers of these handlers."""
    for line in await apply_topology(js, Topology.whole(handlers), update):
        log.info("topology_changed", what=line)


async def _stream(js: JetStreamContext, name: str) -> StreamConfig | None:
    try:
        return (await js.stream_info(name)).config
    except NotFoundError:
        return None


async def _consumer(js: JetStreamContext, stream: str, durable: str) -> ConsumerConfig | None:
    try:
        present: ConsumerConfig = (await js.consumer_info(stream, durable)).config
    except NotFoundError:
        return None
    return present


def _differences(wanted: Any, actual: Any) -> dict[str, tuple[Any, Any]]:
    """Members that the code sets and the server holds otherwise: name to (wanted, actual)."""
    found = {}
    for name, value in vars(wanted).items():
        if value is None:
            continue
        present = getattr(actual, name)
        if name in ("subjects", "filter_subjects"):
            present = present or [actual.filter_subject]
            same = sorted(value) == sorted(present)
        else:
            same = value == present or (not value and not present)
        if not same:
            found[name] = (value, present)
    return found


def _describe(differences: dict[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{k}: code {wanted}, NATS {actual}" for k, (wanted, actual) in differences.items())


def _drift(what: str, differences: dict[str, tuple[Any, Any]]) -> TopologyDrift:
    return TopologyDrift(f"{what} differs from the code ({_describe(differences)}). {CURE}")
