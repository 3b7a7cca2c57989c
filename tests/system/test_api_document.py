"""Every code, header and status that the API document names is provoked, and nothing else is ever answered.

One story over the whole stack: what an integrator meets by mistake first, then what faults lead to. Servers and
services are stopped in their tracks or broken for real.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from devstack.stack import ServiceProcess, Stack
from gateway.http.edge import BODY_LIMIT, BOOKING_BODY_LIMIT
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.identity.keys import make_key
from shared.clock import utc_now
from shared.contracts.booking.bookings import CreateBooking, Customer
from shared.identifiers import new_id
from tests.support.client import in_days
from tests.support.eventually import eventually
from tests.support.freezing import frozen
from tests.support.stack import throwaway_stack
from tests.system.integrator import (
    CONSENT,
    CREATE,
    CUSTOMER,
    PLACE,
    RESOURCE,
    SERVICE,
    TIME_OFF,
    WAITING,
    Json,
    Shop,
    World,
    bodies_of,
    bury,
    deliver,
    open_shop,
    opened,
    operation_of,
    some,
)
from tests.system.provoking import Document, Observed, head, told

UNROUTED = {"method_not_allowed"}
"""Said of addresses, not by operations."""
ASYNC = {"Prefer": "respond-async"}
THINGS = {"services": SERVICE, "resources": RESOURCE, "locations": PLACE}
CATALOG_CHANGES: list[tuple[str, str, Json | None]] = [
    ("PATCH", "", {"name": "x"}),
    ("POST", "/archive", None),
    ("POST", "/restore", None),
]
"""What is done with a service or a resource: the method, what its address ends with, the body."""
CUSTOMER_CHANGES: list[tuple[str, str, Json | None]] = [*CATALOG_CHANGES, ("POST", "/erase", {})]
WITHOUT_OTHERS = ("list_currencies", "get_settings", "change_settings", "list_audit_log")
"""What a gateway answers a tenant by itself."""
ATTENDING = ("start", "complete", "no-show")
"""What is said of an appointment whose time has come."""
TABLES = (
    "booking.bookings", "booking.holds", "booking.services", "booking.resources",
    "booking.customers", "booking.locations", "booking.time_off",
    "billing.payments",
    "gateway.tenants", "gateway.api_keys", "gateway.audit_log", "gateway.read_only",
)  # fmt: skip


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Every service once; each gateway counts quotas by itself, so that the headers never fail to come."""
    with throwaway_stack(settings={"REDIS_URL": ""}) as running:
        yield running


async def test_everything_that_the_document_names_is_answered_and_nothing_else(stack: Stack) -> None:
    gateway = stack.processes["gateway-1"]
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as plain:
        document = Document((await plain.get("/openapi.json")).json())
    observed = Observed(document)
    started = time.monotonic()
    async with opened(stack, gateway, observed) as world:
        shop = await open_shop(world)
        await what_is_done(world, shop)
        await what_the_business_refuses(world, shop)
        await what_was_accepted(world, shop)
        await what_the_operator_is_refused(world, shop)
        await what_is_no_request(world)
        await who_may_not(world)
        await what_is_malformed(world)
        await who_asks_too_much(world)
        await who_comes_too_many(world)
        await what_cannot_be_reached(world)
        await what_is_broken(world, shop)
        await what_follows(world)
        await what_is_switched_off(world)
    print(f"\ndocument: {observed.summary()}, links {len(observed.links)}, {time.monotonic() - started:.0f} s")
    wrong = [f"answered, not documented: {what}" for what in observed.undocumented()]
    wrong += [f"documented, never answered: {what}" for what in observed.unseen()]
    assert not wrong, "\n".join(wrong)
    assert {code for codes in document.codes.values() for code in codes} == set(PROBLEM_TYPES) - UNROUTED
    await what_is_no_operation(gateway)


async def what_is_done(world: World, shop: Shop) -> None:
    """Every operation answers as it is meant to."""
    body = shop.booking(in_days(3))
    key = {"Idempotency_Key": str(uuid4())}
    for _ in range(2):
        booking = await world.done("POST", "/v1/bookings", body, **key, **WAITING)
    path = f"/v1/bookings/{booking['id']}"
    moved = {"starts_at": in_days(4).isoformat()}
    changes: list[tuple[str, Json]] = [("reschedule", moved), ("cancel", {})]
    for verb, change in changes:
        key = {"Idempotency_Key": str(uuid4())}
        for _ in range(2):
            await world.done("POST", f"{path}/{verb}", change, **key, **WAITING)
    await what_is_held_and_asked(world, shop)
    for day, verb in enumerate(ATTENDING, start=30):
        appointment = await world.done("POST", "/v1/bookings", shop.booking(in_days(day)))
        await begun(world, appointment["id"])
        key = {"Idempotency_Key": str(uuid4())}
        for _ in range(2):
            await world.done("POST", f"/v1/bookings/{appointment['id']}/{verb}", {}, **key, **WAITING)
    shown = await world.send("GET", path)
    assert (await world.send("GET", path, If_None_Match=shown.headers["etag"])).status_code == 304
    for list_of in ("services", "resources", "bookings", "time-off", "customers", "locations"):
        await world.done("GET", f"/v1/{list_of}")
    await what_is_done_with_customers(world)
    await what_a_business_says_of_itself(world)
    await what_the_catalog_does(world, shop)
    override = f"/v1/resources/{shop.resource}/overrides/{in_days(40).date()}"
    calendar: list[tuple[str, str, Json | None]] = [
        ("PUT", override, {"windows": []}), ("DELETE", override, None), ("POST", "/v1/time-off", TIME_OFF),
    ]  # fmt: skip
    for method, path, body_of_change in calendar:
        key = {"Idempotency_Key": str(uuid4())}
        for _ in range(2):
            changed = await world.done(method, path, body_of_change, **key, **WAITING)
    off = f"/v1/time-off/{changed['id']}"
    await world.done("GET", off)
    key = {"Idempotency_Key": str(uuid4())}
    for _ in range(2):
        await world.done("DELETE", off, **key, **WAITING)
    await world.done("GET", f"/v1/services/{shop.service}")
    await world.done("GET", f"/v1/resources/{shop.resource}")
    await world.done("GET", "/v1/currencies", Accept_Encoding="gzip")
    await world.done("GET", operation_of(world, "find_slots").address(service_id=shop.service))
    deposit = await world.done("POST", "/v1/bookings", shop.booking(in_days(5), service_id=shop.paid))
    await world.done("GET", f"/v1/bookings/{deposit['id']}/payment")
    for path in ("/v1/tenants", "/v1/api-keys", "/v1/dead-letters", "/v1/read-only"):
        assert (await world.operate("GET", path)).status_code == 200
    spare = (await world.operate("POST", "/v1/api-keys", {"tenant_id": world.tenant_id, "name": "spare"})).json()
    assert (await world.operate("POST", f"/v1/api-keys/{spare['id']}/rotate", {})).status_code == 201
    assert (await world.operate("DELETE", f"/v1/api-keys/{spare['id']}")).status_code == 204
    again = await world.operate("POST", f"/v1/api-keys/{spare['id']}/rotate", {})
    assert (again.status_code, again.json()["code"]) == (409, "api_key_closed")
    for path in ("/healthz", "/readyz", "/status", "/metrics"):
        assert (await world.send("GET", path, key="")).status_code == 200
    assert (await deliver(world)).status_code == 200


async def twice(world: World, method: str, path: str, body: Json | None = None) -> Json:
    """What a write brings that must succeed, and is repeated."""
    key = {"Idempotency_Key": str(uuid4())}
    for _ in range(2):
        made = await world.done(method, path, body, **key, **WAITING)
    return made


async def what_is_held_and_asked(world: World, shop: Shop) -> None:
    """Slots are kept, bookings approved or not, given to others, noted on."""
    holds = [await twice(world, "POST", "/v1/holds", shop.slot(in_days(day))) for day in (50, 51)]
    await world.done("GET", f"/v1/holds/{holds[0]['id']}")
    await twice(world, "POST", f"/v1/holds/{holds[0]['id']}/extend")
    await twice(world, "DELETE", f"/v1/holds/{holds[0]['id']}")
    await twice(world, "POST", "/v1/bookings", shop.by_hold(holds[1]["id"]))
    for day, verb in enumerate(("approve", "decline"), start=52):
        asked = await world.done("POST", "/v1/bookings", shop.booking(in_days(day), service_id=shop.asked))
        await twice(world, "POST", f"/v1/bookings/{asked['id']}/{verb}", {})
    booking = await world.done("POST", "/v1/bookings", shop.booking(in_days(54)))
    path = f"/v1/bookings/{booking['id']}"
    await twice(world, "POST", f"{path}/reassign", {"resource_ids": [shop.spare]})
    await twice(world, "PATCH", path, {"notes": "The key is under the mat."})
    await twice(world, "POST", "/v1/bookings/bulk", {"operations": [{"booking_id": booking["id"], "action": "start"}]})


async def what_the_catalog_does(world: World, shop: Shop) -> None:
    """Services and resources are changed, put away and brought back."""
    for thing, body in THINGS.items():
        key = {"Idempotency_Key": str(uuid4())}
        made = [await world.done("POST", f"/v1/{thing}", body, **key, **WAITING) for _ in range(2)]
        path = f"/v1/{thing}/{made[0]['id']}"
        for method, verb, change in CATALOG_CHANGES:
            key = {"Idempotency_Key": str(uuid4())}
            for _ in range(2):
                await world.done(method, path + verb, change, **key, **WAITING)
        shown = await world.send("GET", path)
        assert (await world.send("GET", path, If_None_Match=shown.headers["etag"])).status_code == 304
    await world.done("GET", f"/v1/services/{shop.service}/prices", Accept_Encoding="gzip")


async def what_is_done_with_customers(world: World) -> None:
    """A person is written down, changed, put away, brought back, erased."""
    key = {"Idempotency_Key": str(uuid4())}
    for _ in range(2):
        customer = await world.done("POST", "/v1/customers", CUSTOMER, **key, **WAITING)
    path = f"/v1/customers/{customer['id']}"
    await world.done("POST", f"{path}/erase", {"preview": True})
    for method, verb, change in CUSTOMER_CHANGES:
        key = {"Idempotency_Key": str(uuid4())}
        for _ in range(2):
            await world.done(method, path + verb, change, **key, **WAITING)
    shown = await world.send("GET", path)
    assert (await world.send("GET", path, If_None_Match=shown.headers["etag"])).status_code == 304


def creations_refused(shop: Shop, taken: datetime) -> dict[str, Json]:
    """Bookings that can't be made, by the code that says why."""
    day = in_days(6)
    return {
        "service_not_found": shop.booking(day, service_id=str(uuid4())),
        "customer_not_found": of_nobody(shop.booking(day)),
        "resource_not_found": shop.booking(day, resource_id=str(uuid4())),
        "slot_taken": shop.booking(taken),
        "outside_hours": shop.booking(day, resource_id=shop.closed),
        "too_soon": shop.booking(in_days(-1)),
        "too_far": shop.booking(in_days(200)),
        "time_off": shop.booking(day, resource_id=shop.away),
        "archived": shop.booking(day, resource_id=shop.gone),
    }


def others_refused(shop: Shop, taken: str) -> dict[str, Json]:
    """To whom a booking can't be given, by the code that says why. `taken` is a resource that is busy then."""
    instead = {
        "resource_not_found": str(uuid4()),
        "archived": shop.gone,
        "outside_hours": shop.closed,
        "time_off": shop.away,
        "slot_taken": taken,
    }
    bodies: dict[str, Json] = {code: {"resource_ids": [resource]} for code, resource in instead.items()}
    return bodies | {"validation_error": {"resource_ids": [shop.resource, shop.spare]}}


async def busy_twice(world: World, shop: Shop, day: int) -> str:
    """The path of a booking of a resource at whose time the spare one is busy too."""
    mine = await world.done("POST", "/v1/bookings", shop.booking(in_days(day)))
    await world.done("POST", "/v1/bookings", shop.booking(in_days(day), resource_id=shop.spare))
    return f"/v1/bookings/{mine['id']}"


async def as_many_holds_as_may_be(world: World, shop: Shop, count: int = 500) -> None:
    """Let a tenant have so many holds that it may have no more, or take those away again."""
    connection = await asyncpg.connect(world.stack.servers.postgres.url)
    await connection.execute("DELETE FROM booking.holds WHERE service_name = 'many'")
    many = """
        INSERT INTO booking.holds (tenant_id, id, status, service_id, service_name, resources, starts_at, ends_at,
                                   time_zone, expires_at, extended, created_at)
        SELECT $1, gen_random_uuid(), 'held', $2, 'many', $3, now(), now(), 'UTC', now() + interval '1 h', false, now()
        FROM generate_series(1, $4)
    """
    resources = f'[{{"id": "{shop.resource}", "name": "x"}}]'
    await connection.execute(many, UUID(world.tenant_id), UUID(shop.service), resources, count)
    await connection.close()


async def what_is_held_no_more(world: World, shop: Shop) -> str:
    """The path of a hold that was released."""
    path = f"/v1/holds/{(await world.done('POST', '/v1/holds', shop.slot(in_days(60))))['id']}"
    await world.done("DELETE", path)
    return path


async def what_is_held_and_asked_in_vain(world: World, shop: Shop, taken: datetime, over: str) -> None:
    """The rules of holds, approval, and what else is done with bookings."""
    for code, body in creations_refused(shop, taken).items():
        if "hold_id" not in body and "customer" in body:
            await world.refused("/v1/holds", {n: v for n, v in body.items() if n != "customer"}, code)
    await as_many_holds_as_may_be(world, shop)
    await world.refused("/v1/holds", shop.slot(in_days(61)), "too_many_holds")
    world.stack.freeze("booking-1")
    try:
        place = (await world.send("POST", "/v1/holds", shop.slot(in_days(61)), **ASYNC)).headers["location"]
    finally:
        world.stack.thaw("booking-1")
    assert (await decided(world, place)).json()["code"] == "too_many_holds"
    await as_many_holds_as_may_be(world, shop, 0)
    gone = await what_is_held_no_more(world, shop)
    await world.refused("/v1/bookings", shop.by_hold(str(uuid4())), "hold_not_found")
    await world.refused("/v1/bookings", shop.by_hold(gone.rpartition("/")[2]), "hold_closed")
    longer = await world.done("POST", "/v1/holds", shop.slot(in_days(62)))
    await world.done("POST", f"/v1/holds/{longer['id']}/extend")
    await world.refused(f"/v1/holds/{longer['id']}/extend", None, "hold_extended")
    await world.refused(f"{gone}/extend", None, "hold_closed")
    booked = await world.done("POST", "/v1/holds", shop.slot(in_days(63)))
    await world.done("POST", "/v1/bookings", shop.by_hold(booked["id"]))
    await world.refused(f"/v1/holds/{booked['id']}", None, "hold_closed", "DELETE")
    for method, ending in (("POST", "/extend"), ("DELETE", "")):
        await world.refused(f"/v1/holds/{uuid4()}{ending}", None, "hold_not_found", method)
    assert (await world.send("GET", f"/v1/holds/{uuid4()}")).json()["code"] == "hold_not_found"
    path = await busy_twice(world, shop, 64)
    for code, body in others_refused(shop, shop.spare).items():
        await world.refused(f"{path}/reassign", body, code)
    await world.refused(f"{over}/reassign", {"resource_ids": [shop.spare]}, "booking_closed")
    verbs: list[tuple[str, str, Json]] = [
        ("POST", "/reassign", {"resource_ids": [shop.spare]}),
        ("PATCH", "", {"notes": "x"}),
        *(("POST", f"/{verb}", {}) for verb in ("approve", "decline")),
    ]
    for method, ending, body in verbs:
        await world.refused(f"/v1/bookings/{uuid4()}{ending}", body, "booking_not_found", method)
    for method, ending, body in verbs[:2]:
        await world.refused(f"{path}{ending}", body, "version_conflict", method, If_Match='"77"')
    asked = await world.done("POST", "/v1/bookings", shop.booking(in_days(65), service_id=shop.asked))
    for verb in ("approve", "decline"):
        await world.refused(f"/v1/bookings/{asked['id']}/{verb}", {}, "version_conflict", If_Match='"77"')
        await world.refused(f"{over}/{verb}", {}, "transition_not_allowed")
    await begun(world, asked["id"])
    await world.refused(f"/v1/bookings/{asked['id']}/approve", {}, "booking_closed")
    await what_is_reused(world, shop)


async def what_is_reused(world: World, shop: Shop) -> None:
    """A key of these writes, sent again with something else."""
    holds = [await world.done("POST", "/v1/holds", shop.slot(in_days(day))) for day in (66, 67, 68, 69)]
    asked = [
        await world.done("POST", "/v1/bookings", shop.booking(in_days(day), service_id=shop.asked)) for day in (70, 71)
    ]
    other = await busy_twice(world, shop, 72)
    free = f"/v1/bookings/{(await world.done('POST', '/v1/bookings', shop.booking(in_days(73))))['id']}"
    instead = {"resource_ids": [shop.spare]}
    pairs: list[tuple[str, tuple[str, Json | None], tuple[str, Json | None]]] = [
        ("POST", ("/v1/holds", shop.slot(in_days(74))), ("/v1/holds", shop.slot(in_days(75)))),
        ("POST", (f"/v1/holds/{holds[0]['id']}/extend", None), (f"/v1/holds/{holds[1]['id']}/extend", None)),
        ("DELETE", (f"/v1/holds/{holds[2]['id']}", None), (f"/v1/holds/{holds[3]['id']}", None)),
        ("PATCH", (other, {"notes": "x"}), (other, {"notes": "y"})),
        (
            "POST",
            (f"{free}/reassign", instead),
            (f"{other}/reassign", instead),
        ),
        *(
            ("POST", (f"/v1/bookings/{one['id']}/{verb}", {}), (f"/v1/bookings/{one['id']}/{verb}", {"reason": "x"}))
            for one, verb in zip(asked, ("approve", "decline"), strict=True)
        ),
    ]
    for method, (first, body), (second, another) in pairs:
        reused = {"Idempotency_Key": str(uuid4())}
        await world.done(method, first, body, **reused)
        await world.refused(second, another, "idempotency_key_reused", method, **reused)


def of_nobody(booking: Json) -> Json:
    """The body of a booking for a customer that there is not."""
    return {name: value for name, value in booking.items() if name != "customer"} | {"customer_id": str(uuid4())}


def moves_refused(shop: Shop, taken: datetime) -> dict[str, Json]:
    """Where a booking can't move to, by the code that says why."""
    bodies = creations_refused(shop, taken)
    del bodies["service_not_found"], bodies["customer_not_found"]
    return {code: {name: body[name] for name in ("starts_at", "resource_id")} for code, body in bodies.items()}


async def begun(world: World, booking_id: str) -> None:
    """Let the start of a booking have come."""
    connection = await asyncpg.connect(world.stack.servers.postgres.url)
    past = "UPDATE booking.bookings SET starts_at = now() - interval '1 minute' WHERE id = $1"
    await connection.execute(past, UUID(booking_id))
    await connection.close()


async def expired(world: World, shop: Shop) -> str:
    """The path of a booking whose deposit did not come in time."""
    booking = await world.done("POST", "/v1/bookings", shop.booking(in_days(8), service_id=shop.paid))
    connection = await asyncpg.connect(world.stack.servers.postgres.url)
    past = "UPDATE booking.bookings SET hold_expires_at = now() - interval '1 minute' WHERE id = $1"
    await connection.execute(past, UUID(booking["id"]))
    await connection.close()
    path = f"/v1/bookings/{booking['id']}"

    async def is_expired() -> bool:
        return bool((await world.done("GET", path))["status"] == "expired")

    await eventually(is_expired)
    return path


async def what_a_business_says_of_itself(world: World) -> None:
    """Settings, and what is written down of their changes."""
    settings = await world.send("PATCH", "/v1/settings", {"currency": "eur", "contact_email": "office@example.org"})
    assert settings.status_code == 200
    known = {"If_None_Match": settings.headers["etag"]}
    assert (await world.send("GET", "/v1/settings")).json() == settings.json()
    assert (await world.send("GET", "/v1/settings", **known)).status_code == 304
    stale = await world.send("PATCH", "/v1/settings", {"currency": "gbp"}, If_Match='"77"')
    assert stale.json()["code"] == "version_conflict"
    assert (await world.done("GET", "/v1/audit-log"))["entries"][0]["action"] == "settings.changed"


async def what_the_business_refuses(world: World, shop: Shop) -> None:
    """Each rule of a command, told to whoever sent it."""
    taken = in_days(7)
    booking = await world.done("POST", "/v1/bookings", shop.booking(taken))
    await world.done("POST", "/v1/bookings", shop.booking(in_days(9)))
    path = f"/v1/bookings/{booking['id']}"
    for code, body in creations_refused(shop, taken).items():
        await world.refused("/v1/bookings", body, code)
    for code, body in moves_refused(shop, in_days(9)).items():
        await world.refused(f"{path}/reschedule", body, code)
    over = await expired(world, shop)
    await what_is_held_and_asked_in_vain(world, shop, taken, over)
    moved = {"starts_at": in_days(10).isoformat()}
    changes: list[tuple[str, Json]] = [("cancel", {}), ("reschedule", moved)]
    for verb, body in changes:
        await world.refused(f"/v1/bookings/{uuid4()}/{verb}", body, "booking_not_found")
        await world.refused(f"{over}/{verb}", body, "booking_closed")
        await world.refused(f"{path}/{verb}", body, "version_conflict", If_Match='"77"')
    for verb in ATTENDING:
        await world.refused(f"/v1/bookings/{uuid4()}/{verb}", {}, "booking_not_found")
        await world.refused(f"{over}/{verb}", {}, "transition_not_allowed")
        await world.refused(f"{path}/{verb}", {}, "too_early")
        await world.refused(f"{path}/{verb}", {}, "version_conflict", If_Match='"77"')
    await world.refused("/v1/resources", RESOURCE | {"service_ids": [str(uuid4())]}, "service_not_found")
    await world.refused("/v1/resources", RESOURCE | {"time_zone": "Europe/Atlantis"}, "validation_error")
    too_little = {"price": {"amount": 10, "currency": "eur"}, "deposit_percent": 100}
    await world.refused("/v1/services", SERVICE | too_little, "validation_error")
    await what_the_catalog_refuses(world, shop)
    await what_the_calendar_refuses(world, shop)
    await what_the_registry_refuses(world, booking["customer_id"])
    reused = {"Idempotency_Key": str(uuid4())}
    writes: dict[str, list[Json]] = {
        "/v1/time-off": [TIME_OFF, TIME_OFF | {"reason": "Another"}],
        "/v1/customers": [CUSTOMER, CUSTOMER | {"name": "Another"}],
        "/v1/services": [SERVICE, SERVICE | {"name": "Another"}],
        "/v1/resources": [RESOURCE, RESOURCE | {"name": "Another"}],
        "/v1/locations": [PLACE, PLACE | {"name": "Another"}],
        "/v1/bookings": [shop.booking(in_days(11)), shop.booking(in_days(12))],
        f"{path}/reschedule": [{"starts_at": in_days(day).isoformat()} for day in (13, 14)],
        f"{path}/cancel": [{}, {"reason": "Ill"}],
    }
    for day, verb in enumerate(ATTENDING, start=40):
        appointment = await world.done("POST", "/v1/bookings", shop.booking(in_days(day)))
        await begun(world, appointment["id"])
        writes[f"/v1/bookings/{appointment['id']}/{verb}"] = [{}, {"reason": "As agreed"}]
    for write, (first, second) in writes.items():
        await world.done("POST", write, first, **reused)
        await world.refused(write, second, "idempotency_key_reused", **reused)
    for absent in ("services", "resources", "bookings", "time-off", "customers"):
        answer = await world.send("GET", f"/v1/{absent}/{uuid4()}")
        assert answer.json()["code"] == f"{absent.replace('-', '_').removesuffix('s')}_not_found"
    for query in (f"service_id={uuid4()}", f"service_id={shop.service}&resource_id={uuid4()}"):
        await world.send("GET", f"/v1/availability?{query}&from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z")
    for asked in (booking["id"], str(uuid4())):  # one without a deposit, none
        assert (await world.send("GET", f"/v1/bookings/{asked}/payment")).status_code == 404


async def what_the_catalog_refuses(world: World, shop: Shop) -> None:
    """The rules of changes of services and resources."""
    too_little = {"price": {"amount": 10, "currency": "eur"}, "deposit_percent": 100}
    nowhere = {"time_zone": "Europe/Atlantis"}
    wrong = {"services": too_little, "resources": nowhere, "locations": nowhere}
    place = (await world.done("POST", "/v1/locations", PLACE))["id"]
    for thing, own in (("services", shop.service), ("resources", shop.resource), ("locations", place)):
        absent, reused = f"{thing.removesuffix('s')}_not_found", str(uuid4())
        for method, verb, body in CATALOG_CHANGES:
            await world.refused(f"/v1/{thing}/{uuid4()}{verb}", body, absent, method)
            await world.refused(f"/v1/{thing}/{own}{verb}", body, "version_conflict", method, If_Match='"77"')
            spares = [await world.done("POST", f"/v1/{thing}", THINGS[thing]) for _ in "ab"]
            await world.done(method, f"/v1/{thing}/{spares[0]['id']}{verb}", body, Idempotency_Key=reused)
            again = f"/v1/{thing}/{spares[1]['id']}{verb}"
            await world.refused(again, body, "idempotency_key_reused", method, Idempotency_Key=reused)
        await world.refused(f"/v1/{thing}/{own}", wrong[thing], "validation_error", "PATCH")
    await world.refused(f"/v1/resources/{shop.resource}", {"service_ids": [str(uuid4())]}, "service_not_found", "PATCH")
    await world.send("GET", f"/v1/services/{uuid4()}/prices")
    span = {"service_id": shop.service, "resource_id": shop.gone}
    assert (await world.send("GET", operation_of(world, "find_slots").address(**span))).json()["code"] == "archived"


async def what_the_registry_refuses(world: World, expected: str) -> None:
    """The rules of customers; `expected` is one with a booking that is not over."""
    known = CUSTOMER | {"email": "grace@customer.example"}
    await world.done("POST", "/v1/customers", known)
    await world.refused("/v1/customers", known, "customer_exists")
    twice = {"consents": [CONSENT] * 2}
    await world.refused("/v1/customers", CUSTOMER | twice, "validation_error")
    await world.refused(f"/v1/customers/{expected}/erase", {}, "bookings_open")
    gone = (await world.done("POST", "/v1/customers", CUSTOMER))["id"]
    await world.done("POST", f"/v1/customers/{gone}/erase", {})
    for method, verb, body in CUSTOMER_CHANGES:
        await world.refused(f"/v1/customers/{uuid4()}{verb}", body, "customer_not_found", method)
        if verb != "/erase":
            await world.refused(f"/v1/customers/{gone}{verb}", body, "customer_erased", method)
        spares = [(await world.done("POST", "/v1/customers", CUSTOMER))["id"] for _ in "ab"]
        await world.refused(f"/v1/customers/{spares[0]}{verb}", body, "version_conflict", method, If_Match='"77"')
        reused = str(uuid4())
        await world.done(method, f"/v1/customers/{spares[0]}{verb}", body, Idempotency_Key=reused)
        again = f"/v1/customers/{spares[1]}{verb}"
        await world.refused(again, body, "idempotency_key_reused", method, Idempotency_Key=reused)
    await world.refused(f"/v1/customers/{expected}", twice, "validation_error", "PATCH")
    await world.refused(f"/v1/customers/{expected}", {"email": "grace@customer.example"}, "customer_exists", "PATCH")


async def what_the_calendar_refuses(world: World, shop: Shop) -> None:
    """The rules of hours and times off."""
    day, later = in_days(41).date(), in_days(42).date()
    overrides, off = f"/v1/resources/{shop.resource}/overrides", f"/v1/time-off/{uuid4()}"
    double = {"windows": [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]}
    elsewhere = f"/v1/resources/{uuid4()}/overrides/{day}"
    await world.refused("/v1/time-off", {}, "validation_error")
    await world.refused("/v1/time-off", TIME_OFF | {"resource_ids": [str(uuid4())]}, "resource_not_found")
    await world.refused(off, None, "time_off_not_found", "DELETE")
    await world.refused(f"{overrides}/{day}", double, "validation_error", "PUT")
    await world.refused(f"{overrides}/2001-01-01", None, "validation_error", "DELETE")
    await world.refused(elsewhere, {"windows": []}, "resource_not_found", "PUT")
    await world.refused(elsewhere, None, "resource_not_found", "DELETE")
    await world.refused(f"{overrides}/{day}", {"windows": []}, "version_conflict", "PUT", If_Match='"77"')
    await world.refused(f"{overrides}/{day}", None, "version_conflict", "DELETE", If_Match='"77"')
    reused = str(uuid4())
    made = [await world.done("POST", "/v1/time-off", TIME_OFF) for _ in range(2)]
    repeated: list[tuple[str, Json | None, list[str]]] = [
        ("PUT", {"windows": []}, [f"{overrides}/{day}", f"{overrides}/{later}"]),
        ("DELETE", None, [f"{overrides}/{day}", f"{overrides}/{later}"]),
        ("DELETE", None, [f"/v1/time-off/{one['id']}" for one in made]),
    ]
    for method, body, (first, second) in repeated:
        await world.done(method, first, body, Idempotency_Key=reused)
        await world.refused(second, body, "idempotency_key_reused", method, Idempotency_Key=reused)
        reused = str(uuid4())


async def what_was_accepted(world: World, shop: Shop) -> None:
    """The same, told where a 202 said that it would be, while booking-service stands still and afterwards."""
    taken = in_days(17)
    booking = await world.done("POST", "/v1/bookings", shop.booking(taken))
    other = await world.done("POST", "/v1/bookings", shop.booking(in_days(18)))
    over = await expired(world, shop)
    path = f"/v1/bookings/{booking['id']}"
    reused = str(uuid4())
    for place, body in (
        ("/v1/services", SERVICE), ("/v1/resources", RESOURCE), ("/v1/bookings", shop.booking(in_days(19))),
        ("/v1/time-off", TIME_OFF), ("/v1/holds", shop.slot(in_days(83))), ("/v1/customers", CUSTOMER),
        ("/v1/locations", PLACE),
    ):  # fmt: skip
        await world.done("POST", place, body, Idempotency_Key=reused)
    await world.done("POST", "/v1/customers", CUSTOMER | {"email": "known@customer.example"})
    erased = f"/v1/customers/{(await world.done('POST', '/v1/customers', CUSTOMER))['id']}"
    await world.done("POST", f"{erased}/erase", {})
    expected = f"/v1/customers/{booking['customer_id']}"
    override = f"/v1/resources/{shop.resource}/overrides/{in_days(43).date()}"
    gone, twice_busy = await what_is_held_no_more(world, shop), await busy_twice(world, shop, 80)
    longer = f"/v1/holds/{(await world.done('POST', '/v1/holds', shop.slot(in_days(81))))['id']}"
    await world.done("POST", f"{longer}/extend")
    changes: list[tuple[str, str, Json | None]] = [
        ("DELETE", f"/v1/time-off/{uuid4()}", None), ("PUT", override, {"windows": []}), ("DELETE", override, None),
        *((method, f"/v1/{thing}/{uuid4()}{verb}", body) for thing in THINGS for method, verb, body in CATALOG_CHANGES),
        *((method, f"/v1/customers/{uuid4()}{verb}", body) for method, verb, body in CUSTOMER_CHANGES),
        ("PATCH", erased, {"name": "x"}), ("POST", f"{expected}/erase", {}),
    ]  # fmt: skip
    place = f"/v1/locations/{(await world.done('POST', '/v1/locations', PLACE))['id']}"
    stale = [f"/v1/services/{shop.service}", f"/v1/resources/{shop.resource}", place, expected]
    writes: list[tuple[str, Json | None, dict[str, str]]] = [
        *(("/v1/bookings", body, {}) for body in creations_refused(shop, taken).values()),
        *((f"{path}/reschedule", body, {}) for body in moves_refused(shop, other_start(other)).values()),
        (f"{over}/cancel", {}, {}),
        (f"{path}/cancel", {}, {"If_Match": '"77"'}),
        (f"{over}/start", {}, {}),
        (f"{path}/start", {}, {}),
        *(("/v1/holds", shop.slot_of(body), {}) for body in creations_refused(shop, taken).values()),
        ("/v1/holds", shop.slot(in_days(82)), {"Idempotency_Key": reused}),
        (f"{gone}/extend", None, {}),
        (f"{longer}/extend", None, {}),
        (f"/v1/holds/{uuid4()}/extend", None, {}),
        ("/v1/bookings", shop.by_hold(gone.rpartition("/")[2]), {}),
        ("/v1/bookings", shop.by_hold(str(uuid4())), {}),
        *((f"{twice_busy}/reassign", body, {}) for body in others_refused(shop, shop.spare).values()),
        ("/v1/services", SERVICE | {"price": {"amount": 10, "currency": "eur"}, "deposit_percent": 100}, {}),
        ("/v1/resources", RESOURCE | {"service_ids": [str(uuid4())]}, {}),
        ("/v1/services", SERVICE | {"name": "Another"}, {"Idempotency_Key": reused}),
        ("/v1/resources", RESOURCE | {"name": "Another"}, {"Idempotency_Key": reused}),
        ("/v1/locations", PLACE | {"name": "Another"}, {"Idempotency_Key": reused}),
        ("/v1/bookings", shop.booking(in_days(20)), {"Idempotency_Key": reused}),
        ("/v1/resources", RESOURCE | {"time_zone": "Europe/Atlantis"}, {}),
        ("/v1/customers", CUSTOMER | {"email": "known@customer.example"}, {}),
        ("/v1/customers", CUSTOMER | {"consents": [CONSENT] * 2}, {}),
        ("/v1/customers", CUSTOMER | {"name": "Another"}, {"Idempotency_Key": reused}),
        ("/v1/time-off", {}, {}),
        ("/v1/time-off", TIME_OFF | {"resource_ids": [str(uuid4())]}, {}),
        ("/v1/time-off", TIME_OFF | {"reason": "Another"}, {"Idempotency_Key": reused}),
    ]
    world.stack.freeze("booking-1")
    try:
        answers = await asyncio.gather(
            *(world.send("POST", p, body, **ASYNC, **more) for p, body, more in writes),
            *(world.send(method, p, body, **ASYNC) for method, p, body in changes),
            *(world.send("PATCH", p, {"name": "x"}, **ASYNC, If_Match='"77"') for p in stale),
        )
        places = [answer.headers["location"] for answer in answers]
        for answer, place in zip(answers, places, strict=True):
            assert "?" not in place or place.endswith(f"?command={answer.headers['x-request-id']}")
        followed = [*places, *(f"{p}/payment" for p in places if p.startswith("/v1/bookings/") and "?" not in p)]
        waiting = await asyncio.gather(*(world.send("GET", place) for place in followed))
        assert {answer.status_code for answer in waiting} == {202}
    finally:
        world.stack.thaw("booking-1")
    [await decided(world, place) for place in followed]


def other_start(booking: Mapping[str, Any]) -> datetime:
    """When a booking begins."""
    return datetime.fromisoformat(booking["starts_at"])


async def decided(world: World, place: str) -> httpx.Response:
    """What is shown once a command is."""

    async def look() -> httpx.Response | None:
        answer = await world.send("GET", place)
        return answer if answer.status_code not in (202, 503) else None

    answer = await eventually(look, within=20)
    assert answer
    return answer


async def what_the_operator_is_refused(world: World, shop: Shop) -> None:
    """Dead letters that were decided on, that fail again, that are handled already; what there is not."""

    async def decide(number: int, verb: str) -> httpx.Response:
        return await world.operate("POST", f"/v1/dead-letters/{number}/{verb}", {"by": "Ada"})

    request = a_command(world, shop)
    handled = await bury(world, request.model_dump_json().encode(), request.subject)
    assert (await world.operate("GET", f"/v1/dead-letters/{handled}")).status_code == 200
    poison = await bury(world, b"?")
    assert (await decide(poison, "replay")).json()["code"] == "replay_failed"
    assert (await decide(poison, "discard")).status_code == 200
    assert (await decide(poison, "replay")).json()["code"] == "already_discarded"
    assert (await decide(handled, "replay")).status_code == 200
    assert (await decide(handled, "discard")).json()["code"] == "already_replayed"
    for verb in ("replay", "discard"):
        assert (await decide(10**9, verb)).status_code == 404
    await bury(world, request.model_dump_json().encode(), request.subject)
    many = {"durable": CREATE}
    world.stack.freeze("booking-1")
    try:
        both = [asyncio.create_task(world.operate("POST", "/v1/dead-letters/replay", many)) for _ in range(2)]
        first, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().json()["code"] for task in first] == ["replay_running"]
    finally:
        world.stack.thaw("booking-1")
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 409]
    assert (await world.operate("GET", f"/v1/dead-letters/{10**9}")).status_code == 404
    assert (await world.operate("DELETE", "/v1/api-keys/none")).status_code == 404
    assert (await world.operate("POST", "/v1/api-keys/none/rotate", {})).status_code == 404
    nobody = {"active": True, "reason": "x", "tenant_id": str(uuid4())}
    assert (await world.operate("POST", "/v1/read-only", nobody)).status_code == 404
    unknown = {"tenant_id": str(uuid4()), "name": "x"}
    assert (await world.operate("POST", "/v1/api-keys", unknown)).status_code == 404


async def what_is_switched_off(world: World) -> None:
    """Every change is refused in read-only mode; what is read is read."""
    off = {"active": True, "reason": "an incident", "tenant_id": world.tenant_id}
    assert (await world.operate("POST", "/v1/read-only", off)).status_code == 200
    writes = some(o for o in world.document.select(tenants=True) if (o.scope or "").endswith(":write"))

    async def refused() -> bool:
        answer = await world.send("POST", "/v1/services", {})
        return answer.status_code == 503

    await eventually(refused, within=6)
    for operation in writes:
        answer = await world.send(operation.method, operation.address(), {} if operation.takes_json else None)
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("read_only", "30"), operation.name
    assert (await world.send("GET", "/v1/services")).status_code == 200
    assert (await deliver(world)).status_code == 200
    assert (await world.operate("POST", "/v1/read-only", off | {"active": False})).status_code == 200


def a_command(world: World, shop: Shop) -> CreateBooking:
    """A request for a booking, as it was stored."""
    booking_id = new_id()
    return CreateBooking(
        id=booking_id,
        tenant_id=UUID(world.tenant_id),
        subject_id=booking_id,
        received_at=utc_now(),
        service_id=UUID(shop.service),
        starts_at=in_days(25),
        customer=Customer(name="Ada", email="ada@customer.example"),
        business_name="Clean & Co",
    )


async def what_is_no_request(world: World) -> None:
    """What is refused before any route is asked: heads that are malformed, too long, never complete; long bodies."""
    slow = await asyncio.to_thread(world.stack.add, "gateway", HTTP_HEAD_SECONDS="1")
    port = world.stack.ports.gateway
    every = some(world.document.operations.values())
    for operation in every:
        await told(world.observed, port, operation, head(operation, "X-A : b"))
        await told(world.observed, port, operation, head(operation, "X-A: " + "a" * 70_000))
        await told(world.observed, port, operation, head(operation, "Content-Length: 99999999"))
    await asyncio.gather(*(told(world.observed, slow.port, each, head(each, "X-A: b", end="")) for each in every))
    await asyncio.to_thread(slow.stop)


async def who_may_not(world: World) -> None:
    """No key, a key that lacks the scope, the key of the other kind."""
    for operation in some(world.document.select(guarded=True)):
        wrong = world.stack.credentials.operator_api_key if operation.of_tenants else world.keys["all"]
        lacking = [world.keys[operation.scope or ""]] if operation.of_tenants else []
        body: Json | None = {} if operation.takes_json else None
        for key, code in (("", "unauthorized"), *((key, "forbidden") for key in (wrong, *lacking))):
            answer = await world.send(operation.method, operation.address(), body, key)
            assert answer.json()["code"] == code, operation.name


async def what_is_malformed(world: World) -> None:
    """Addresses, headers, bodies that can't be understood; bodies that don't come, or don't end."""
    for operation in some(world.document.operations.values()):
        if operation.path != "/webhooks/stripe":
            key, address = world.key_for(operation), operation.address(key_id="0" * 16, number="1")
            unknown = address + ("&" if "?" in address else "?") + "no_such=1"
            answer = await world.send(operation.method, unknown, {} if operation.takes_json else None, key)
            assert answer.json()["code"] == "validation_error", (operation.name, answer.text)
    slow, bodies = [], bodies_of(world)
    for operation in some(world.document.select(json=True)):
        key, address = world.key_for(operation), operation.address(number="1", key_id="0" * 16)
        for content, media_type in ((b"{", "application/json"), (b"a", "text/plain")):
            headers = {"Authorization": f"Bearer {key}", "Content-Type": media_type}
            await world.http.request(operation.method, address, content=content, headers=headers)
        if operation.of_tenants:
            await world.send(operation.method, address, bodies[operation.name], key, Idempotency_Key="a" * 256)
        versioned = (f"/v1/{each}/" for each in ("bookings", "customers", *THINGS))
        if operation.path.startswith(("/v1/settings", *versioned)):
            await world.send(operation.method, address, bodies[operation.name], key, If_Match="none")
        lines = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
        never = head(operation, *lines, "Content-Length: 100", address=address)
        slow.append(told(world.observed, world.stack.ports.gateway, operation, never))
        limit = BOOKING_BODY_LIMIT if operation.path == "/v1/bookings" else BODY_LIMIT
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (limit + 1, b" " * (limit + 1))
        chunked = head(operation, *lines, "Transfer-Encoding: chunked", address=address) + chunk
        await told(world.observed, world.stack.ports.gateway, operation, chunked)
    archived = ("service", "resource", "location", "customer")
    without_body = (
        *("remove_time_off", "remove_override", "extend_hold", "release_hold"),
        *(f"{verb}_{thing}" for verb in ("archive", "restore") for thing in archived),
    )
    for name in without_body:
        operation = operation_of(world, name)
        for wrong in ({"Idempotency_Key": "a" * 256}, {"If_Match": "none"}):
            await world.send(operation.method, operation.address(), **wrong)
    for operation in world.document.operations.values():
        if operation.name.startswith("list_") and operation.name != "list_currencies":
            answer = await world.send("GET", f"{operation.address()}?cursor=none", key=world.key_for(operation))
            assert answer.json()["code"] == "invalid_cursor"
    assert (await world.http.post("/webhooks/stripe", content=b"{}")).json()["code"] == "invalid_webhook"
    await asyncio.gather(*slow)


async def who_asks_too_much(world: World) -> None:
    """The quota is used up."""
    strict = await asyncio.to_thread(world.stack.add, "gateway", RATE_LIMIT_PER_MINUTE="1")
    async with opened(world.stack, strict, world.observed) as poor:
        await poor.send("GET", "/v1/currencies")
        for operation in some(world.document.select(tenants=True)):
            answer = await poor.send(operation.method, operation.address(), {} if operation.takes_json else None)
            assert answer.json()["code"] == "rate_limited", operation.name
    await asyncio.to_thread(strict.stop)


async def who_comes_too_many(world: World) -> None:
    """Of a gateway with one place, that place is taken by who waits for a service that stands still."""
    small = await asyncio.to_thread(world.stack.add, "gateway", CONCURRENCY_LIMIT="1", TENANT_SHARE="1")
    async with opened(world.stack, small, world.observed) as crowd:

        async def taken() -> bool:
            return "\nrequests_under_way 1.0" in (await crowd.send("GET", "/metrics", key="")).text

        world.stack.freeze("booking-1")
        try:
            waiting = asyncio.create_task(crowd.send("GET", operation_of(world, "find_slots").address()))
            await eventually(taken, within=3)
            operations = some(world.document.select(guarded=True))
            answers = await asyncio.gather(
                *(crowd.send(o.method, o.address(), {} if o.takes_json else None) for o in operations)
            )
            assert {answer.json()["code"] for answer in answers} == {"overloaded"}
            await waiting
        finally:
            world.stack.thaw("booking-1")
        world.stack.servers.nats.freeze()
        try:
            first = asyncio.create_task(deliver(crowd))
            await eventually(taken, within=3)
            assert (await deliver(crowd)).json()["code"] == "overloaded"
            assert (await first).json()["code"] == "unavailable"
        finally:
            world.stack.servers.nats.thaw()
    await asyncio.to_thread(small.stop)


async def ready(world: World) -> bool:
    """Whether the whole system is well again."""
    answers = [process.answers() for name, process in world.stack.processes.items() if name.endswith("-1")]
    return all(answers) and (await world.send("GET", "/v1/services")).status_code == 200


async def what_cannot_be_reached(world: World) -> None:
    """A database that stands still, for keys that are not known yet; a broker that does."""
    await eventually(lambda: ready(world), within=30)
    with frozen(world.stack.servers.postgres.pid):
        operations = some(world.document.select(guarded=True))
        answers = await asyncio.gather(
            *(world.send(o.method, o.address(), {} if o.takes_json else None, make_key().text) for o in operations)
        )
        assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    await eventually(lambda: ready(world), within=30)
    with frozen(world.stack.servers.postgres.pid):
        answers = [await world.send("GET", path) for path in ("/v1/settings", "/v1/audit-log")]
        assert {answer.json()["code"] for answer in answers} == {"unavailable"}, "with a key that is known"
    await eventually(lambda: ready(world), within=30)
    world.stack.servers.nats.freeze()
    try:
        asked = [o for o in world.document.select(tenants=True) if o.name not in WITHOUT_OTHERS]
        answers = await asyncio.gather(
            *(
                world.send(o.method, o.address(), bodies_of(world).get(o.name, {}) if o.takes_json else None)
                for o in asked
            )
        )
        assert {answer.json()["code"] for answer in answers} == {"unavailable"}, [a.text for a in answers]

        async def not_ready() -> bool:
            return (await world.send("GET", "/readyz", key="")).status_code == 503

        await eventually(not_ready, within=15)
    finally:
        world.stack.servers.nats.thaw()
    await eventually(lambda: ready(world), within=30)


async def what_is_broken(world: World, shop: Shop) -> None:
    """Tables that there are not, as after a migration that was undone: defects, told as such and no more."""
    await bury(world, b"?")
    connection = await asyncpg.connect(world.stack.servers.postgres.url)
    for table in TABLES:
        await connection.execute(f"ALTER TABLE {table} RENAME TO {table.partition('.')[2]}_gone")
    try:
        for operation in some(o for o in world.document.operations.values() if (o.name, 500) in world.document.codes):
            body = bodies_of(world).get(operation.name, {}) if operation.takes_json else None
            address = operation.address(number="1", key_id="0" * 16, service_id=shop.service)
            answer = await world.send(operation.method, address, body, world.key_for(operation))
            assert answer.json().get("code") == "internal", (operation.name, answer.text)
    finally:
        for table in TABLES:
            await connection.execute(f"ALTER TABLE {table}_gone RENAME TO {table.partition('.')[2]}")
        await connection.close()


async def what_follows(world: World) -> None:
    """Every link of an answer leads on: what it names there is, in the form that the next operation takes."""
    shop = await open_shop(world)
    path = f"/v1/bookings/{(await world.done('POST', '/v1/bookings', shop.booking(in_days(3))))['id']}"
    writes: list[tuple[str, Json]] = [
        ("/v1/services", SERVICE), ("/v1/resources", RESOURCE), ("/v1/bookings", shop.booking(in_days(4))),
        (f"{path}/reschedule", {"starts_at": in_days(5).isoformat()}), (f"{path}/cancel", {}),
        ("/v1/time-off", TIME_OFF), ("/v1/customers", CUSTOMER),
        ("/v1/locations", PLACE),
    ]  # fmt: skip
    depot = (await world.done("POST", "/v1/locations", PLACE))["id"]
    for day, verb in enumerate(ATTENDING, start=50):
        appointment = await world.done("POST", "/v1/bookings", shop.booking(in_days(day)))
        await begun(world, appointment["id"])
        writes.append((f"/v1/bookings/{appointment['id']}/{verb}", {}))
    for day, verb in enumerate(("approve", "decline"), start=55):
        asked = await world.done("POST", "/v1/bookings", shop.booking(in_days(day), service_id=shop.asked))
        writes.append((f"/v1/bookings/{asked['id']}/{verb}", {}))
    team = f"/v1/bookings/{(await world.done('POST', '/v1/bookings', shop.booking(in_days(57))))['id']}"
    writes += [(f"{team}/reassign", {"resource_ids": [shop.spare]}), ("/v1/holds", shop.slot(in_days(58)))]
    held = [f"/v1/holds/{(await world.done('POST', '/v1/holds', shop.slot(in_days(day))))['id']}" for day in (59, 60)]
    override = f"/v1/resources/{shop.resource}/overrides/{in_days(43).date()}"
    off = f"/v1/time-off/{(await world.done('POST', '/v1/time-off', TIME_OFF))['id']}"
    changed = (f"services/{shop.paid}", f"resources/{shop.closed}", f"locations/{depot}")
    customer = f"/v1/customers/{(await world.done('POST', '/v1/customers', CUSTOMER))['id']}"
    for method, place, body in (
        *(("POST", *write) for write in writes),
        ("PUT", override, {"windows": []}), ("DELETE", override, None), ("DELETE", off, None),
        ("PATCH", team, {"notes": "x"}), ("POST", f"{held[0]}/extend", None), ("DELETE", held[1], None),
        *((method, f"/v1/{thing}{verb}", body) for thing in changed for method, verb, body in CATALOG_CHANGES),
        *((method, f"{customer}{verb}", body) for method, verb, body in CUSTOMER_CHANGES),
    ):  # fmt: skip
        accepted = await world.send(method, place, body, **ASYNC)
        await decided(world, accepted.headers["location"])
    frequent = await world.done("POST", "/v1/services", SERVICE | {"slot_step_minutes": 5})
    await world.done("POST", "/v1/resources", RESOURCE | {"service_ids": [frequent["id"]]})
    span = {"service_id": frequent["id"], "from": in_days(1).isoformat(), "to": in_days(60).isoformat()}
    await world.done("GET", operation_of(world, "find_slots").address(**span))
    letters = [await bury(world, b"?") for _ in range(2)]
    await world.operate("GET", f"/v1/dead-letters/{letters[0]}")
    for operation in world.document.operations.values():
        if "next_page" in world.document.links.get((operation.name, 200), {}):
            await world.send("GET", operation.address(limit="1"), key=world.key_for(operation))
    assert world.observed.dead_ends() == []
    for link, (target, given) in list(world.observed.links.items()):
        content = bodies_of(world).get(target.name, {}) if target.takes_json else None
        answer = await world.send(target.method, target.address(**given), content, world.key_for(target))
        # It may lead to a thing that can't be changed any more, or that needs no payment.
        fine = answer.is_success or answer.status_code == 409 or answer.json()["code"] == "payment_not_found"
        assert fine, (link, answer.text)


async def what_is_no_operation(gateway: ServiceProcess) -> None:
    """What the document says beside its operations."""
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as http:
        wrong = await http.patch("/v1/bookings")
        assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (
            405,
            "method_not_allowed",
            "GET, HEAD, POST",
        )
        absent = await http.get("/v1/nothing")
        assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
