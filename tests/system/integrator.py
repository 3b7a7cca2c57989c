"""An integrator with a tenant of its own, whose every answer is noted, and the operator beside it."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from devstack.stack import ServiceProcess, Stack
from gateway.http.stripe_signature import sign
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from tests.support.client import ALWAYS, in_days
from tests.support.eventually import allowed
from tests.system.provoking import Document, Observed, Operation

WAITING = {"Prefer": "wait=10"}
CREATE = "booking-create-booking"
"""A consumer that has dead letters."""
SEQUENCES = itertools.count(1)
"""Places in a stream: a letter has one of its own."""
Json = dict[str, Any]


@dataclass
class World:
    """A tenant's view of a running gateway whose answers are noted, and the operator's."""

    stack: Stack
    observed: Observed
    http: httpx.AsyncClient
    tenant_id: str
    keys: dict[str, str]
    """Keys of the tenant: `all`, and one a scope that has all but that."""

    @property
    def document(self) -> Document:
        """What is promised."""
        return self.observed.document

    def key_for(self, operation: Operation) -> str:
        """The key that opens an operation."""
        return self.keys["all"] if operation.of_tenants else self.stack.credentials.operator_api_key

    async def send(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """One request, with the tenant's key if none is given; names of headers are written with underscores."""
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"json": body}
        authorization = {"Authorization": f"Bearer {self.keys['all'] if key is None else key}"} if key != "" else {}
        return await self.http.request(method, path, headers=authorization | shown, **content)

    async def operate(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of the operator's."""
        return await self.send(method, path, body, self.stack.credentials.operator_api_key, **headers)

    async def done(self, method: str, path: str, body: Any = None, **headers: str) -> Json:
        """What a request brings that must succeed."""
        answer = await self.send(method, path, body, **headers)
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    async def refused(self, path: str, body: Any, code: str, method: str = "POST", **headers: str) -> None:
        """A write that the business refuses: the same when it is repeated."""
        named = {"Idempotency_Key": str(uuid4())} | headers
        for _ in range(2):
            answer = await self.send(method, path, body, **WAITING, **named)
            assert answer.json().get("code") == code, (path, answer.text)


def operation_of(world: World, name: str) -> Operation:
    """An operation by its id."""
    return world.document.operations[name]


def some(operations: Iterable[Operation]) -> list[Operation]:
    """A list that must not be empty: a loop over nothing proves nothing."""
    found = list(operations)
    assert found
    return found


@asynccontextmanager
async def opened(stack: Stack, process: ServiceProcess, observed: Observed, **more: Any) -> AsyncIterator[World]:
    """A gateway as a new tenant sees it."""
    hooks = {"response": [observed.listen]}
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=process.url, timeout=allowed(30), event_hooks=hooks, trust_env=False, limits=limits
    ) as http:
        world = World(stack, observed, http, "", {})
        tenant = await world.operate("POST", "/v1/tenants", {"name": "Clean & Co"})
        world.tenant_id = tenant.json()["id"]
        scopes = sorted({operation.scope or "" for operation in observed.document.select(tenants=True)})
        for name in ("all", *scopes):
            allowed_scopes = {} if name == "all" else {"scopes": [scope for scope in scopes if scope != name]}
            body = {"tenant_id": world.tenant_id, "name": name} | allowed_scopes
            world.keys[name] = (await world.operate("POST", "/v1/api-keys", body)).json()["key"]
        yield world


@dataclass(frozen=True)
class Shop:
    """What a tenant sells, and to whom."""

    service: str
    paid: str
    """A service with a deposit."""
    resource: str
    closed: str
    """A resource that never opens."""
    away: str
    """A resource that is off."""
    gone: str
    """A resource that is archived."""
    spare: str
    """Another resource that is open around the clock."""
    asked: str
    """A service whose bookings wait for approval."""

    def booking(self, starts_at: datetime, **changes: Any) -> Json:
        """The body of a booking."""
        customer = {"name": "Ada", "email": "ada@customer.example"}
        return {
            "service_id": self.service,
            "resource_id": self.resource,
            "starts_at": starts_at.isoformat(),
            "customer": customer,
        } | changes

    def slot(self, starts_at: datetime) -> Json:
        """The body of a hold."""
        return self.slot_of(self.booking(starts_at))

    def slot_of(self, booking: Json) -> Json:
        """What a hold is to keep for such a booking."""
        return {name: booking[name] for name in ("service_id", "resource_id", "starts_at")}

    def by_hold(self, hold_id: str) -> Json:
        """The body of a booking of what is held."""
        return {"hold_id": hold_id, "customer": {"name": "Ada", "email": "ada@customer.example"}}


SERVICE = {
    "name": "Cleaning",
    "duration_minutes": 60,
    "price": {"amount": 9000, "currency": "eur"},
    "minimum_notice_minutes": 0,
}
TIME_OFF = {"first_date": in_days(20).date().isoformat(), "last_date": in_days(21).date().isoformat()}
PLACE = {"name": "Depot", "time_zone": "Europe/Paris", "address": {"lines": ["1 rue Haute"], "country": "FR"}}
CONSENT = {"name": "sms", "granted": True, "source": "phone"}
CUSTOMER = {"name": "Grace", "consents": [CONSENT]}
RESOURCE = {"name": "Team", "time_zone": "Europe/Paris", "weekly_hours": ALWAYS, "service_ids": []}


def bodies_of(world: World) -> dict[str, Json]:
    """A body that is acceptable as such for each operation that needs one, by its id."""
    nowhere = str(uuid4())
    return {
        "create_service": SERVICE,
        "create_resource": RESOURCE,
        "create_location": PLACE,
        "change_location": {"name": "x"},
        "create_booking": Shop(*[nowhere] * 8).booking(in_days(3)),
        "create_time_off": TIME_OFF,
        "create_customer": CUSTOMER,
        "change_customer": {"name": "x"},
        "erase_customer": {},
        "set_override": {"windows": []},
        "change_service": {"name": "x"},
        "change_resource": {"name": "x"},
        "reschedule_booking": {"starts_at": in_days(3).isoformat()},
        "cancel_booking": {},
        "change_booking": {"notes": "x"},
        "reassign_booking": {"resource_ids": [nowhere]},
        "approve_booking": {},
        "change_bookings": {"operations": [{"booking_id": nowhere, "action": "cancel"}]},
        "decline_booking": {},
        "create_hold": {"service_id": nowhere, "starts_at": in_days(3).isoformat()},
        "start_booking": {},
        "complete_booking": {},
        "mark_no_show": {},
        "change_settings": {"locale": "en"},
        "create_tenant": {"name": "x"},
        "create_api_key": {"name": "x", "tenant_id": world.tenant_id},
        "set_read_only": {"active": False, "reason": "x"},
        "replay_dead_letters": {"durable": CREATE},
    }


async def open_shop(world: World) -> Shop:
    """Services, a resource that is open around the clock, and one that never is; each write is repeated."""
    made = []
    for body in (SERVICE, SERVICE | {"deposit_percent": 50}, SERVICE | {"approval_minutes": 600}):
        key = str(uuid4())
        made += [await world.done("POST", "/v1/services", body, Idempotency_Key=key, **WAITING) for _ in range(2)]
    service, _, paid, _, asked, _ = [str(thing["id"]) for thing in made]
    offered = RESOURCE | {"service_ids": [service, paid, asked]}
    key = str(uuid4())
    for _ in range(2):
        resource = await world.done("POST", "/v1/resources", offered, Idempotency_Key=key, **WAITING)
    closed = await world.done("POST", "/v1/resources", offered | {"weekly_hours": []})
    away = await world.done("POST", "/v1/resources", offered)
    long = {"starts_at": in_days(-1).isoformat(), "ends_at": in_days(300).isoformat(), "resource_ids": [away["id"]]}
    await world.done("POST", "/v1/time-off", long)
    gone = await world.done("POST", "/v1/resources", offered)
    await world.done("POST", f"/v1/resources/{gone['id']}/archive")
    spare = await world.done("POST", "/v1/resources", offered)
    return Shop(service, paid, resource["id"], closed["id"], away["id"], gone["id"], spare["id"], asked)


async def bury(world: World, payload: bytes, subject: str = "command.booking.create_booking.v1.x.y") -> int:
    """Put a letter into DEADLETTER, as a consumer does; returns its number."""
    letter = DeadLetter(CREATE, subject, "COMMANDS", next(SEQUENCES), 3, "poison", "a bug", {}, payload)
    broker = Broker(world.stack.servers.nats.url, "test")
    await broker.connect()
    try:
        await broker.publish(letter.address, payload, letter.message_id, letter.to_headers())
        return int((await broker.js.get_last_msg("DEADLETTER", letter.address)).seq or 0)
    finally:
        await broker.close()


async def deliver(world: World) -> httpx.Response:
    """An event that Stripe signed."""
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "charge.updated", "created": 1, "data": {}}
    body = json.dumps(event).encode()
    signature = sign(body, world.stack.credentials.stripe_webhook_secret, int(time.time()))
    return await world.http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})
