"""billing-service's handlers on a real database and the fake Stripe; what they announce is read from the outbox.

A database of its own, so that no running service settles what a test has parked.
"""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from billing.main import STRIPE_EFFECTS
from billing.payments import queries
from billing.payments import reactions as payment_reactions
from billing.payments.queries import PaymentReader
from billing.refunds import reactions as refund_reactions
from billing.stripe import dispatch
from billing.stripe.client import StripeClient
from billing.stripe.dispatch import StripeDispatch
from devstack.servers import Servers
from shared.clock import utc_now
from shared.contracts.billing import payments as contracts
from shared.contracts.billing.payments import GetPayment
from shared.contracts.billing.refunds import RefundReason, RefundRequested
from shared.contracts.booking.bookings import (
    Booking,
    BookingCancelled,
    BookingEvent,
    BookingHeld,
    BookingStatus,
    Deposit,
    DepositStatus,
)
from shared.contracts.stripe import StripeEvent
from shared.persistence.database import Database
from shared.persistence.transaction import EVERY_TENANT, transaction
from shared.runtime.context import Context
from tests.conftest import migrate
from tests.support import bookings
from tests.support.databases import open_database
from tests.support.eventually import allowed

API_KEY = "sk_test_tidebook_tests"


def a_booking(**changes: Any) -> Booking:
    """A held appointment in three days with a deposit of 25.00 EUR, none other's."""
    members: dict[str, Any] = {
        "id": uuid4(),
        "version": 1,
        "starts_at": utc_now() + timedelta(days=3),
        "hold_expires_at": utc_now() + timedelta(minutes=15),
    }
    deposit = changes.pop("deposit", Deposit(amount=2500, currency="eur", status=DepositStatus.PENDING))
    return bookings.a_booking("pending_payment", **members | changes).model_copy(update={"deposit": deposit})


def news(kind: type[BookingEvent], booking: Booking, **more: Any) -> Any:
    """An event of a tenant of its own about a booking."""
    return bookings.news(kind, booking, **{"tenant_id": uuid4(), "occurred_at": utc_now()} | more)


@dataclass
class Billing:
    """billing-service's parts, put together as `main` does it, called as the kernel does."""

    url: str
    database: Database
    stripe: StripeClient
    dispatch: StripeDispatch
    customer: httpx.AsyncClient
    """The customer's side of Stripe, and its faults."""

    def context(self, message: Any, consumer: str | None = None) -> Context:
        return Context(self.database, lambda _: None, [message], consumer)

    async def hold(self, **changes: Any) -> BookingHeld:
        """A booking is held and its deposit asked for."""
        held: BookingHeld = news(BookingHeld, a_booking(**changes), correlation_id=uuid4())
        await self.request_deposit(held)
        return held

    async def request_deposit(self, held: BookingHeld) -> None:
        ctx = self.context(held, "billing-request-deposit")
        await payment_reactions.request_deposit(held, ctx, self.stripe, self.dispatch)

    async def cancel_payment(self, event: Any) -> None:
        ctx = self.context(event, "billing-cancel-payment")
        await payment_reactions.cancel_payment(event, ctx, self.stripe, PaymentReader(self.database))

    async def request_refund(self, event: Any) -> None:
        async with self.context(event, "billing-request-refund").transaction() as tx:
            await refund_reactions.request_refund(event, tx)

    async def issue_refund(self, event: RefundRequested) -> None:
        ctx = self.context(event, "billing-issue-refund")
        await refund_reactions.issue_refund(event, ctx, self.stripe)

    async def hear(self, *events: StripeEvent) -> None:
        """Webhooks, one after the other."""
        for event in events:
            await self.hear_at_once(event)

    async def hear_at_once(self, *events: StripeEvent) -> None:
        """Webhooks in one batch."""
        await dispatch.apply_stripe_event(list(events), self.context(events[0]), self.dispatch)

    async def payment(self, held: BookingEvent, tenant_id: UUID | None = None) -> contracts.Payment:
        """The answer to the API's question."""
        query = GetPayment(tenant_id=tenant_id or held.tenant_id, booking_id=held.booking.id)
        async with self.context(query).transaction() as tx:
            return await queries.get_payment(query, tx)

    async def intent(self, held: BookingHeld) -> str:
        intent = (await self.payment(held)).payment_intent_id
        assert intent is not None
        return intent

    async def pay(self, intent: str, method: str = "pm_card_visa") -> httpx.Response:
        """The customer tries to pay with a test card."""
        return await self.customer.post(f"/v1/payment_intents/{intent}/confirm", data={"payment_method": method})

    async def paid(self, **changes: Any) -> BookingHeld:
        """A booking whose deposit is paid and known to be."""
        held = await self.hold(**changes)
        intent = await self.intent(held)
        assert (await self.pay(intent)).status_code == 200
        await self.hear(*await self.events(intent))
        return held

    async def cancelled(self, held: BookingHeld) -> RefundRequested | None:
        """The business cancels; the refund that is owed for it."""
        booking = held.booking.model_copy(update={"status": BookingStatus.CANCELLED})
        await self.request_refund(news(BookingCancelled, booking, tenant_id=held.tenant_id))
        payloads = [p for t, p in await self.announced(held) if t == RefundRequested.TYPE]
        return RefundRequested.model_validate(payloads[-1]) if payloads else None

    async def events(self, intent: str) -> list[StripeEvent]:
        """What Stripe has announced about an intent, oldest first."""
        since = utc_now() - timedelta(hours=1)
        listed = await self.stripe.events_since(since, STRIPE_EFFECTS.types)
        return [event for event in listed if self.dispatch.about(event) == intent]

    async def announced(self, held: BookingEvent) -> list[tuple[str, dict[str, Any]]]:
        """Types and bodies of the events about a booking, in order of their making."""
        rows = await self.rows("SELECT type, payload FROM outbox ORDER BY occurred_at, id")
        told = [(row["type"], json.loads(row["payload"])) for row in rows]
        return [(t, body) for t, body in told if body["booking_id"] == str(held.booking.id)]

    async def types(self, held: BookingEvent) -> list[str]:
        """`payment_requested` and so on, in order."""
        return [event_type.split(".")[1] for event_type, _ in await self.announced(held)]

    async def stored(self, event: StripeEvent) -> tuple[str, str | None]:
        """State and reason of a stored event."""
        sql = "SELECT state, reason FROM stripe_events WHERE event_id = :id"
        [row] = await self.rows(sql, id=event.id)
        return row["state"], row["reason"]

    async def refund(self, held: BookingHeld) -> dict[str, Any]:
        """The refund's row."""
        [row] = await self.rows("SELECT * FROM refunds WHERE tenant_id = :tenant", tenant=held.tenant_id)
        return row

    async def refunds(self, held: BookingHeld) -> list[dict[str, Any]]:
        """Its refunds' rows: those made by hand first, then ours."""
        sql = "SELECT * FROM refunds WHERE tenant_id = :tenant ORDER BY reason = 'dashboard' DESC, created_at"
        return await self.rows(sql, tenant=held.tenant_id)

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with transaction(self.database, EVERY_TENANT, lambda _: None) as tx:
            return [dict(row) for row in (await tx.session.execute(text(sql), values)).mappings()]

    async def summary(self, held: BookingHeld, what: Literal["charges_succeeded", "refunds"]) -> int:
        """How many charges or refunds Stripe has made for a booking."""
        seen = (await self.customer.get("/_fake/summary")).json()
        return int(seen[f"{what}_by_booking"].get(str(held.booking.id), 0))

    async def faults(self, **api: Any) -> None:
        response = await self.customer.post("/_fake/faults", json={"api": api})
        assert response.is_success, response.text


@pytest.fixture(scope="session")
async def billing_url(servers: Servers) -> str:
    """billing-service's schema in a database of these tests' own, as its application role."""
    name = f"billing_{uuid4().hex}"
    connection = await asyncpg.connect(servers.postgres.url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return (await asyncio.to_thread(migrate, servers, "billing", database=name))["billing"]


@pytest.fixture(scope="session")
async def stripe(servers: Servers) -> AsyncIterator[StripeClient]:
    """The client, at the fake Stripe."""
    yield StripeClient(API_KEY, servers.stripe.url)
    # Its connections are closed by the collector: now, and not while pytest reads source for its last words.
    gc.collect()


@pytest.fixture
async def billing(servers: Servers, billing_url: str, stripe: StripeClient) -> AsyncIterator[Billing]:
    """billing-service's parts on real servers."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    database = open_database(billing_url, "billing")
    async with httpx.AsyncClient(
        base_url=servers.stripe.url, headers=headers, trust_env=False, timeout=allowed(10)
    ) as customer:
        yield Billing(
            billing_url, database, stripe, StripeDispatch(STRIPE_EFFECTS, stripe.livemode, stripe.api_version), customer
        )
        await customer.delete("/_fake/faults")
    await database.close()


def about(held: BookingHeld, intent: str, event_type: str, **changes: Any) -> StripeEvent:
    """An event that Stripe might send about a booking's intent; `changes` are members of its object."""
    thing: dict[str, Any] = {
        "id": intent,
        "amount": 2500,
        "amount_received": 2500,
        "currency": "eur",
        "metadata": {"tenant_id": str(held.tenant_id), "booking_id": str(held.booking.id)},
    }
    created = int(datetime.now(UTC).timestamp())
    data = {"object": thing | changes}
    return StripeEvent(id=f"evt_{uuid4().hex}", type=event_type, created=created, api_version="2026-10-28", data=data)


def refunded(held: BookingHeld, intent: str, status: str, refund: str = "re_x", **changes: Any) -> StripeEvent:
    """Stripe's news of a refund, by default one that a person made in its dashboard."""
    members = {"id": refund, "payment_intent": intent, "status": status, "metadata": {}}
    kind = changes.pop("type", "refund.failed" if status == "failed" else "refund.updated")
    return about(held, intent, kind, **members | changes)


def reasons(events: Sequence[tuple[str, dict[str, Any]]]) -> list[RefundReason]:
    """Why the refunds among these events were owed."""
    return [RefundReason(body["reason"]) for _, body in events if "reason" in body]


def counted(result: str) -> float:
    """How many of Stripe's events this process has counted with a result."""
    return REGISTRY.get_sample_value("webhook_events_total", {"result": result}) or 0.0
