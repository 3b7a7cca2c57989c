"""One tenant's story, step by step: what its people do, and what must be true after each step.

A step is an act (by the business, the customer, Stripe or the clock) and its effects. The story
keeps count of what must have come of it once, whatever died on the way; `audit` compares.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx

from shared.clock import utc_now
from tests.crash.world import World
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.support.local_hours import zone_at


class Story:
    """A tenant with one booking."""

    def __init__(self, world: World, api: Api) -> None:
        self.world = world
        self.api = api
        self.patience = 60.0
        """How many seconds an effect may take before it is taken for lost."""
        self.email = f"{uuid4().hex}@customer.example"
        self.began_at = utc_now()
        self.service_id = self.booking_id = self.intent_id = self.last_id = ""
        self.events: Counter[str] = Counter()
        """How often each type of event must be on its stream."""
        self.mails: Counter[str] = Counter()
        """How many mails of each kind must have been sent."""
        self.dead: Counter[str] = Counter()
        """How many messages each consumer must have dead-lettered."""
        self.rows: Counter[str] = Counter()
        """How many rows of each table must be the tenant's."""
        self.booking_status: str | None = None
        self.payment_status: str | None = None
        self.intents: Counter[str] = Counter()
        self.charges = 0
        self.refunds = 0
        self.acted = asyncio.Event()
        """Set once nothing is left of the current step but its effects."""

    @classmethod
    async def begin(cls, world: World) -> Self:
        """A new tenant."""
        return cls(world, await Api.for_new_tenant(world.http, world.stack.credentials.operator_api_key))

    # --- the catalogue ---------------------------------------------------------------------

    async def offer_service(self, deposit_percent: int = 30, approval_minutes: int = 0) -> None:
        body = {
            "name": "Standard cleaning",
            "duration_minutes": 60,
            "price": {"amount": 9000, "currency": "eur"},
            "minimum_notice_minutes": 0,
            "deposit_percent": deposit_percent,
            "approval_minutes": approval_minutes,
        }
        self.last_id = self.service_id = (await self._insist("/v1/services", body))["id"]
        self.rows += Counter({"booking.services": 1, "booking.service_prices": 1})

    async def offer_service_without_deposit(self) -> None:
        await self.offer_service(deposit_percent=0)

    async def add_resource(self) -> None:
        week = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
        body = {
            "name": "Team A",
            "time_zone": zone_at(12),
            "weekly_hours": week,
            "service_ids": [self.service_id],
        }
        self.last_id = (await self._insist("/v1/resources", body))["id"]
        self.rows += Counter({"booking.resources": 1, "booking.resource_services": 1})

    # --- booking and paying ----------------------------------------------------------------

    async def book(self) -> None:
        """Held for a deposit that can be paid."""
        await self._book("pending_payment")
        self._expect("booking.held.v1", "billing.payment_requested.v1", mails=("held",))
        self.rows["billing.payments"] += 1
        self.payment_status, self.intents = "requested", Counter(requires_payment_method=1)
        self.intent_id = await eventually(self._payable, within=self.patience)
        await self._mailed()

    async def book_while_stripe_fails(self) -> None:
        """Stripe answers 500 to the first try, and for that key ever after."""
        await self.world.outside.faults(api={"error_500": 1})
        await self.book()

    async def book_without_deposit(self) -> None:
        await self._book("confirmed")
        self._expect("booking.confirmed.v1", mails=("confirmed", "reminder"))
        await self._reminders_time_comes()
        await self._mailed()

    async def book_twenty(self) -> None:
        """So many bookings decided together that their events are published together."""
        await self.world.down("booking-1")
        commands = [asyncio.create_task(self._insist("/v1/bookings", self._command(in_days(2 + n)))) for n in range(20)]

        async def stored() -> bool:
            info = await self.world.broker.js.consumer_info("COMMANDS", "booking-create-booking")
            return bool(info.num_pending == len(commands))

        await eventually(stored, within=self.patience)
        self.acted.set()
        made = await asyncio.gather(*commands)
        assert {booking["status"] for booking in made} == {"confirmed"}
        for _ in made:
            self._expect("booking.confirmed.v1", mails=("confirmed",))
        self.rows += Counter({"booking.bookings": len(made), "booking.allocations": len(made)})
        self._known()
        await self._mailed()

    async def pay(self) -> None:
        await self._pay()
        self.acted.set()
        await self._confirmed()

    async def pay_unheard(self) -> None:
        """No webhook comes; Stripe's list has the events."""
        await self.world.outside.faults(webhooks={"drop_ratio": 1.0})
        await self._pay()
        await self.world.outside.no_faults()
        await self.world.let_billing_compare(True)
        self.acted.set()
        await self._confirmed()
        await self.world.let_billing_compare(False)

    async def pay_late(self) -> None:
        """The customer pays and the business cancels before the news of the money has come."""
        await self.world.outside.faults(webhooks={"drop_ratio": 1.0})
        await self._pay()
        await self._insist(f"/v1/bookings/{self.booking_id}/cancel", {"reason": "rain"})
        self._expect("booking.cancelled.v1", mails=("cancelled",))
        self.booking_status = "cancelled"
        await self._mailed()
        await eventually(self._cancellation_handled, within=self.patience)
        await self.world.outside.no_faults()
        for event in await self.stripe_events():
            await self.world.outside.stripe.post(f"/_fake/events/{event['id']}/resend")
        self._expect(
            "billing.payment_succeeded.v1",
            "booking.late_payment_refused.v1",
            mails=("payment_received",),
        )
        await self._refunded()

    # --- afterwards ------------------------------------------------------------------------

    async def command(
        self,
        path: str,
        body: dict[str, Any],
        *,
        method: str = "POST",
        events: Sequence[str] = (),
        mails: Sequence[str] = (),
        rows: Sequence[str] = (),
        status: str | None = None,
        mailed: bool = True,
    ) -> None:
        """Any further command, and what must come of it once: the tables that get a row, the booking's status then.

        In `path`, `{booking}` is the booking and `{last}` what the last command was about. A case of a verb's is
        `partial(Story.command, path="/v1/bookings/{booking}/approve", body={}, events=(...,), status=...)`.
        """
        path = path.format(booking=self.booking_id, last=self.last_id)
        self.last_id = (await self._insist(path, body, method))["id"]
        self._expect(*events, mails=mails)
        self.rows.update(rows)
        if self.booking_id:
            self.booking_status = status or self.booking_status
            await eventually(self.status_reached, within=self.patience)
        if mailed:
            await self._mailed()

    async def reschedule(self) -> None:
        body = {"starts_at": in_days(3).isoformat()}
        path = "/v1/bookings/{booking}/reschedule"
        await self.command(
            path, body, events=("booking.rescheduled.v1",), mails=("rescheduled",), rows=("booking.allocations",)
        )

    async def cancel(self) -> None:
        """After payment: the deposit goes back."""
        await self._insist(f"/v1/bookings/{self.booking_id}/cancel", {"reason": "rain"})
        self._expect("booking.cancelled.v1", mails=("cancelled",))
        self.booking_status = "cancelled"
        await self._refunded()

    async def cancel_while_stripe_fails(self) -> None:
        await self.world.outside.faults(api={"error_500": 1})
        await self.cancel()

    async def call_off(self) -> None:
        """Before payment: the offer to pay is taken back."""
        await self._insist(f"/v1/bookings/{self.booking_id}/cancel", {})
        self.acted.set()
        self._expect("booking.cancelled.v1", mails=("cancelled",))
        self.booking_status = "cancelled"
        await self._withdrawn()

    async def call_off_without_deposit(self) -> None:
        events, mails = ("booking.cancelled.v1",), ("cancelled",)
        await self.command("/v1/bookings/{booking}/cancel", {}, events=events, mails=mails, status="cancelled")

    async def book_and_call_off(self) -> None:
        """Cancelled before billing has heard of the booking, so that billing hears of both at once."""
        await self.world.outside.faults(api={"slow_seconds": 1.0})
        await self._book("pending_payment")
        self._expect("booking.held.v1", "billing.payment_requested.v1", mails=("held",))
        self.rows["billing.payments"] += 1
        await self._mailed()
        await self.call_off()
        await self.world.outside.no_faults()

    async def expire(self) -> None:
        """The hold's time is over."""
        over = "UPDATE booking.bookings SET hold_expires_at = now() - interval '1 second' WHERE id = $1"
        await self.world.sql.execute(over, self.booking_id)
        self.acted.set()
        self._expect("booking.expired.v1")
        self.booking_status = "expired"
        await self._withdrawn()

    async def complete(self) -> None:
        """The appointment's time is over."""
        over = """
            WITH moved AS (
                UPDATE booking.bookings SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'
                WHERE id = $1)
            UPDATE booking.allocations
            SET busy_from = now() - interval '2 hours', busy_until = now() - interval '1 hour' WHERE owner_id = $1
        """
        await self.world.sql.execute(over, self.booking_id)
        self.acted.set()
        self._expect("booking.completed.v1")
        self.booking_status = "completed"
        await eventually(self.status_reached, within=self.patience)

    async def set_out(self) -> None:
        """Its time has come, and the business says so."""
        await self._attend("start", "booking.started.v1", "in_progress")

    async def offer_service_on_approval(self) -> None:
        await self.offer_service(deposit_percent=0, approval_minutes=600)

    async def book_on_approval(self) -> None:
        """Kept until the business has said whether it takes it."""
        await self._book("pending_approval")
        self._expect("booking.approval_requested.v1")

    async def approve(self) -> None:
        path, events = "/v1/bookings/{booking}/approve", ("booking.confirmed.v1",)
        await self.command(path, {}, events=events, status="confirmed", mailed=False)
        self._expect(mails=("confirmed", "reminder"))
        await self._reminders_time_comes()
        await self._mailed()

    async def decline(self) -> None:
        path, events = "/v1/bookings/{booking}/decline", ("booking.declined.v1",)
        await self.command(path, {}, events=events, status="declined")

    async def leave_unanswered(self) -> None:
        """The time for the business's word is over."""
        over = "UPDATE booking.bookings SET approve_by = now() - interval '1 second' WHERE id = $1"
        await self.world.sql.execute(over, self.booking_id)
        self.acted.set()
        self._expect("booking.declined.v1")
        self.booking_status = "declined"
        await eventually(self.status_reached, within=self.patience)

    async def reassign(self) -> None:
        """Another team takes the appointment."""
        await self.add_resource()
        body = {"resource_ids": [self.last_id]}
        rows = ("booking.allocations",)  # what it had before is kept for a day
        await self.command("/v1/bookings/{booking}/reassign", body, events=("booking.reassigned.v1",), rows=rows)

    async def hold(self) -> None:
        """A slot for nobody yet."""
        body = {"service_id": self.service_id, "starts_at": self._soon().isoformat()}
        rows = ("booking.holds", "booking.allocations")
        await self.command("/v1/holds", body, events=("booking.hold_placed.v1",), rows=rows)

    async def book_hold(self) -> None:
        """The hold becomes a booking, which has its places."""
        body = {"hold_id": self.last_id, "customer": {"name": "Ada", "email": self.email}}
        booking = await self._insist("/v1/bookings", body)
        self.booking_id, self.booking_status = booking["id"], "confirmed"
        self.rows["booking.bookings"] += 1
        self._known()
        self._expect("booking.confirmed.v1", mails=("confirmed", "reminder"))
        await self._reminders_time_comes()
        await self._mailed()

    async def let_hold_end(self) -> None:
        """Nobody books in time."""
        over = "UPDATE booking.holds SET expires_at = now() - interval '1 second' WHERE id = $1"
        await self.world.sql.execute(over, self.last_id)
        self.acted.set()
        self._expect("booking.hold_expired.v1")

        async def expired() -> bool:
            row = "SELECT status FROM booking.holds WHERE id = $1"
            return bool(await self.world.sql.fetchval(row, self.last_id) == "expired")

        await eventually(expired, within=self.patience)

    async def finish(self) -> None:
        """It is done before its end."""
        await self._attend("complete", "booking.completed.v1", "completed")

    async def miss(self) -> None:
        """Nobody came."""
        await self._attend("no-show", "booking.no_show.v1", "no_show")

    async def _attend(self, verb: str, event: str, status: str) -> None:
        began = """
            WITH moved AS (
                UPDATE booking.bookings SET starts_at = now() - interval '1 minute', ends_at = now() + interval '1 hour'
                WHERE id = $1)
            UPDATE booking.allocations
            SET busy_from = now() - interval '1 minute', busy_until = now() + interval '1 hour' WHERE owner_id = $1
        """
        await self.world.sql.execute(began, self.booking_id)
        await self.command(f"/v1/bookings/{{booking}}/{verb}", {}, events=(event,), status=status)

    async def poison(self, subject: str, durables: Sequence[str]) -> None:
        """A message that none of these consumers can read."""
        subject = subject.format(tenant=self.api.tenant_id)
        await self.world.broker.publish(subject, b"{", message_id=uuid4().hex)
        self.dead.update(durables)
        await eventually(self.buried, within=self.patience)

    # --- acts ------------------------------------------------------------------------------

    async def _insist(self, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
        """The answer to a command, asked for again under the same key until there is one."""
        headers = {"Idempotency-Key": uuid4().hex, "Prefer": "wait=10"}

        async def answer() -> dict[str, Any] | None:
            try:
                response = await self.api.call(method, path, headers, json=body)
            except httpx.HTTPError:
                return None
            assert response.status_code in (200, 201, 202, 503), response.text
            seen: dict[str, Any] = response.json()
            return seen if response.status_code < 202 else None

        found = await eventually(answer, within=self.patience)
        assert found
        return found

    async def _book(self, status: str) -> None:
        booking = await self._insist("/v1/bookings", self._command(self._soon()))
        assert booking["status"] == status
        self.booking_id, self.booking_status = booking["id"], status
        self.rows.update(("booking.bookings", "booking.allocations"))
        self._known()

    def _soon(self) -> datetime:
        """So near that there is one reminder, so far that it does not repeat the confirmation."""
        return utc_now().replace(second=0, microsecond=0) + timedelta(hours=5)

    def _known(self) -> None:
        """Who books is a customer, once: found by the name and the address as a whole and in its parts."""
        self.rows |= Counter({"booking.customers": 1, "booking.customer_words": 5})

    def _command(self, starts_at: datetime) -> dict[str, Any]:
        return {
            "service_id": self.service_id,
            "starts_at": starts_at.isoformat(),
            "customer": {"name": "Ada", "email": self.email},
        }

    async def _pay(self) -> None:
        response = await self.world.outside.pay(self.intent_id)
        assert response.status_code == 200, response.text
        self.charges, self.intents = 1, Counter(succeeded=1)

    # --- effects ---------------------------------------------------------------------------

    def _expect(self, *events: str, mails: Sequence[str] = ()) -> None:
        self.events.update(events)
        self.mails.update(mails)
        self.events.update({"notifier.message_sent.v1": len(mails)} if mails else {})

    async def _confirmed(self) -> None:
        mails = ("payment_received", "confirmed", "reminder")
        self._expect("billing.payment_succeeded.v1", "booking.confirmed.v1", mails=mails)
        self.booking_status, self.payment_status = "confirmed", "succeeded"
        await eventually(self.status_reached, within=self.patience)
        await self._reminders_time_comes()
        await self._mailed()

    async def _reminders_time_comes(self) -> None:
        async def planned() -> bool:
            due = """
                UPDATE notifier.messages SET send_at = now(), next_attempt_at = now()
                WHERE tenant_id = $1 AND kind = 'reminder' AND status = 'planned'
            """
            return bool(await self.world.sql.execute(due, self.api.tenant_id) == "UPDATE 1")

        await eventually(planned, within=self.patience)

    async def _refunded(self) -> None:
        facts = ("billing.refund_requested.v1", "billing.refund_issued.v1", "billing.refund_succeeded.v1")
        self._expect(*facts, mails=("refund",))
        self.rows["billing.refunds"] += 1
        self.payment_status, self.refunds = "refunded", 1
        await eventually(self.status_reached, within=self.patience)
        await self._mailed()

    async def _withdrawn(self) -> None:
        self.payment_status, self.intents = "canceled", Counter(canceled=1)
        await eventually(self.status_reached, within=self.patience)
        await self._mailed()

    async def _payable(self) -> str:
        row = "SELECT payment_intent_id FROM billing.payments WHERE booking_id = $1"
        seen: str | None = await self.world.sql.fetchval(row, self.booking_id)
        assert seen, "the deposit can't be paid"
        return seen

    async def _cancellation_handled(self) -> bool:
        handled = """
            SELECT count(*) FROM billing.inbox i JOIN booking.outbox o ON o.id = i.message_id
            WHERE i.consumer = 'billing-cancel-payment' AND o.type = 'booking.cancelled.v1' AND o.subject LIKE $1
        """
        return bool(await self.world.sql.fetchval(handled, f"%{self.api.tenant_id}"))

    async def status_reached(self) -> bool:
        """Whether booking and payment stand where they must."""
        seen = await self.world.sql.fetchrow(
            """
            SELECT (SELECT status FROM booking.bookings WHERE id = $1) AS booking,
                   (SELECT status FROM billing.payments WHERE booking_id = $1) AS payment
            """,
            self.booking_id,
        )
        wanted = (self.booking_status, self.payment_status)
        assert tuple(seen) == wanted, f"booking and payment are {tuple(seen)}, not {wanted}"
        return True

    async def _mailed(self) -> None:
        async def all_sent() -> bool:
            rows = await self.world.sql.fetch(
                "SELECT kind FROM notifier.messages WHERE tenant_id = $1 AND status = 'sent'", self.api.tenant_id
            )
            seen = Counter(row["kind"] for row in rows)
            assert seen == self.mails, f"sent {dict(seen)}, not {dict(self.mails)}"
            return True

        await eventually(all_sent, within=self.patience)

    async def stripe_events(self) -> list[dict[str, Any]]:
        """Stripe's events about the booking's intent, newest first."""
        wanted = {"limit": 100, "created[gte]": int(self.began_at.timestamp())}
        listed = (await self.world.outside.stripe.get("/v1/events", params=wanted)).json()["data"]
        things = [(event, event["data"]["object"]) for event in listed]
        return [event for event, thing in things if self.intent_id in (thing["id"], thing.get("payment_intent"))]

    async def buried(self) -> bool:
        """Whether DEADLETTER holds each unreadable message once for each of its consumers."""
        for durable, count in self.dead.items():
            found = await self.world.stored("DEADLETTER", f"deadletter.{durable}")
            mine = [m for m in found if self.api.tenant_id in (m.headers or {}).get("Dead-Subject", "")]
            assert len(mine) == count, f"{durable} has dead-lettered {len(mine)} messages, not {count}"
        return True


Step = Callable[[Story], Coroutine[Any, Any, None]]
