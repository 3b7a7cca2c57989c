"""A small model of booking, played against the running service: whatever is done in whatever order, both say the same.

Appointments last an hour and begin on the hour, so that the model is a count of places for each resource and hour.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from shared.clock import utc_now
from shared.contracts.base import Outcome
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.booking.bookings import (
    ApproveBooking,
    CancelBooking,
    CompleteBooking,
    DeclineBooking,
    ReassignBooking,
    RescheduleBooking,
)
from shared.contracts.booking.catalog import Requirement
from shared.contracts.booking.holds import CreateHold, ExtendHold, ReleaseHold
from shared.contracts.money import Money
from shared.messaging.broker import Broker
from tests.service.booking.conftest import Tenant, code
from tests.support.eventually import eventually

R = TypeVar("R")
HOURS = st.integers(0, 4)
CAPACITY = {"A": 1, "B": 2, "C": 1}
SERVICES = {
    "free": (1, "confirmed"),
    "paid": (1, "pending_payment"),
    "asked": (1, "pending_approval"),
    "pair": (2, "confirmed"),
}
"""How many resources a booking of each takes, and in which state it begins."""
OPEN = ("pending_approval", "pending_payment", "confirmed")
OCCUPYING = (*OPEN, "in_progress", "completed", "no_show")
NAMED = st.sampled_from([None, *CAPACITY])


@dataclass
class Booked:
    """What the model knows of a booking."""

    id: UUID
    service: str
    hour: int
    resources: list[str]
    status: str
    version: int = 1


@dataclass
class Held:
    """What the model knows of a hold."""

    id: UUID
    service: str
    hour: int
    resources: list[str]
    status: str = "held"
    extended: bool = False


class Machine(RuleBasedStateMachine):
    """One tenant's calendar. A subclass says where the servers are."""

    nats_url = ""
    postgres_url = ""
    steps: ClassVar[Counter[str]] = Counter()

    bookings = Bundle("bookings")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.booked: list[Booked] = []
        self.held: list[Held] = []

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Do this on the machine's own loop."""
        return self.runner.run(work)

    @initialize()
    def open_shop(self) -> None:
        self.run(self._open_shop())

    async def _open_shop(self) -> None:
        self.broker = Broker(self.nats_url, "test")
        await self.broker.connect()
        self.sql = await asyncpg.connect(self.postgres_url)
        self.tenant = Tenant(self.broker, None)  # type: ignore[arg-type]
        await self.tenant.listen()
        self.first = (utc_now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        team = [Requirement(of="team")]
        self.services = {
            "free": await self.tenant.service(requires=team),
            "paid": await self.tenant.service(requires=team, deposit_percent=50),
            "asked": await self.tenant.service(requires=team, approval_minutes=600),
            "pair": await self.tenant.service(requires=[Requirement(of="team", quantity=2)]),
        }
        self.resources = {
            name: await self.tenant.resource(name=name, kind="team", capacity=capacity)
            for name, capacity in CAPACITY.items()
        }

    # --- the model -------------------------------------------------------------------------

    def free(self, resource: str, hour: int, besides: Booked | None = None) -> bool:
        """Whether a place is free."""
        owners = [b for b in self.booked if b.status in OCCUPYING and b is not besides]
        taken = sum(b.hour == hour and resource in b.resources for b in owners)
        taken += sum(h.hour == hour and resource in h.resources for h in self.held if h.status == "held")
        return taken < CAPACITY[resource]

    def can_take(self, service: str, hour: int, named: str | None) -> bool:
        """Whether a booking can be had."""
        free = [resource for resource in CAPACITY if self.free(resource, hour)]
        return len(free) >= SERVICES[service][0] and (named is None or named in free)

    def at(self, hour: int) -> datetime:
        return self.first + timedelta(hours=hour)

    def told(self, outcome: Outcome, expected: str, about: str) -> dict[str, Any] | None:
        """The result of an outcome, which must be the one that the model expects."""
        type(self).steps[about] += 1
        assert code(outcome) == expected, f"{about}: {code(outcome)}, not {expected}"
        return outcome.result

    def taken(self, result: dict[str, Any], service: str, hour: int, named: str | None) -> list[str]:
        """The resources that were given, which must have been free."""
        names = [resource["name"] for resource in result["resources"]]
        assert len(set(names)) == len(names) == SERVICES[service][0], names
        assert named is None or names[0] == named
        assert all(self.free(name, hour) for name in names), f"{names} at {hour} were not free"
        return names

    def changed(self, booking: Booked, result: dict[str, Any] | None, **members: Any) -> None:
        """A verb has done what the model says, with one more version."""
        for name, value in members.items():
            setattr(booking, name, value)
        booking.version += 1
        self.same(booking, result)

    def same(self, booking: Booked, result: dict[str, Any] | None) -> None:
        """The service shows the booking as the model has it."""
        assert result is not None
        shown = (
            result["status"], result["version"], datetime.fromisoformat(result["starts_at"]),
            [resource["name"] for resource in result["resources"]],
        )  # fmt: skip
        known = (booking.status, booking.version, self.at(booking.hour), booking.resources)
        assert shown == known, f"shown {shown}, not {known}"

    # --- what is done ----------------------------------------------------------------------

    @rule(target=bookings, service=st.sampled_from(sorted(SERVICES)), hour=HOURS, named=NAMED)
    def book(self, service: str, hour: int, named: str | None) -> Any:
        command = self.tenant.command(self.services[service], self.at(hour), self.resources[named] if named else None)
        can = self.can_take(service, hour, named)
        result = self.told(self.run(self.tenant.send(command)), "201" if can else "slot_taken", "book")
        if result is None:
            return multiple()
        resources = self.taken(result, service, hour, named)
        booking = Booked(UUID(result["id"]), service, hour, resources, SERVICES[service][1])
        self.same(booking, result)
        self.booked.append(booking)
        return booking

    @rule(target=holds, service=st.sampled_from(sorted(SERVICES)), hour=HOURS, named=NAMED)
    def hold(self, service: str, hour: int, named: str | None) -> Any:
        asked = {"service_id": self.services[service], "starts_at": self.at(hour)}
        if named:
            asked["resource_id"] = self.resources[named]
        can = self.can_take(service, hour, named)
        outcome = self.run(self.tenant.ask(CreateHold, **asked))
        result = self.told(outcome, "201" if can else "slot_taken", "hold")
        if result is None:
            return multiple()
        held = Held(UUID(result["id"]), service, hour, self.taken(result, service, hour, named))
        self.held.append(held)
        return held

    @rule(target=bookings, held=holds)
    def book_hold(self, held: Held) -> Any:
        command = self.tenant.command(uuid4(), self.first)
        by_hold = command.model_copy(update={"hold_id": held.id, "service_id": None, "starts_at": None})
        expected = "201" if held.status == "held" else "hold_closed"
        result = self.told(self.run(self.tenant.send(by_hold)), expected, "book by hold")
        if result is None:
            return multiple()
        held.status = "booked"
        booking = Booked(UUID(result["id"]), held.service, held.hour, held.resources, SERVICES[held.service][1])
        self.same(booking, result)
        self.booked.append(booking)
        return booking

    @rule(held=holds)
    def release(self, held: Held) -> None:
        expected = "200" if held.status in ("held", "released") else "hold_closed"
        result = self.told(self.run(self.tenant.ask(ReleaseHold, held.id)), expected, "release")
        if result:
            held.status = "released"
            assert result["status"] == "released", result["status"]

    @rule(held=holds)
    def extend(self, held: Held) -> None:
        expected = "hold_closed" if held.status != "held" else "hold_extended" if held.extended else "200"
        self.told(self.run(self.tenant.ask(ExtendHold, held.id)), expected, "extend")
        held.extended = held.extended or held.status == "held"

    @rule(held=consumes(holds))
    def let_hold_end(self, held: Held) -> None:
        if held.status == "held":
            type(self).steps["hold's end"] += 1
            self.run(self._ends("holds", "expires_at", held.id, "expired"))
            held.status = "expired"

    @rule(booking=bookings)
    def approve(self, booking: Booked) -> None:
        waits = booking.status == "pending_approval"
        expected = "200" if waits or booking.status in ("pending_payment", "confirmed") else "transition_not_allowed"
        result = self.told(self.run(self.tenant.ask(ApproveBooking, booking.id)), expected, "approve")
        if waits:
            self.changed(booking, result, status="confirmed")
        elif result:
            self.same(booking, result)

    @rule(booking=bookings)
    def decline(self, booking: Booked) -> None:
        waits = booking.status == "pending_approval"
        expected = "200" if waits or booking.status == "declined" else "transition_not_allowed"
        result = self.told(self.run(self.tenant.ask(DeclineBooking, booking.id)), expected, "decline")
        if waits:
            self.changed(booking, result, status="declined")

    @rule(booking=bookings, stale=st.booleans())
    def cancel(self, booking: Booked, stale: bool) -> None:
        versions = [booking.version + stale]
        outcome = self.run(self.tenant.ask(CancelBooking, booking.id, expected_versions=versions))
        if booking.status == "cancelled":
            expected = "200"
        elif stale:
            expected = "version_conflict"
        else:
            expected = "200" if booking.status in OPEN else "booking_closed"
        result = self.told(outcome, expected, "cancel")
        if result and booking.status != "cancelled":
            self.changed(booking, result, status="cancelled")

    @rule(booking=bookings, hour=HOURS)
    def reschedule(self, booking: Booked, hour: int) -> None:
        outcome = self.run(self.tenant.ask(RescheduleBooking, booking.id, starts_at=self.at(hour)))
        if booking.status not in OPEN:
            self.told(outcome, "booking_closed", "reschedule")
            return
        can = all(self.free(resource, hour, booking) for resource in booking.resources)
        result = self.told(outcome, "200" if can else "slot_taken", "reschedule")
        if result and hour != booking.hour:
            self.changed(booking, result, hour=hour)

    @rule(booking=bookings, instead=st.permutations(sorted(CAPACITY)))
    def reassign(self, booking: Booked, instead: list[str]) -> None:
        wanted = list(instead[: SERVICES[booking.service][0]])
        ids = [self.resources[name] for name in wanted]
        outcome = self.run(self.tenant.ask(ReassignBooking, booking.id, resource_ids=ids))
        if booking.status not in OPEN:
            self.told(outcome, "booking_closed", "reassign")
            return
        can = all(self.free(resource, booking.hour, booking) for resource in wanted)
        result = self.told(outcome, "200" if can else "slot_taken", "reassign")
        if result and wanted != booking.resources:
            self.changed(booking, result, resources=wanted)

    @rule(booking=bookings)
    def pay(self, booking: Booked) -> None:
        if booking.status not in ("pending_payment", "expired"):
            return
        type(self).steps["pay"] += 1
        again = all(self.free(resource, booking.hour, booking) for resource in booking.resources)
        self.run(self._pay(booking))
        if booking.status == "pending_payment" or again:
            self.changed(booking, self.run(self._shown(booking)), status="confirmed")
        else:
            self.same(booking, self.run(self._shown(booking)))

    @rule(booking=bookings)
    def let_deposit_fail(self, booking: Booked) -> None:
        if booking.status == "pending_payment":
            type(self).steps["deposit's end"] += 1
            self.run(self._ends("bookings", "hold_expires_at", booking.id, "expired"))
            self.changed(booking, self.run(self._shown(booking)), status="expired")

    @rule(booking=bookings)
    def complete(self, booking: Booked) -> None:
        done = "UPDATE booking.bookings SET starts_at = $2, ends_at = $3 WHERE id = $1"
        now = utc_now()
        self.run(self.sql.execute(done, booking.id, now - timedelta(minutes=1), now + timedelta(hours=1)))
        outcome = self.run(self.tenant.ask(CompleteBooking, booking.id))
        start = self.at(booking.hour)
        self.run(self.sql.execute(done, booking.id, start, start + timedelta(hours=1)))
        expected = "200" if booking.status in ("confirmed", "completed") else "transition_not_allowed"
        result = self.told(outcome, expected, "complete")
        if result and booking.status != "completed":
            self.changed(booking, self.run(self._shown(booking)), status="completed")

    # --- how -------------------------------------------------------------------------------

    async def _ends(self, table: str, column: str, thing: UUID, status: str) -> None:
        past = f"UPDATE booking.{table} SET {column} = now() - interval '1 s' WHERE id = $1"
        await self.sql.execute(past, thing)

        async def ended() -> bool:
            found = await self.sql.fetchval(f"SELECT status FROM booking.{table} WHERE id = $1", thing)
            return bool(found == status)

        await eventually(ended, every=0.02)

    async def _pay(self, booking: Booked) -> None:
        money = Money(amount=4500, currency="eur")
        event = PaymentSucceeded(tenant_id=self.tenant.id, payment_id=uuid4(), booking_id=booking.id, amount=money)
        await self.broker.publish(event.subject, event.model_dump_json().encode(), str(event.id))

        async def heard() -> bool:
            return bool(await self.sql.fetchval("SELECT count(*) FROM booking.inbox WHERE message_id = $1", event.id))

        await eventually(heard, every=0.01)

    async def _shown(self, booking: Booked) -> dict[str, Any]:
        row = await self.sql.fetchrow("SELECT * FROM booking.bookings WHERE id = $1", booking.id)
        return {
            "status": row["status"],
            "version": row["version"],
            "starts_at": row["starts_at"].isoformat(),
            "resources": [{"name": name} for name in booking.resources],
        }

    def teardown(self) -> None:
        try:
            if hasattr(self, "sql"):
                self.run(self._audit())
        finally:
            self.run(self._close())
            self.runner.close()

    async def _audit(self) -> None:
        """Places and events, in the end, are those of the model."""
        rows = await self.sql.fetch(
            """SELECT a.owner_id, r.name FROM booking.allocations a JOIN booking.resources r ON r.id = a.resource_id
               WHERE a.tenant_id = $1 AND a.occupying""",
            self.tenant.id,
        )
        placed = Counter((row["owner_id"], row["name"]) for row in rows)
        owners = [b for b in self.booked if b.status in OCCUPYING] + [h for h in self.held if h.status == "held"]
        expected = Counter((owner.id, name) for owner in owners for name in owner.resources)
        assert placed == expected, f"places too many: {placed - expected}, missing: {expected - placed}"
        for booking in self.booked:
            self.same(booking, await self._shown(booking))
        versions = await self.sql.fetch(
            """SELECT payload::jsonb->'booking'->>'id' AS id, (payload::jsonb->>'version')::int AS version
               FROM booking.outbox WHERE right(subject, 36) = $1 AND payload::jsonb ? 'booking'
               AND type <> 'booking.late_payment_refused.v1'""",
            str(self.tenant.id),
        )
        told = Counter((row["id"], row["version"]) for row in versions)
        due = Counter((str(b.id), version) for b in self.booked for version in range(1, b.version + 1))
        assert told == due, f"events too many: {told - due}, missing: {due - told}"

    async def _close(self) -> None:
        if hasattr(self, "sql"):
            await self.sql.close()
            await self.broker.close()


def play(nats_url: str, postgres_url: str, examples: int, *, repeatable: bool) -> Counter[str]:
    """So many runs of fifty steps against these servers; how often what was done.

    Raises AssertionError where the service does something else than the model, with the shortest way there.
    """
    servers = {"nats_url": nats_url, "postgres_url": postgres_url, "steps": Counter()}
    booking: type[Machine] = type("BookingMachine", (Machine,), servers)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=repeatable,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(booking, settings=chosen)
    return booking.steps
