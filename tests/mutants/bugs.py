"""Known bugs, each one that such systems have had: what the suites must go red for.

Production code holds none of them. Each is a patch that `launch` puts on one process before it
starts, if the environment variable `MUTANT` names it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from nats.aio.msg import Msg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.payments.model import Payment
from billing.stripe.client import StripeClient
from booking.allocations import taking
from booking.allocations.model import places_of
from booking.allocations.taking import Want
from booking.bookings import commands, creation
from booking.bookings.model import Booking
from booking.catalog.model import Resource
from booking.holds.model import Hold
from gateway.commands.submit import CommandSubmitter
from notifier.channels.email.mime import Mail
from notifier.channels.email.smtp import SmtpMailer
from shared import relay
from shared.contracts.base import Event
from shared.contracts.booking.bookings import CreateBooking
from shared.identifiers import new_id
from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer
from shared.persistence import idempotency, inbox, outbox
from shared.persistence.outbox import OutboxRow
from shared.relay import Relay

BUGS: dict[str, Callable[[], None]] = {}


def bug(switch: Callable[[], None]) -> Callable[[], None]:
    """A bug, named for its function."""
    BUGS[switch.__name__.replace("_", "-")] = switch
    return switch


def _changed(statement: str, old: str, new: str) -> str:
    assert old in statement, f"the statement has changed: {statement}"
    return statement.replace(old, new)


# --- deliveries ----------------------------------------------------------------------------


@bug
def ack_before_commit() -> None:
    """A delivery is acknowledged when it has been read, not when its effect has been committed."""
    handle = Consumer._handle

    async def acknowledge_first(self: Consumer, deliveries: list[Msg]) -> None:
        for msg in deliveries:
            await msg.ack_sync()
        await handle(self, deliveries)

    Consumer._handle = acknowledge_first  # type: ignore[method-assign]


@bug
def no_inbox() -> None:
    """Nobody remembers which events were handled: every delivery is taken for the first."""

    async def claim(driver: Any, consumer: str, ids: list[UUID]) -> set[UUID]:
        return set(ids)

    inbox.claim = claim


@bug
def bare_nak() -> None:
    """A failed delivery is asked for again at once: its attempts are used up before anything can change."""
    give_back = Msg.nak

    async def at_once(self: Msg, delay: float | None = None) -> None:
        await give_back(self)

    Msg.nak = at_once  # type: ignore[method-assign]


@bug
def term_before_dead_letter() -> None:
    """A hopeless delivery is taken off its consumer before it is kept anywhere."""
    dead_letter = Consumer._dead_letter

    async def terminate_first(self: Consumer, msg: Msg, error: Exception, reason: str) -> bool:
        await msg.term()
        await self._broker.client.flush()
        return await dead_letter(self, msg, error, reason)

    Consumer._dead_letter = terminate_first  # type: ignore[method-assign]


# --- events --------------------------------------------------------------------------------


@bug
def publish_without_outbox() -> None:
    """Events go from the handler's memory to NATS, without a row that outlives the process."""

    async def add(driver: Any, events: list[Event]) -> list[OutboxRow]:
        return [OutboxRow.of(event) for event in events]

    outbox.add = add


@bug
def mark_before_publish() -> None:
    """Rows are marked as published first, and published then."""
    publish = Relay._publish

    async def mark_first(self: Relay, rows: list[OutboxRow]) -> bool:
        self._published.extend(row.id for row in rows)
        await self._mark_published()
        return await publish(self, rows)

    Relay._publish = mark_first  # type: ignore[method-assign]


@bug
def outbox_by_id() -> None:
    """The relay reads the outbox page by page, from the last id on: a row that commits late is behind it."""
    page = text("""
        SELECT id, type, subject, payload, correlation_id, causation_id, occurred_at
        FROM outbox WHERE id > :last ORDER BY id LIMIT :limit
    """)
    newest = text("SELECT id FROM outbox ORDER BY id DESC LIMIT 1")
    last: list[UUID] = []

    async def read_on(connection: AsyncConnection, limit: int) -> list[OutboxRow]:
        if not last:
            last.append((await connection.execute(newest)).scalar_one_or_none() or UUID(int=0))
        rows = (await connection.execute(page, {"last": last[-1], "limit": limit})).all()
        last.extend(row.id for row in rows)
        return [OutboxRow(**{**row._mapping, "occurred_at": row.occurred_at.isoformat()}) for row in rows]

    outbox.claim_unpublished = read_on
    relay.SWEEP_SECONDS = 0.05
    Relay.committed = lambda *_: None  # type: ignore[method-assign]


# --- bookings ------------------------------------------------------------------------------


@bug
def check_then_insert() -> None:
    """Whether a slot is free is looked up before the insert; no constraint decides (the scenario drops it)."""
    taking._TAKE = _changed(
        taking._TAKE,
        """ORDER BY resource_id, unit, busy_from, owner_id
    ON CONFLICT DO NOTHING""",
        """WHERE NOT EXISTS (
            SELECT 1 FROM allocations b
            WHERE b.resource_id = a.resource_id AND b.occupying
              AND b.busy_from < a.busy_until AND a.busy_from < b.busy_until)""",
    )


@bug
def overlap_on_reassign() -> None:
    """Whoever is given a booking is not asked whether there is a place: the old one's is kept."""

    async def as_named(_: Any, want: Want) -> list[Resource]:
        return [resource for need in want.needs for resource in need.resources]

    retake = taking.retake

    async def only_times(tx: Any, want: Want) -> list[Resource] | None:
        kept = await places_of(tx.driver, want.tenant_id, want.owner_id)
        moved = any((place["busy_from"], place["busy_until"]) != want.period for place in kept)
        return await (retake if moved else as_named)(tx, want)

    commands.retake = only_times  # type: ignore[attr-defined]


@bug
def lost_version_check() -> None:
    """A change is made on whatever version there is."""
    Booking.check = lambda *_: None  # type: ignore[method-assign]


@bug
def hold_not_released() -> None:
    """A hold is said to be released, and goes on keeping its slot."""
    Hold.release = lambda *_: False  # type: ignore[method-assign]


@bug
def unnamed_on_conflict() -> None:
    """Whatever row is there already looks like a taken slot, the one that this very command has made too."""

    async def none_of_them(*_: Any) -> dict[UUID, Any]:
        return {}

    creation._made_before = none_of_them  # type: ignore[assignment]


@bug
def no_idempotency_record() -> None:
    """The key of a request is not written down: the same command under another id is another command."""
    claim = idempotency._claim

    async def without_keys(driver: Any, commands: Sequence[Any]) -> list[Any]:
        # Under an id of its own too: what the gateway derives from the key would tell a repeat by itself.
        bare = [r.model_copy(update={"idempotency_key": None, "subject_id": new_id()}) for r in commands]
        return await claim(driver, bare)

    idempotency._claim = without_keys


@bug
def tenant_from_body() -> None:
    """The gateway believes the tenant that a body names, not only the one that the key proves."""
    submit = CommandSubmitter.submit

    async def believe(self: CommandSubmitter, request: Any, command: Any, *rest: Any) -> Any:
        if isinstance(command, CreateBooking) and (claimed := command.metadata.get("tenant_id")):
            command = command.model_copy(update={"tenant_id": UUID(claimed)})
        return await submit(self, request, command, *rest)

    CommandSubmitter.submit = believe  # type: ignore[method-assign, assignment]


# --- money ---------------------------------------------------------------------------------


@bug
def webhook_answered_before_stored() -> None:
    """Stripe is told 200 while its event is still only in the gateway's memory."""
    publish = Broker.publish
    under_way: set[asyncio.Task[bool]] = set()

    async def answer_first(self: Broker, subject: str, *rest: Any, **more: Any) -> bool:
        if not subject.startswith("webhook."):
            return await publish(self, subject, *rest, **more)
        under_way.add(asyncio.create_task(publish(self, subject, *rest, **more)))
        return True

    Broker.publish = answer_first  # type: ignore[method-assign]


@bug
def refund_without_key() -> None:
    """A refund is asked for under a key of the moment: only Stripe's own rules stand against a second one."""
    refund = StripeClient.refund

    async def under_a_new_key(self: StripeClient, key: str, *rest: Any, **more: Any) -> Any:
        return await refund(self, uuid4().hex, *rest, **more)

    StripeClient.refund = under_a_new_key  # type: ignore[method-assign]


@bug
def payment_moves_back() -> None:
    """News about a payment is believed in the order in which it comes: an old failure undoes a payment."""
    Payment.payable = True  # type: ignore[method-assign, assignment]


# --- mail ----------------------------------------------------------------------------------


@bug
def message_id_of_the_attempt() -> None:
    """Each attempt to send a mail has a Message-ID of its own: nobody can tell a second copy from a second mail."""
    send = SmtpMailer.send

    async def under_a_new_id(self: SmtpMailer, mail: Mail) -> None:
        await send(self, replace(mail, message_id=f"<{uuid4()}@tidebook.example>"))

    SmtpMailer.send = under_a_new_id  # type: ignore[method-assign]
