"""What is killed, stopped or cut off comes back by itself, and nothing is lost or done twice."""

import asyncio
import itertools
import random
import time
from typing import Any
from uuid import uuid4

import httpx

from devstack.process import DevstackError
from devstack.stack import Stack
from shared.clock import utc_now
from tests.support.client import Api, in_days
from tests.support.eventually import allowed, eventually
from tests.system.conftest import Outside, patiently, payable, reaches


async def test_booking_service_stopped(api: Api, stack: Stack) -> None:
    """Accepted while it is down, made when it is back."""
    service = await api.service()
    await api.resource(service)
    replicas = [p for name, p in stack.processes.items() if name.startswith("booking-")]
    for replica in replicas:
        await asyncio.to_thread(replica.stop)
    accepted = await api.book(service, in_days(2), Prefer="wait=1")
    assert accepted.status_code == 202, accepted.text
    location = accepted.headers["Location"]
    assert accepted.headers["Retry-After"]
    waiting = await api.get(location)
    assert waiting.status_code == 202, waiting.text
    unknown = await api.get(f"/v1/bookings/{uuid4()}")
    assert unknown.status_code in (404, 503)
    for replica in replicas:
        await asyncio.to_thread(replica.start)

    async def made() -> bool:
        response = await api.get(location)
        return response.status_code == 200 and response.json()["status"] == "confirmed"

    await eventually(made, within=20)
    assert (await api.get(f"/v1/bookings/{uuid4()}")).status_code == 404


async def test_nats_stopped(api: Api, stack: Stack, http: httpx.AsyncClient) -> None:
    """Never a false acceptance; everything recovers by itself."""
    service = await api.service()
    await api.resource(service)
    await asyncio.to_thread(stack.servers.nats.stop)
    for _ in range(3):
        started = time.monotonic()
        refused = await api.book(service, in_days(2))
        assert time.monotonic() - started < allowed(3)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused.headers["Retry-After"]
    assert (await http.get("/healthz")).status_code == 200
    assert (await http.get("/readyz")).status_code == 503
    assert (await http.get("/status")).status_code == 200
    await asyncio.to_thread(stack.servers.nats.start)

    async def books() -> bool:
        return (await api.book(service, in_days(3))).status_code in (201, 409)

    await eventually(books, within=15)

    async def ready() -> bool:
        return (await http.get("/readyz")).status_code == 200

    await eventually(ready, within=30)


async def test_redis_stopped_is_no_outage(api: Api, stack: Stack) -> None:
    service = await api.service()
    await api.resource(service)
    await asyncio.to_thread(stack.servers.valkey.stop)
    for n in range(5):
        assert (await api.book(service, in_days(8 + n))).status_code == 201
    await asyncio.to_thread(stack.servers.valkey.start)


async def test_postgres_restarted(api: Api, stack: Stack) -> None:
    service = await api.service()
    await api.resource(service)
    await asyncio.to_thread(stack.servers.postgres.kill)
    refused = await api.book(service, in_days(2), Prefer="wait=1")
    assert refused.status_code in (202, 503), refused.text
    await asyncio.to_thread(stack.servers.postgres.start)

    async def books() -> bool:
        return (await api.book(service, in_days(3))).status_code in (201, 409)

    await eventually(books, within=20)


KILLS_EACH = 2
BOOKINGS = 200


async def kill_in_turn(stack: Stack) -> list[float]:
    """`kill -9` of one process after the other, each `KILLS_EACH` times; returns the seconds until each return."""
    back = []
    for name in list(stack.processes) * KILLS_EACH:
        killed, started = stack.processes[name].pid, time.monotonic()
        stack.kill(name)

        async def replaced(name: str = name, killed: int = killed) -> bool:
            try:
                return stack.processes[name].pid != killed
            except DevstackError:  # it is gone, and no other has been started yet
                return False

        await eventually(replaced)
        await asyncio.to_thread(stack.wait_ready, within_seconds=allowed(20))
        back.append(time.monotonic() - started)
    return back


async def every_booking(api: Api) -> list[dict[str, Any]]:
    """All bookings of the tenant, page by page."""
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await api.get("/v1/bookings", limit=100, **({"cursor": cursor} if cursor else {}))).json()
        seen += page["bookings"]
        cursor = page["next_cursor"]
        if not cursor:
            return seen


async def test_every_service_killed_in_turn_under_load(api: Api, stack: Stack, outside: Outside) -> None:
    """Bookings with deposits until all have been killed: each confirmed, paid, mailed at least once, none overlapping.

    At least `BOOKINGS`, however quickly the processes come back; as many more as fit, however slowly.
    """
    service = await api.service(deposit_percent=20, duration_minutes=30)
    for n in range(4):
        await api.resource(service, name=f"Team {n}")
    chance = random.Random(5)
    emails: list[str] = []
    done: list[str] = []
    unknown = 0

    async def one(n: int) -> None:
        nonlocal unknown
        key, email = uuid4().hex, f"{uuid4().hex}@customer.example"
        starts_at = in_days(2 + n // 40) + (in_days(1 + (n % 40) / 48) - in_days(1))
        give_up_at = time.monotonic() + allowed(90)
        while True:
            try:
                response = await api.book(service, starts_at, email, Idempotency_Key=key)
            except httpx.HTTPError:
                unknown += 1
                response = None
            if response is not None and response.status_code == 201:
                break
            assert response is None or response.status_code in (202, 503), response.text
            assert time.monotonic() < give_up_at, "no answer"
            await asyncio.sleep(chance.uniform(0.2, 0.6))
        booking_id = response.json()["id"]
        intent = await patiently(lambda: payable(api, booking_id))
        await outside.pay(intent)
        await patiently(lambda: reaches(api, booking_id, "confirmed"))
        done.append(booking_id)
        emails.append(email)

    killing = asyncio.create_task(kill_in_turn(stack))
    numbers = itertools.count()

    async def customers() -> None:
        while (n := next(numbers)) < BOOKINGS or not killing.done():
            await one(n)

    await asyncio.gather(*(customers() for _ in range(12)))
    back = await killing
    count = len(done)
    assert count >= BOOKINGS
    assert len(set(done)) == count
    seen = await every_booking(api)
    assert len(seen) == count
    assert {b["status"] for b in seen} == {"confirmed"}
    assert len({(b["resource_id"], b["starts_at"]) for b in seen}) == count
    summary = await outside.summary()
    charged = summary["charges_succeeded_by_booking"]
    assert all(charged.get(booking_id) == 1 for booking_id in done)

    async def mailed() -> int:
        unmailed = 0
        for email in emails:
            mails = await outside.mails(email)
            unmailed += not any("confirm" in mail["subject"].lower() for mail in mails)
        assert unmailed == 0, f"{unmailed} customers without a confirmation"
        return 1

    await eventually(mailed, within=60, every=1)
    print(
        f"bookings {count}, kills {len(back)}, back after {min(back):.1f} to {max(back):.1f} s, "
        f"unknown answers {unknown}, violations 0, at {utc_now():%H:%M}"
    )
