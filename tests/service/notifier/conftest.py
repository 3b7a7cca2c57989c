"""notifier-service as processes, and what it stands between: events on one side, a mail relay on the other.

A NATS server of its own: these tests answer booking-service's question themselves.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from nats.aio.msg import Msg
from sqlalchemy import text

from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http
from devstack.servers import Nats, Servers
from shared.clock import utc_now
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.billing.refunds import RefundIssued, RefundReason
from shared.contracts.booking.bookings import Booking, BookingEvent, Customer, GetBooking
from shared.contracts.money import Money
from shared.identifiers import new_id
from shared.messaging.broker import Broker
from shared.persistence.database import Database
from tests.service.conftest import ServiceProcess
from tests.support.bookings import a_booking
from tests.support.databases import database_settings, open_database
from tests.support.eventually import allowed, eventually
from tests.support.local_hours import zone_at

DEPOSIT = Money(amount=2400, currency="eur")


@pytest.fixture(scope="session")
def notifier_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """A NATS server that no other service's process is connected to."""
    port, monitor_port = free_ports(2)
    server = Nats(tmp_path_factory.mktemp("notifier-nats"), port, monitor_port)
    server.start()
    server.deploy_topology()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def notifier_environment(
    servers: Servers, notifier_nats: Nats, database_urls: dict[str, str], common_environment: dict[str, str]
) -> dict[str, str]:
    """Mail goes to the inbox, plain SMTP."""
    return common_environment | {
        **notifier_nats.settings("notifier"),
        **database_settings("notifier", database_urls["notifier"]),
        "MAIL_ADAPTER": "smtp",
        "MAIL_FROM": "bookings@tidebook.example",
        "SMTP_HOST": servers.inbox.smtp_host,
        "SMTP_PORT": str(servers.inbox.smtp_port),
        "SMTP_STARTTLS": "false",
        "PAYMENT_PAGE_URL": "https://pay.example.com/{booking_id}",
    }


@pytest.fixture(scope="session")
def jobs_environment(notifier_environment: dict[str, str], notifier_nats: Nats) -> dict[str, str]:
    """As notifier-service, but as a NATS user of its own."""
    return notifier_environment | notifier_nats.settings("jobs")


@pytest.fixture(scope="session")
def notifier(
    notifier_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """notifier-service; a test that kills it starts it again."""
    process = ServiceProcess("notifier", notifier_environment, tmp_path_factory.mktemp("notifier"))
    process.start()
    yield process
    process.stop()


@dataclass
class Inbox:
    """The mail relay's side: what has come for an address, and what goes wrong with the next mails."""

    http: httpx.AsyncClient

    async def mails(self, recipient: str) -> list[dict[str, Any]]:
        """Oldest first."""
        found: list[dict[str, Any]] = (await self.http.get("/messages", params={"to": recipient})).json()
        return found[::-1]

    async def faults(self, **counts: float) -> None:
        (await self.http.post("/_faults", json=counts)).raise_for_status()

    async def faults_left(self, name: str) -> int:
        return int((await self.http.get("/_faults")).json()[name])


@pytest.fixture
async def inbox(servers: Servers) -> AsyncIterator[Inbox]:
    """The inbox, without faults."""
    async with httpx.AsyncClient(base_url=servers.inbox.url, timeout=allowed(10)) as http:
        yield Inbox(http)
        await http.delete("/_faults")


@dataclass
class Customers:
    """A tenant with one booking, at noon: its news, and what notifier-service has made of them."""

    broker: Broker
    database: Database
    tenant_id: UUID = field(default_factory=new_id)
    booking_id: UUID = field(default_factory=new_id)
    minutes_ahead: int = 60

    def __post_init__(self) -> None:
        self.address = f"ada.{self.booking_id.hex}@example.com"
        self.starts_at = utc_now() + timedelta(minutes=self.minutes_ahead)

    def booking(self, status: str, deposit: str | None = None, version: int = 1, **changes: Any) -> Booking:
        pending = {"hold_expires_at": utc_now() + timedelta(minutes=15)} if status == "pending_payment" else {}
        members: dict[str, Any] = {
            "id": self.booking_id,
            "version": version,
            "starts_at": self.starts_at,
            "time_zone": zone_at(12),
            "customer": Customer(name="Ada Lovelace", email=self.address),
        }
        return a_booking(status, deposit, **members | pending | changes)

    async def hear(
        self, event_type: type[BookingEvent], status: str, deposit: str | None = None, version: int = 1, **changes: Any
    ) -> BookingEvent:
        previous, occurred_at = changes.pop("previous", None), changes.pop("occurred_at", utc_now())
        event = event_type(
            tenant_id=self.tenant_id,
            booking=self.booking(status, deposit, version, **changes),
            version=version,
            sequence=version,
            actor="business",
            previous=previous,
            occurred_at=occurred_at,
        )
        await self.publish(event)
        return event

    async def pay(self) -> None:
        await self.publish(
            PaymentSucceeded(tenant_id=self.tenant_id, booking_id=self.booking_id, payment_id=new_id(), amount=DEPOSIT)
        )

    async def refund(self, reason: RefundReason) -> None:
        await self.publish(
            RefundIssued(
                tenant_id=self.tenant_id,
                booking_id=self.booking_id,
                payment_id=new_id(),
                refund_id=new_id(),
                amount=DEPOSIT,
                reason=reason,
            )
        )

    async def publish(self, event: Event, message_id: UUID | None = None) -> None:
        await self.broker.publish(event.subject, event.model_dump_json().encode(), str(message_id or event.id))

    async def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self.database.system.connect() as connection:
            result = await connection.execute(text(query), parameters)
            return [dict(row._mapping) for row in result]

    async def statuses(self) -> dict[str, str]:
        """Message kind to status."""
        rows = await self.rows("SELECT kind, status FROM messages WHERE booking_id = :id", id=self.booking_id)
        return {row["kind"]: row["status"] for row in rows}

    async def emitted(self, event_type: type[Event]) -> list[dict[str, Any]]:
        """The payloads of the tenant's events of that type in the outbox."""
        rows = await self.rows(
            "SELECT payload FROM outbox WHERE type = :type AND subject = :subject",
            type=event_type.TYPE,
            subject=f"{event_type.TYPE}.{self.tenant_id}",
        )
        return [json.loads(row["payload"]) for row in rows]

    async def has(self, **kinds: str) -> None:
        """Wait until the messages of these kinds have these statuses."""

        async def look() -> bool:
            statuses = await self.statuses()
            assert {kind: statuses.get(kind) for kind in kinds} == kinds
            return True

        await eventually(look, within=20)


@dataclass
class Bookings:
    """Answers `rpc.booking.get_booking` as booking-service would; silent about what it doesn't know."""

    known: dict[UUID, Booking] = field(default_factory=dict)

    async def serve(self, broker: Broker) -> None:
        async def answer(msg: Msg) -> None:
            query = GetBooking.model_validate_json(msg.data)
            if booking := self.known.get(query.booking_id):
                await msg.respond(b'{"result":' + booking.model_dump_json().encode() + b"}")

        await broker.subscribe(f"{GetBooking.TYPE}.*", answer)


@pytest.fixture
async def notifier_database(database_urls: dict[str, str]) -> AsyncIterator[Database]:
    """notifier-service's database, as its application role."""
    database = open_database(database_urls["notifier"], "notifier")
    yield database
    await database.close()


@pytest.fixture
async def notifier_broker(notifier_nats: Nats, notifier: ServiceProcess) -> AsyncIterator[Broker]:
    """A connection to notifier-service's NATS."""
    broker = Broker(notifier_nats.url, "test")
    await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
def customer(notifier_broker: Broker, notifier_database: Database) -> Customers:
    """A tenant's customer whose appointment begins in an hour."""
    return Customers(notifier_broker, notifier_database)


@pytest.fixture
async def bookings(notifier_broker: Broker) -> Bookings:
    """Stands in for booking-service's answers."""
    bookings = Bookings()
    await bookings.serve(notifier_broker)
    return bookings


class JobsProcess(Child):
    """`python -m notifier.jobs --interval ...` on a free port."""

    def __init__(self, environment: dict[str, str], directory: Path, interval: float = 0.5) -> None:
        self.port = free_ports(1)[0]
        command = [sys.executable, "-m", "notifier.jobs", "--interval", str(interval)]
        super().__init__(
            f"jobs-{self.port}", command, directory=directory, environment=environment | {"PORT": str(self.port)}
        )

    def start(self) -> None:
        self.launch()
        self.wait_until(lambda: answers_http(self.port, "/readyz"), 30)


async def run_once(environment: dict[str, str]) -> tuple[int, str]:
    """One round of the jobs; its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "notifier.jobs",
        "--once",
        env=environment | {"PORT": "0"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()
