"""The load: customers of several tenants book, pay, move and cancel, again and again until told to stop.

What the n-th customer wants is drawn from the seed (`stories`); what it gets depends on the day.
Every booking carries its command in its metadata, so that the auditor can tell which attempt made it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from shared.clock import utc_now
from tests.chaos.client import Client, Credentials
from tests.chaos.history import Operation, Outcome
from tests.chaos.stories import DAYS, FIRST_DAY, RESOURCES, SLOTS_A_DAY, TENANTS, Story, draw_story
from tests.support.client import Api

PATIENCE_SECONDS = 40.0
"""How long a persistent customer repeats itself."""
OFFER_SECONDS = 25.0
"""How long a customer waits for the means to pay."""
LATE_SECONDS = 65.0
"""After this a hold of a minute is over."""


class Tenant(Credentials):
    """A business of the load: services by what a story wants, and rooms that offer the plain ones."""

    def __init__(self, api: Api, services: dict[str, str], resources: list[str], name: str) -> None:
        super().__init__(api.tenant_id, api.key)
        self.services = services
        self.resources = resources
        self.mail_domain = f"{name}.example"
        """Customers of this tenant have their mail here, and nobody else's has."""


async def open_shops(gateway: str, operator_key: str) -> list[Tenant]:
    """The tenants with their catalogue, made while nothing is wrong yet."""
    tenants = []
    async with httpx.AsyncClient(base_url=gateway, timeout=40, trust_env=False) as http:
        for number in range(1, TENANTS + 1):
            api = await Api.for_new_tenant(http, operator_key)
            free = await api.service(name="Visit", duration_minutes=30, horizon_days=365)
            paid = await api.service(
                name="Treatment",
                duration_minutes=30,
                buffer_after_minutes=10,
                deposit_percent=30,
                horizon_days=365,
            )
            common = {"duration_minutes": 30, "horizon_days": 365}
            pair = await api.service(name="Both", requires=[{"of": "room", "quantity": 2}], **common)
            asked = await api.service(name="On request", approval_minutes=600, **common)
            rooms = [await api.resource(free, paid, asked, name=f"Room {n}", kind="room") for n in range(RESOURCES)]
            services = {"free": free, "paid": paid, "pair": pair, "asked": asked}
            tenants.append(Tenant(api, services, rooms, f"tenant-{number}"))
    return tenants


@dataclass(slots=True)
class Load:
    """Customers, some at a time."""

    client: Client
    tenants: list[Tenant]
    seed: int
    base: datetime = field(default_factory=lambda: utc_now().replace(hour=0, minute=0, second=0, microsecond=0))
    _next: int = 0
    _errands: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, over: asyncio.Event, customers: int) -> None:
        """Let `customers` at a time live their stories until it is over, and those begun to their end."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(customers):
                    group.create_task(self._queue(over))
            await asyncio.gather(*self._errands)
        finally:
            for errand in self._errands:
                errand.cancel()

    async def _queue(self, over: asyncio.Event) -> None:
        while not over.is_set():
            number, self._next = self._next, self._next + 1
            story = draw_story(self.seed, number)
            await self.live(story)
            await asyncio.sleep(story.pause)

    async def live(self, story: Story) -> str | None:
        """One story but for its errands, which go on by themselves; returns the booking, if one is known."""
        chance = random.Random(f"{self.seed}:life:{story.number}")
        tenant = self.tenants[story.tenant]
        booking = await self._book(story, tenant, chance)
        if booking is None or booking.booking_id is None:
            return None
        errand = asyncio.create_task(self._go_on(story, tenant, booking.booking_id, chance))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)
        return booking.booking_id

    def _slot(self, story: Story, tenant: Tenant) -> dict[str, Any]:
        slot = {"service_id": tenant.services[story.service], "starts_at": story.starts_at(self.base).isoformat()}
        return slot if story.resource is None else {**slot, "resource_id": tenant.resources[story.resource]}

    async def _hold(self, story: Story, tenant: Tenant, chance: random.Random) -> str | None:
        """The hold that a customer thinks about first, if there was one to be had."""
        held, _ = await self.client.call(
            "hold",
            tenant,
            "POST",
            "/v1/holds",
            command=f"hold {story.number}",
            gateway=chance.randrange(1000),
            key=f"hold-{story.number}" if story.keyed else None,
            body=self._slot(story, tenant),
        )
        return held.booking_id if held.outcome is Outcome.OK else None

    async def book(
        self, story: Story, gateway: int, key: str | None, command: str, hold_id: str | None = None
    ) -> Operation:
        """One attempt to make the story's booking."""
        tenant = self.tenants[story.tenant]
        body: dict[str, Any] = {
            "customer": {"name": f"Customer {story.number}", "email": f"c{story.number}@{tenant.mail_domain}"},
            "metadata": {"command": command},
        }
        body |= {"hold_id": hold_id} if hold_id else self._slot(story, tenant)
        operation, _ = await self.client.call(
            "create", tenant, "POST", "/v1/bookings", command=command, gateway=gateway, key=key, body=body
        )
        return operation

    async def _book(self, story: Story, tenant: Tenant, chance: random.Random) -> Operation | None:
        command = f"{self.seed}-{story.number}"
        key = f"key-{command}" if story.keyed else None
        gateway = chance.randrange(1000)
        hold_id = await self._hold(story, tenant, chance) if story.holds else None
        if story.doubled:
            clicks = [self.book(story, gateway + n, key, command, hold_id) for n in range(2)]
            booked = next((c for c in await asyncio.gather(*clicks) if c.outcome is Outcome.OK), None)
            if booked:
                return booked

        async def attempt() -> Operation:
            nonlocal gateway
            gateway += 1
            return await self.book(story, gateway, key, command, hold_id)

        last = await self._until_known(attempt, PATIENCE_SECONDS if story.persistent else 0, chance)
        if last.outcome is Outcome.ACCEPTED and last.booking_id:
            return await self._look(tenant, last.booking_id, gateway, chance)
        return last if last.outcome is Outcome.OK else None

    async def _until_known(
        self, attempt: Callable[[], Awaitable[Operation]], patience: float, chance: random.Random
    ) -> Operation:
        """Repeat while it is not known what became of it, or it could not even be sent."""
        give_up_at = self.client.now + patience
        while True:
            last = await attempt()
            unsettled = last.outcome is Outcome.UNKNOWN or last.status is None
            if not unsettled or self.client.now > give_up_at:
                return last
            await asyncio.sleep(chance.uniform(0.2, 1.0))

    async def _look(self, tenant: Tenant, booking_id: str, gateway: int, chance: random.Random) -> Operation | None:
        """Follow a `Location` until it shows the booking or its refusal."""
        give_up_at = self.client.now + PATIENCE_SECONDS
        while self.client.now < give_up_at:
            seen, _ = await self.read(tenant, booking_id, gateway)
            if seen.outcome in (Outcome.OK, Outcome.FAIL) and seen.status is not None:
                return seen if seen.outcome is Outcome.OK else None
            await asyncio.sleep(chance.uniform(0.5, 1.5))
        return None

    async def read(
        self, tenant: Tenant, booking_id: str, gateway: int, what: str = ""
    ) -> tuple[Operation, dict[str, Any]]:
        """Look at a booking, or at its payment."""
        return await self.client.call(
            "read", tenant, "GET", f"/v1/bookings/{booking_id}{what}", command=f"read {booking_id}", gateway=gateway
        )

    async def _go_on(self, story: Story, tenant: Tenant, booking_id: str, chance: random.Random) -> None:
        await self.read(tenant, booking_id, chance.randrange(1000))
        if story.deposit and story.payment != "none":
            await self._pay(story, tenant, booking_id, chance)
        if story.service == "asked" and story.answer != "none":
            await self._change(story.answer, tenant, booking_id, {}, chance, f"{story.answer} {story.number}")
        if story.swaps:
            rooms = chance.sample(tenant.resources, 2 if story.service == "pair" else 1)
            command = f"reassign {story.number}"
            await self._change("reassign", tenant, booking_id, {"resource_ids": rooms}, chance, command)
        if "move" in story.afterwards:
            await self._move(story, tenant, booking_id, chance)
        if "cancel" in story.afterwards:
            await self._cancel(tenant, booking_id, chance)
        if story.afterwards == "trespass":
            await self._trespass(story, booking_id, chance)

    async def _pay(self, story: Story, tenant: Tenant, booking_id: str, chance: random.Random) -> None:
        intent = await self._offer(tenant, booking_id, chance)
        if intent is None:
            return
        if story.payment == "late":
            await asyncio.sleep(LATE_SECONDS)
        if story.payment.startswith("decline"):
            await self.client.pay(tenant, booking_id, intent, "pm_card_visa_chargeDeclined")
        if story.payment != "decline":
            await self._until_known(
                lambda: self.client.pay(tenant, booking_id, intent, "pm_card_visa"), PATIENCE_SECONDS, chance
            )

    async def _offer(self, tenant: Tenant, booking_id: str, chance: random.Random) -> str | None:
        """The intent to pay, once there is one."""
        give_up_at = self.client.now + OFFER_SECONDS
        while self.client.now < give_up_at:
            _, payment = await self.read(tenant, booking_id, chance.randrange(1000), "/payment")
            if payment.get("client_secret"):
                return str(payment["payment_intent_id"])
            await asyncio.sleep(chance.uniform(0.3, 1.0))
        return None

    async def _move(self, story: Story, tenant: Tenant, booking_id: str, chance: random.Random) -> None:
        starts_at = self.base + timedelta(
            days=FIRST_DAY + chance.randrange(DAYS), minutes=30 * chance.randrange(SLOTS_A_DAY)
        )
        await self._change(
            "reschedule", tenant, booking_id, {"starts_at": starts_at.isoformat()}, chance, f"move {story.number}"
        )

    async def _cancel(self, tenant: Tenant, booking_id: str, chance: random.Random) -> None:
        await self._change("cancel", tenant, booking_id, {"reason": "chaos"}, chance, f"cancel {booking_id}")

    async def _change(
        self, kind: str, tenant: Tenant, booking_id: str, body: Any, chance: random.Random, command: str
    ) -> None:
        key = f"{kind}-{booking_id}" if chance.random() < 0.7 else None

        async def attempt() -> Operation:
            operation, _ = await self.client.call(
                kind,
                tenant,
                "POST",
                f"/v1/bookings/{booking_id}/{kind}",
                command=command,
                gateway=chance.randrange(1000),
                key=key,
                body=body,
            )
            return operation

        await self._until_known(attempt, PATIENCE_SECONDS if chance.random() < 0.8 else 0, chance)

    async def _trespass(self, story: Story, booking_id: str, chance: random.Random) -> None:
        """Another tenant reaches for the booking, and for a booking in somebody else's name."""
        stranger = self.tenants[(story.tenant + 1) % len(self.tenants)]
        owner = self.tenants[story.tenant]
        body = {
            "tenant_id": owner.tenant_id,
            "service_id": owner.services["free"],
            "starts_at": story.starts_at(self.base).isoformat(),
            "customer": {"name": "Mallory", "email": f"mallory@{stranger.mail_domain}"},
            "metadata": {"command": f"trespass {story.number}", "tenant_id": owner.tenant_id},
        }
        for method, path, sent in (
            ("GET", f"/v1/bookings/{booking_id}", None),
            ("POST", f"/v1/bookings/{booking_id}/cancel", {}),
            ("POST", "/v1/bookings", body),
            ("POST", "/v1/bookings", {name: value for name, value in body.items() if name != "tenant_id"}),
        ):
            await self.client.call(
                "trespass",
                stranger,
                method,
                path,
                command=f"trespass {story.number}",
                gateway=chance.randrange(1000),
                body=sent,
            )
