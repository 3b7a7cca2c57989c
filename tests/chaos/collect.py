"""Reads the evidence off a stack that has come to rest: every row, every stored message, every mail, Stripe's books."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import FetchTimeoutError

from devstack.inbox.store import Mailbox
from devstack.stack import Stack
from shared.messaging.topology import STREAMS
from tests.chaos.evidence import SCHEMAS, Consumer, Evidence, Mail, Row, Stored
from tests.chaos.history import History

PAGE = 500

_BOOKINGS = """
    SELECT b.*, b.metadata ->> 'command' AS command, s.buffer_before_minutes, s.buffer_after_minutes
    FROM booking.bookings b JOIN booking.services s ON s.tenant_id = b.tenant_id AND s.id = b.service_id
"""
_REQUESTS = """
    SELECT r.*, coalesce(r.outcome -> 'result' ->> 'id', b.id::text) AS result_id
    FROM booking.commands r LEFT JOIN booking.bookings b ON b.tenant_id = r.tenant_id AND b.id = r.subject_id
"""
_CATALOGUE = """
    SELECT tenant_id, 'services' AS kind FROM booking.services UNION ALL
    SELECT tenant_id, 'resources' FROM booking.resources UNION ALL
    SELECT tenant_id, 'resource_services' FROM booking.resource_services UNION ALL
    SELECT tenant_id, 'commands' FROM booking.commands
"""


@dataclass(slots=True)
class Mischief:
    """What a run has sent that must have no effect, and how often a hand-over of mail was interrupted."""

    poisons: set[str] = field(default_factory=set)
    forged_ids: set[str] = field(default_factory=set)
    copies_allowed: int = 0


async def collect(stack: Stack, history: History, tenants: Mapping[str, str], mischief: Mischief) -> Evidence:
    """The evidence as it is now. `tenants` maps each tenant's id to its customers' mail domain."""
    evidence = Evidence(
        operations=list(history),
        tenants=tenants,
        poisons=frozenset(mischief.poisons),
        forged_ids=frozenset(mischief.forged_ids),
        copies_allowed=mischief.copies_allowed,
    )
    await _read_database(stack, evidence)
    await _read_streams(stack, evidence)
    async with httpx.AsyncClient(trust_env=False, timeout=300) as http:
        await _read_outside(stack, http, evidence)
    return evidence


async def _read_database(stack: Stack, evidence: Evidence) -> None:
    connection = await asyncpg.connect(stack.servers.postgres.url)
    try:

        async def rows(statement: str) -> list[Row]:
            return [_plain(record) for record in await connection.fetch(statement)]

        evidence.bookings = await rows(_BOOKINGS)
        evidence.allocations = await rows("SELECT * FROM booking.allocations WHERE occupying")
        evidence.holds = await rows("SELECT * FROM booking.holds")
        evidence.requests = await rows(_REQUESTS)
        evidence.catalogue = await rows(_CATALOGUE)
        evidence.payments = await rows("SELECT * FROM billing.payments")
        evidence.refunds = await rows("SELECT * FROM billing.refunds")
        evidence.stripe_events = await rows("SELECT * FROM billing.stripe_events")
        evidence.messages = await rows("SELECT * FROM notifier.messages")
        evidence.known_bookings = await rows("SELECT * FROM notifier.bookings")
        evidence.outbox = {schema: await rows(f"SELECT * FROM {schema}.outbox") for schema in SCHEMAS}
        evidence.inbox = {
            schema: frozenset(
                (row["consumer"], row["message_id"])
                for row in await rows(f"SELECT consumer, message_id FROM {schema}.inbox")
            )
            for schema in SCHEMAS
        }
    finally:
        await connection.close()


async def _read_streams(stack: Stack, evidence: Evidence) -> None:
    client = await nats.connect(stack.servers.nats.url, connect_timeout=10)
    try:
        js = client.jetstream(timeout=10)
        stored: list[Stored] = []
        consumers: list[Consumer] = []
        for stream in STREAMS:
            consumers += await _consumers(js, stream.name)
            stored += await _messages(js, stream.name)
        evidence.stored, evidence.consumers = stored, consumers
    finally:
        await client.close()


async def _consumers(js: JetStreamContext, stream: str) -> list[Consumer]:
    return [
        Consumer(
            stream=stream,
            durable=info.name,
            subjects=tuple(info.config.filter_subjects or [info.config.filter_subject or ">"]),
            pending=info.num_pending or 0,
            in_hand=info.num_ack_pending or 0,
        )
        for info in await js.consumers_info(stream)
        if info.config.durable_name
    ]


async def _messages(js: JetStreamContext, stream: str) -> list[Stored]:
    """Everything a stream holds, oldest first."""
    held = (await js.stream_info(stream)).state.messages
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, inactive_threshold=60)
    reading = await js.pull_subscribe("", stream=stream, config=config)
    found: list[Stored] = []
    while len(found) < held:
        try:
            batch = await reading.fetch(PAGE, timeout=5)
        except (FetchTimeoutError, TimeoutError):
            break
        for message in batch:
            headers = message.headers or {}
            sequence = message.metadata.sequence.stream
            message_id = headers.get("Nats-Msg-Id", "")
            found.append(Stored(stream, sequence, message.subject, message_id, message.data, headers))
    await reading.unsubscribe()
    return found


async def _read_outside(stack: Stack, http: httpx.AsyncClient, evidence: Evidence) -> None:
    books = (await http.get(f"{stack.servers.stripe.url}/_fake/books")).json()
    evidence.intents = books["payment_intents"]
    evidence.charges = books["charges"]
    evidence.stripe_refunds = books["refunds"]
    evidence.told = books["events"]
    evidence.deliveries = books["deliveries"]
    # From its files: to show thousands of mails with all their parts would take the inbox minutes.
    evidence.mails = [
        Mail(str(mail.message["Message-ID"] or "").strip(), tuple(mail.recipients), mail.subject)
        for mail in Mailbox(stack.directory / "inbox").newest_first()
    ]


def _plain(record: Mapping[str, Any]) -> Row:
    return {
        name: value if isinstance(value, int | float | bool | None) else str(value) for name, value in record.items()
    }
