"""Whether everything a story has left behind is as if each of its steps had happened once."""

import json
from collections import Counter
from typing import Any

from billing.main import HANDLERS as BILLING
from booking.main import HANDLERS as BOOKING
from notifier.main import HANDLERS as NOTIFIER
from shared.contracts.base import Event
from shared.messaging.handlers import Handler
from tests.crash.story import Story

HANDLERS: tuple[Handler, ...] = (*BOOKING.declared, *BILLING.declared, *NOTIFIER.declared)
"""Every handler of every service."""
_READERS = {
    message_type.TYPE: [r.durable for r in HANDLERS if message_type in r.types]
    for handler in HANDLERS
    for message_type in handler.types
    if issubclass(message_type, Event)
}

_ONLY_WITH_A_DEPOSIT = {
    handler.durable for handler in BILLING.declared if not handler.in_transaction and handler.stream == "BOOKING"
}
"""They look whether there is anything to do before they open a transaction."""


async def audit(story: Story, extra_mails: int) -> None:
    """Raises AssertionError for anything that is missing, repeated or stuck.

    At most `extra_mails` further copies of mails are allowed, under the Message-IDs that they have.
    """
    await _events(story)
    await _rows(story)
    await _mails(story, extra_mails)
    await _money(story)
    await story.buried()


async def _events(story: Story) -> None:
    """Each fact is once in the outbox, once on its stream, and once in the inbox of each of its readers."""
    sql, tenant = story.world.sql, story.api.tenant_id
    found: list[dict[str, Any]] = []
    for service in ("booking", "billing", "notifier"):
        messages = await story.world.stored(service.upper(), f"{service}.*.v1.{tenant}")
        published = [{"type": m.headers["ce-type"], **json.loads(m.data)} for m in messages if "ce-type" in m.headers]
        rows = await sql.fetch(f"SELECT id, type FROM {service}.outbox WHERE subject LIKE $1", f"%.{tenant}")
        assert sorted(str(r["id"]) for r in rows) == sorted(p["id"] for p in published), f"{service}: outbox and stream"
        found += published
    seen = Counter(event["type"] for event in found)
    assert seen == story.events, f"events too many: {dict(seen - story.events)}, missing: {dict(story.events - seen)}"
    for event in found:
        readers = _READERS.get(event["type"], [])
        if "booking" in event and event["booking"]["deposit"] is None:
            readers = [r for r in readers if r not in _ONLY_WITH_A_DEPOSIT]  # nothing to pay, nothing to remember
        claimed = await sql.fetch(
            """
            SELECT consumer FROM booking.inbox WHERE message_id = $1
            UNION ALL SELECT consumer FROM billing.inbox WHERE message_id = $1
            UNION ALL SELECT consumer FROM notifier.inbox WHERE message_id = $1
            """,
            event["id"],
        )
        assert sorted(row["consumer"] for row in claimed) == sorted(readers), f"{event['type']} was not handled by all"


async def _rows(story: Story) -> None:
    """Each table holds as many of the tenant's rows as the story counts, but for that of answered commands.

    Mails have a look of their own.
    """
    tables = await story.world.sql.fetch("""
        SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
        WHERE column_name = 'tenant_id' AND table_schema IN ('booking', 'billing') AND table_name <> 'commands'
    """)
    assert {table["name"] for table in tables} >= set(story.rows)
    for table in (table["name"] for table in tables):
        count = await story.world.sql.fetchval(
            f"SELECT count(*) FROM {table} WHERE tenant_id = $1", story.api.tenant_id
        )
        assert count == story.rows[table], f"{table} has {count} rows, not {story.rows[table]}"
    if story.booking_id:
        await story.status_reached()


async def _mails(story: Story, extra: int) -> None:
    """Each message owed is one row and at least one mail."""
    rows = await story.world.sql.fetch(
        "SELECT kind, status, message_id_header FROM notifier.messages WHERE tenant_id = $1", story.api.tenant_id
    )
    owed = {row["message_id_header"]: row["kind"] for row in rows if row["status"] == "sent"}
    assert Counter(owed.values()) == story.mails, f"messages sent: {dict(Counter(owed.values()))}"
    copies = await story.world.copies(story.email)
    assert set(copies) == set(owed), "every mail is one that was owed, and every one owed has come"
    assert copies.total() - len(copies) <= extra, f"copies: {[owed[m] for m in copies for _ in range(copies[m])]}"


async def _money(story: Story) -> None:
    """Stripe holds one intent, at most one charge and one refund; each of its events is stored, none in doubt."""
    outside = story.world.outside
    wanted = {"limit": 100, "created[gte]": int(story.began_at.timestamp())}
    listed = (await outside.stripe.get("/v1/payment_intents", params=wanted)).json()
    assert not listed["has_more"]
    intents = [i for i in listed["data"] if i["metadata"].get("tenant_id") == story.api.tenant_id]
    statuses = Counter(i["status"] for i in intents)
    assert statuses == story.intents, f"Stripe holds intents {dict(statuses)}, not {dict(story.intents)}"
    summary = await outside.summary()
    charges = summary["charges_succeeded_by_booking"].get(story.booking_id, 0)
    refunds = summary["refunds_by_booking"].get(story.booking_id, 0)
    assert (charges, refunds) == (story.charges, story.refunds), f"{charges} charges and {refunds} refunds at Stripe"
    if story.intent_id:
        await _keys(story)
        states = await story.world.sql.fetch(
            "SELECT event_id, state FROM billing.stripe_events WHERE about = $1", story.intent_id
        )
        assert {row["state"] for row in states} <= {"applied", "ignored"}, [tuple(row) for row in states]


async def _keys(story: Story) -> None:
    """What billing made at Stripe it made under keys of its own rows: a repetition finds it only so."""
    refund_id = await story.world.sql.fetchval(
        "SELECT id FROM billing.refunds WHERE tenant_id = $1", story.api.tenant_id
    )
    ours = {"payment_intent.created": f"pi:{story.booking_id}:1", "refund.created": f"refund:{refund_id}"}
    for event in await story.stripe_events():
        if expected := ours.get(event["type"]):
            key = event["request"]["idempotency_key"] or ""
            # After a 500 a new key is used, and ours stands before it.
            assert f"{key}:".startswith(f"{expected}:"), f"{event['type']} was asked for under the key {key!r}"
