"""A tenant of booking-service that speaks to it as the gateway does: durable requests, outcomes, questions."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.aio.msg import Msg
from sqlalchemy import text

from shared.clock import utc_now
from shared.contracts.base import Command, Outcome, Outcomes
from shared.contracts.booking.bookings import CancelBooking, CreateBooking, Customer, RescheduleBooking
from shared.contracts.booking.catalog import CreateResource, CreateService, WeeklyHours
from shared.contracts.booking.commands import FollowBookingCommand
from shared.contracts.money import Money
from shared.identifiers import new_id
from shared.messaging import rpc
from shared.messaging.broker import Broker
from shared.persistence.database import Database
from tests.service.conftest import ServiceProcess
from tests.support.eventually import allowed

ALWAYS = [WeeklyHours(weekday=day, opens="00:00", closes="24:00") for day in range(7)]


def code(outcome: Outcome) -> str:
    """Why a command was refused, or else its status."""
    return outcome.refusal.code if outcome.refusal else str(outcome.status)


def booking_id(outcome: Outcome) -> UUID:
    """The booking that a command has made or changed."""
    assert outcome.result, outcome
    return UUID(outcome.result["id"])


@dataclass
class Tenant:
    """One tenant and a gateway's waiting room."""

    broker: Broker
    database: Database
    id: UUID = field(default_factory=new_id)
    outcome_to: str = field(default_factory=lambda: f"outcome.{uuid4().hex}")
    waiting: dict[UUID, asyncio.Future[Outcome]] = field(default_factory=dict)

    async def listen(self) -> None:
        async def receive(msg: Msg) -> None:
            for outcome in Outcomes.model_validate_json(msg.data).outcomes:
                if (future := self.waiting.pop(outcome.command_id, None)) and not future.done():
                    future.set_result(outcome)

        await self.broker.subscribe(self.outcome_to, receive)

    async def send(self, command: Command, within: float = 10) -> Outcome:
        future = self.waiting[command.id] = asyncio.get_running_loop().create_future()
        await self.broker.publish(command.subject, command.model_dump_json().encode(), str(command.id))
        async with asyncio.timeout(allowed(within)):
            outcome: Outcome = await future
            return outcome

    def _envelope(self, subject_id: UUID | None = None) -> dict[str, Any]:
        command_id = new_id()
        return {
            "id": command_id,
            "tenant_id": self.id,
            "subject_id": subject_id or command_id,
            "received_at": utc_now(),
            "outcome_to": self.outcome_to,
        }

    async def service(self, **changes: Any) -> UUID:
        outcome = await self.try_service(**changes)
        assert outcome.status == 201, outcome
        assert outcome.result
        return UUID(outcome.result["id"])

    async def try_service(self, **changes: Any) -> Outcome:
        fields: dict[str, Any] = {
            "name": "Standard cleaning",
            "duration_minutes": 60,
            "price": Money(amount=9000, currency="eur"),
            "buffer_before_minutes": 0,
            "buffer_after_minutes": 0,
            "deposit_percent": 0,
            "minimum_notice_minutes": 0,
            "horizon_days": 90,
            "slot_step_minutes": 30,
        }
        return await self.ask(CreateService, **(fields | changes))

    async def resource(self, *services: UUID, **changes: Any) -> UUID:
        outcome = await self.try_resource(*services, **changes)
        assert outcome.status == 201, outcome
        assert outcome.result
        return UUID(outcome.result["id"])

    async def try_resource(self, *services: UUID, **changes: Any) -> Outcome:
        fields: dict[str, Any] = {
            "name": "Team A",
            "time_zone": "Europe/Paris",
            "weekly_hours": ALWAYS,
            "service_ids": list(services),
        }
        return await self.ask(CreateResource, **(fields | changes))

    def command(
        self, service: UUID, starts_at: datetime, resource: UUID | None = None, **changes: Any
    ) -> CreateBooking:
        return CreateBooking(
            **(self._envelope() | changes),
            service_id=service,
            resource_id=resource,
            starts_at=starts_at,
            customer=Customer(name="Ada", email="ada@customer.example"),
            business_name="Sparkle",
        )

    async def book(self, service: UUID, starts_at: datetime, resource: UUID | None = None, **changes: Any) -> Outcome:
        return await self.send(self.command(service, starts_at, resource, **changes))

    async def ask(self, kind: type[Command], about: UUID | str | None = None, /, **members: Any) -> Outcome:
        """Send a command of this kind, about a thing that there is or for one that it makes."""
        return await self.send(kind(**self._envelope(UUID(str(about)) if about else None), **members))

    async def cancel(self, booking: UUID | str, **members: Any) -> Outcome:
        return await self.ask(CancelBooking, booking, **members)

    async def reschedule(self, booking: UUID | str, starts_at: datetime, **members: Any) -> Outcome:
        return await self.ask(RescheduleBooking, booking, starts_at=starts_at, **members)

    async def follow(self, command_id: UUID) -> Outcome | None:
        """What booking-service says has become of a command."""
        query = FollowBookingCommand(tenant_id=self.id, command_id=command_id)
        return (await rpc.call(self.broker, query)).outcome

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """This tenant's facts in the outbox, in order: type and payload."""
        async with self.database.system.connect() as connection:
            rows = await connection.execute(
                text("SELECT type, CAST(payload AS jsonb) AS body FROM outbox WHERE subject LIKE :s ORDER BY id"),
                {"s": f"%.{self.id}"},
            )
            return [(row.type, row.body) for row in rows]

    async def execute(self, statement: str, **values: Any) -> Any:
        """One statement on this tenant's rows."""
        async with self.database.engine.begin() as connection:
            await connection.execute(text("SELECT set_config('app.tenant_ids', :t, true)"), {"t": str(self.id)})
            return await connection.execute(text(statement), values)


@pytest.fixture
async def tenant(booking_replicas: list[ServiceProcess], broker: Broker, database: Database) -> Tenant:
    """A fresh tenant; two replicas of booking-service are running."""
    tenant = Tenant(broker, database)
    await tenant.listen()
    return tenant


@pytest.fixture
def soon() -> datetime:
    """A whole hour about two days from now."""
    return (utc_now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
