"""Streams and consumers as data, brought about and compared (reliability N5-N8, N11).

Missing ones are created at start. A difference is never papered over: the process refuses to run
and says what to type, since both sides of a drift may be the wrong one.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BucketNotFoundError, NotFoundError

from shared.messaging.reactions import Reaction

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


class TopologyDrift(Exception):
    """NATS holds a stream or consumer that differs from the code."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the code wants it: file storage, limits retention, `discard=new`."""

    name: str
    subjects: tuple[str, ...]
    max_age_days: int
    max_bytes: int

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


GIB = 1024**3
DEADLETTER = "DEADLETTER"
STREAMS = (
    Stream("REQUESTS", ("request.>",), 1, 2 * GIB),
    Stream("WEBHOOKS", ("webhook.>",), 7, 1 * GIB),
    Stream("BOOKING", ("booking.>",), 7, 4 * GIB),
    Stream("BILLING", ("billing.>",), 7, 2 * GIB),
    Stream("NOTIFIER", ("notifier.>",), 7, 2 * GIB),
    Stream(DEADLETTER, ("deadletter.>",), 30, 1 * GIB),
)


def consumer_config(reaction: Reaction) -> ConsumerConfig:
    """The durable consumer of a reaction. The runner counts deliveries itself, so `max_deliver` is unlimited."""
    return ConsumerConfig(
        durable_name=reaction.durable,
        filter_subjects=reaction.filter_subjects,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
        max_ack_pending=max(64, reaction.batch * reaction.concurrency * 8),
        max_waiting=512,
    )


async def ensure_topology(js: JetStreamContext, reactions: list[Reaction], update: bool = False) -> None:
    """Create what is missing; with `update`, change what differs. Raises `TopologyDrift` otherwise."""
    for stream in STREAMS:
        wanted = stream.config()
        try:
            actual = (await js.stream_info(stream.name)).config
        except NotFoundError:
            await js.add_stream(wanted)
            log.info("stream_created", stream=stream.name)
            continue
        if differences := _differences(wanted, actual):
            if not update:
                raise _drift(f"stream {stream.name}", differences)
            await js.update_stream(wanted)
            log.info("stream_updated", stream=stream.name, fields=sorted(differences))
    for reaction in reactions:
        config = consumer_config(reaction)
        try:
            present = (await js.consumer_info(reaction.stream, reaction.durable)).config
        except NotFoundError:
            await js.add_consumer(reaction.stream, config)
            log.info("consumer_created", durable=reaction.durable)
            continue
        if differences := _differences(config, present):
            if not update:
                raise _drift(f"consumer {reaction.durable}", differences)
            await js.add_consumer(reaction.stream, config)
            log.info("consumer_updated", durable=reaction.durable, fields=sorted(differences))
    await _ensure_bucket(js, HEARTBEAT_BUCKET, HEARTBEAT_TTL_SECONDS)
    await _ensure_bucket(js, JOBS_BUCKET, None)


async def _ensure_bucket(js: JetStreamContext, bucket: str, ttl: int | None) -> None:
    """On disk, though it holds only news: a bucket in memory would be gone after a restart of the server."""
    try:
        await js.key_value(bucket)
    except BucketNotFoundError:
        await js.create_key_value(KeyValueConfig(bucket=bucket, ttl=ttl, history=1, storage=StorageType.FILE))


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


def _drift(what: str, differences: dict[str, tuple[Any, Any]]) -> TopologyDrift:
    told = "; ".join(f"{k}: code {wanted}, NATS {actual}" for k, (wanted, actual) in differences.items())
    return TopologyDrift(f"{what} differs from the code ({told}). Run `make topology` to bring NATS to the code.")
