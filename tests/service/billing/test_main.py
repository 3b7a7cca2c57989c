"""billing-service as a process: through NATS in and out, healing what no webhook brought."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx
import pytest

from devstack.ports import free_ports
from devstack.servers import Nats, Servers
from shared.contracts.billing.payments import GetPayment, Payment, PaymentStatus
from shared.contracts.booking.bookings import BookingCancelled, BookingHeld, BookingStatus
from shared.messaging import rpc
from shared.messaging.broker import Broker
from tests.conftest import migrate
from tests.service.billing.conftest import API_KEY, Billing, a_booking, about, news
from tests.service.conftest import ServiceProcess
from tests.support.databases import database_settings
from tests.support.eventually import allowed, eventually


@pytest.fixture(scope="module")
async def nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nats]:
    """A NATS server for this module's process alone."""
    server = Nats(tmp_path_factory.mktemp("billing-nats"), *free_ports(2))
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.deploy_topology)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture(scope="module")
async def process(
    servers: Servers, nats: Nats, common_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """billing-service on a NATS server and a database of its own, comparing with Stripe each second."""
    directory = tmp_path_factory.mktemp("billing")
    name = f"billing_{uuid4().hex}"
    connection = await asyncpg.connect(servers.postgres.url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    urls = await asyncio.to_thread(migrate, servers, "billing", database=name)
    environment = common_environment | {
        **nats.settings("billing"),
        **database_settings("billing", urls["billing"]),
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_API_BASE": servers.stripe.url,
        "RECONCILE_SECONDS": "1",
    }
    process = ServiceProcess("billing", environment, directory)
    await asyncio.to_thread(process.start)
    yield process
    await asyncio.to_thread(process.stop)


@pytest.fixture
async def wire(process: ServiceProcess, nats: Nats) -> AsyncIterator[Broker]:
    """The process's NATS."""
    broker = Broker(nats.url, "test")
    await broker.connect()
    yield broker
    await broker.close()


async def publish(wire: Broker, event: BookingHeld | BookingCancelled) -> None:
    await wire.publish(event.subject, event.model_dump_json().encode(), str(event.id))


async def payment_once(wire: Broker, held: BookingHeld, status: PaymentStatus, within: float = 15) -> Payment:
    """The answer to the API's question, once the payment has a status."""

    async def look() -> Payment | None:
        try:
            payment = await rpc.call(wire, GetPayment(tenant_id=held.tenant_id, booking_id=held.booking.id))
        except rpc.Rejected:
            return None
        return payment if payment.status == status else None

    found = await eventually(look, within=within)
    assert found is not None
    return found


async def test_without_any_webhook_a_deposit_is_paid_and_given_back(wire: Broker, billing: Billing) -> None:
    """Every webhook is dropped here: only the comparison with Stripe's list brings the news."""
    held: BookingHeld = news(BookingHeld, a_booking())
    await publish(wire, held)
    payment = await payment_once(wire, held, PaymentStatus.REQUESTED)
    assert payment.payment_intent_id is not None
    assert (await billing.pay(payment.payment_intent_id)).status_code == 200
    await payment_once(wire, held, PaymentStatus.SUCCEEDED)
    cancelled = held.booking.model_copy(update={"status": BookingStatus.CANCELLED})
    await publish(wire, news(BookingCancelled, cancelled, tenant_id=held.tenant_id))
    await payment_once(wire, held, PaymentStatus.REFUNDED)

    async def told() -> list[str]:
        info = await wire.js.stream_info("BILLING", subjects_filter=f"billing.*.v1.{held.tenant_id}")
        counts = info.state.subjects or {}
        assert set(counts.values()) <= {1}
        return sorted(subject.split(".")[1] for subject in counts)

    expected = ["payment_requested", "payment_succeeded", "refund_issued", "refund_requested", "refund_succeeded"]

    async def all_told() -> bool:
        return await told() == expected

    await eventually(all_told)
    assert await billing.summary(held, "refunds") == 1


async def test_a_webhook_is_applied_although_another_waits_for_its_payment(wire: Broker, billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking())
    await publish(wire, held)
    payment = await payment_once(wire, held, PaymentStatus.REQUESTED)
    assert payment.payment_intent_id is not None
    for event in (
        about(held, "pi_unknown", "payment_intent.succeeded"),
        about(held, payment.payment_intent_id, "payment_intent.succeeded"),
    ):
        body = json.dumps(event.model_dump(mode="json")).encode()
        await wire.publish(event.subject, body, event.id)
    await payment_once(wire, held, PaymentStatus.SUCCEEDED)


async def test_metrics_and_health(process: ServiceProcess, wire: Broker, billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking())
    stray = about(held, f"pi_{uuid4().hex}", "payment_intent.succeeded")
    await wire.publish(stray.subject, stray.model_dump_json().encode(), stray.id)
    base = f"http://127.0.0.1:{process.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=allowed(10)) as http:

        async def parked() -> bool:
            body = (await http.get("/metrics")).text
            assert 'webhook_events_total{result="error"}' in body
            assert "stripe_events_quarantined" in body
            gauges = dict(line.rsplit(" ", 1) for line in body.splitlines() if line.startswith("stripe_events_parked"))
            return float(gauges["stripe_events_parked"]) >= 1

        await eventually(parked)
        assert (await http.get("/readyz")).status_code == 200
