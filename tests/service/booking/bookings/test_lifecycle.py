"""Every state of a booking by every entry path: what it becomes, and that each change is announced exactly once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.base import Command, Outcome
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.booking.bookings import (
    ApproveBooking,
    Booking,
    CancelBooking,
    CompleteBooking,
    DeclineBooking,
    GetBooking,
    MarkNoShow,
    StartBooking,
)
from shared.contracts.money import Money
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually

STATES = (
    "pending_approval", "pending_payment", "confirmed", "in_progress", "completed", "no_show", "cancelled", "declined",
    "expired",
)  # fmt: skip
COMMANDS: dict[str, type[Command]] = {
    "approve": ApproveBooking,
    "decline": DeclineBooking,
    "cancel": CancelBooking,
    "start": StartBooking,
    "complete": CompleteBooking,
    "no-show": MarkNoShow,
}
MOVES = {
    "approve": {"pending_approval": "confirmed"},
    "decline": {"pending_approval": "declined"},
    "cancel": {"pending_approval": "cancelled", "pending_payment": "cancelled", "confirmed": "cancelled"},
    "start": {"confirmed": "in_progress"},
    "complete": {"confirmed": "completed", "in_progress": "completed"},
    "no-show": {"confirmed": "no_show", "in_progress": "no_show"},
    "payment": {"pending_payment": "confirmed", "expired": "confirmed"},
    "hold's end": {"pending_payment": "expired"},
    "no answer": {"pending_approval": "declined"},
    "its end": {"confirmed": "completed", "in_progress": "completed"},
}
"""What each entry path makes of a state; of those that are not named it makes nothing."""
REPEATED = {
    "approve": ("confirmed", "pending_payment"),
    "decline": ("declined",),
    "cancel": ("cancelled",),
    "start": ("in_progress",),
    "complete": ("completed",),
    "no-show": ("no_show",),
}
"""The states in which a command finds what it wants, and changes nothing."""
EVENTS = {
    "cancelled": "booking.cancelled.v1",
    "in_progress": "booking.started.v1",
    "completed": "booking.completed.v1",
    "no_show": "booking.no_show.v1",
    "confirmed": "booking.confirmed.v1",
    "declined": "booking.declined.v1",
    "expired": "booking.expired.v1",
}
SAID = {
    "payment": ("stripe", "deposit paid"),
    "hold's end": ("system", "deposit not paid in time"),
    "no answer": ("system", "not approved in time"),
    "its end": ("system", "its end has passed"),
}
"""Who is named for a change and why, unless it is the business."""
BEGUN = "starts_at = now() - interval '1 min', ends_at = now() + interval '1 h'"
REFUSED = "booking.late_payment_refused.v1"


@dataclass
class Shop:
    """A tenant with a service that is paid ahead and one that is not, and bookings in any state."""

    tenant: Tenant
    free: UUID
    paid: UUID
    asked: UUID
    first: datetime
    booked: int = 0

    async def booking(self, status: str) -> UUID:
        """A booking in this state, led there by what leads there."""
        held = status in ("pending_payment", "expired")
        starts_at = self.first + timedelta(hours=self.booked)
        self.booked += 1
        asked = status in ("pending_approval", "declined")
        service = self.asked if asked else self.paid if held else self.free
        booking = booking_id(await self.tenant.book(service, starts_at))
        if status == "declined":
            assert code(await self.tenant.ask(DeclineBooking, booking)) == "200"
        elif status == "expired":
            await self.set(booking, "hold_expires_at = now() - interval '1 s'")
            await self.reaches(booking, "expired")
        elif status == "cancelled":
            assert code(await self.tenant.cancel(booking)) == "200"
        elif status in ("in_progress", "completed", "no_show"):
            await self.set(booking, BEGUN)
            verb = next(verb for verb, done in REPEATED.items() if status in done and verb != "approve")
            assert code(await self.tenant.ask(COMMANDS[verb], booking)) == "200"
            await self.set(booking, f"starts_at = '{starts_at}', ends_at = '{starts_at + timedelta(hours=1)}'")
        return booking

    async def set(self, booking: UUID, columns: str) -> None:
        await self.tenant.execute(f"UPDATE bookings SET {columns} WHERE id = :id", id=booking)

    async def look(self, booking: UUID) -> Booking:
        return await rpc.call(self.tenant.broker, GetBooking(tenant_id=self.tenant.id, booking_id=booking))

    async def reaches(self, booking: UUID, status: str) -> None:
        async def reached() -> bool:
            return (await self.look(booking)).status == status

        await eventually(reached, within=25)

    async def events(self, booking: UUID) -> list[tuple[str, dict[str, Any]]]:
        return [(kind, body) for kind, body in await self.tenant.events() if body["booking"]["id"] == str(booking)]

    async def enter(self, entry: str, booking: UUID) -> Outcome | None:
        """Have this entry path do to the booking what it does, in time; the outcome of a command."""
        if entry in COMMANDS:
            if entry not in ("cancel", "approve", "decline"):
                await self.set(booking, BEGUN)
            return await self.tenant.ask(COMMANDS[entry], booking, reason="because")
        if entry == "payment":
            await self.pay(booking)
        elif entry == "hold's end":
            await self.set(booking, "hold_expires_at = now() - interval '1 s'")
        elif entry == "no answer":
            await self.set(booking, "approve_by = now() - interval '1 s'")
        else:
            await self.set(booking, "starts_at = now() - interval '2 h', ends_at = now() - interval '1 h'")
        return None

    async def pay(self, booking: UUID) -> None:
        money = Money(amount=4500, currency="eur")
        event = PaymentSucceeded(tenant_id=self.tenant.id, payment_id=uuid4(), booking_id=booking, amount=money)
        await self.tenant.broker.publish(event.subject, event.model_dump_json().encode(), str(event.id))


async def open_shop(tenant: Tenant, soon: datetime) -> Shop:
    free, paid = await tenant.service(), await tenant.service(deposit_percent=50)
    asked = await tenant.service(approval_minutes=60)
    await tenant.resource(free, paid, asked)
    return Shop(tenant, free, paid, asked, soon)


async def test_every_state_by_every_entry_path_is_announced_once(tenant: Tenant, soon: datetime) -> None:
    shop = await open_shop(tenant, soon)
    cells = {(state, entry): await shop.booking(state) for entry in MOVES for state in STATES}
    before = {cell: await shop.look(booking) for cell, booking in cells.items()}
    assert [before[cell].status for cell in cells] == [state for state, _ in cells]
    told = {cell: len(await shop.events(booking)) for cell, booking in cells.items()}
    outcomes: dict[tuple[str, str], Outcome | None] = {}
    for (state, entry), booking in cells.items():
        outcomes[state, entry] = await shop.enter(entry, booking)

    async def settled() -> bool:  # what changes nothing has had its time when all that changes something is through
        for (state, entry), booking in cells.items():
            if (await shop.look(booking)).status != MOVES[entry].get(state, state):
                return False
            refused = entry == "payment" and state not in MOVES[entry]
            if refused and len(await shop.events(booking)) == told[state, entry]:
                return False
        return True

    await eventually(settled, within=40)
    for (state, entry), booking in cells.items():
        becomes = MOVES[entry].get(state)
        now, news = await shop.look(booking), (await shop.events(booking))[told[state, entry] :]
        where = f"{state} by {entry}"
        assert now.status == (becomes or state), where
        assert now.version == before[state, entry].version + bool(becomes), where
        if becomes:
            [(kind, body)] = news
            assert (kind, body["previous"]["status"], body["version"]) == (EVENTS[becomes], state, now.version), where
            assert (body["actor"], body["reason"]) == SAID.get(entry, ("business", "because")), where
        else:
            assert [kind for kind, _ in news] == ([REFUSED] if entry == "payment" else []), where
        if outcome := outcomes[state, entry]:
            closed = "booking_closed" if entry == "cancel" else "transition_not_allowed"
            expected = "200" if becomes or state in REPEATED[entry] else closed
            assert code(outcome) == expected, where
    print_table()


def print_table() -> None:
    """What every entry path makes of every state; a dot where it makes nothing."""
    print(f"\n{'':18}" + "".join(f"{entry:>13}" for entry in MOVES))
    for state in STATES:
        print(f"{state:18}" + "".join(f"{MOVES[entry].get(state, '.'):>13}" for entry in MOVES))
    print(f"{len(STATES) * len(MOVES)} cells, {sum(map(len, MOVES.values()))} changes, one event each")


async def test_what_comes_before_its_time_is_refused_and_changes_nothing(tenant: Tenant, soon: datetime) -> None:
    shop = await open_shop(tenant, soon)
    booking = await shop.booking("confirmed")
    for verb in ("start", "complete", "no-show"):
        assert code(await tenant.ask(COMMANDS[verb], booking)) == "too_early"
    assert [kind for kind, _ in await shop.events(booking)] == ["booking.confirmed.v1"]


async def test_a_change_is_made_on_the_version_that_it_was_decided_on(tenant: Tenant, soon: datetime) -> None:
    shop = await open_shop(tenant, soon)
    booking = await shop.booking("confirmed")
    await shop.set(booking, BEGUN)
    for verb in ("start", "complete", "no-show"):
        assert code(await tenant.ask(COMMANDS[verb], booking, expected_versions=[2, 3])) == "version_conflict"
        assert code(await tenant.ask(COMMANDS[verb], booking, expected_versions=[])) == "version_conflict"
    begun = await tenant.ask(StartBooking, booking, expected_versions=[1])
    again = await tenant.ask(StartBooking, booking, expected_versions=[1])
    assert begun.result
    assert begun.result == again.result
    missed = await tenant.ask(MarkNoShow, booking, expected_versions=[2])
    assert missed.result
    assert (missed.result["status"], missed.result["version"]) == ("no_show", 3)
    refused = await tenant.ask(CompleteBooking, booking)
    assert refused.refusal
    assert refused.refusal.extra == {"booking_status": "no_show", "wanted_status": "completed"}


async def test_what_has_begun_or_was_missed_keeps_its_slot(tenant: Tenant, soon: datetime) -> None:
    shop = await open_shop(tenant, soon)
    for hour, state in enumerate(("in_progress", "no_show", "completed")):
        booking = await shop.booking(state)
        assert (await shop.look(booking)).starts_at == soon + timedelta(hours=hour)
        assert code(await tenant.book(shop.free, soon + timedelta(hours=hour))) == "slot_taken"
        assert code(await tenant.reschedule(booking, soon + timedelta(hours=8))) == "booking_closed"


async def test_another_tenant_has_no_such_booking(tenant: Tenant, soon: datetime) -> None:
    booking = await (await open_shop(tenant, soon)).booking("confirmed")
    stranger = Tenant(tenant.broker, tenant.database)
    await stranger.listen()
    for verb in COMMANDS.values():
        assert code(await stranger.ask(verb, booking)) == "booking_not_found"
