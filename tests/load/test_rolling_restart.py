"""Every replica restarted in turn under load: no request fails, nothing is done twice (ADR 0015)."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from nats import connect as nats_connect
from nats.js import JetStreamContext

from devstack.stack import Stack
from shared.messaging.topology import STREAMS
from tests.support.balancer import CHECK_SECONDS, LoadBalancer
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.support.stack import throwaway_stack

pytestmark = [pytest.mark.load, pytest.mark.timeout(900)]

SERVICES = ("gateway", "booking", "billing", "notifier", "jobs")
COMMANDS = 5_000
WORKERS = 16
TEAMS = 8
SLOTS_A_DAY = 48
STOP_SECONDS = 25
DELAY_SECONDS = 4 * CHECK_SECONDS
MAILS_TO_COME = "SELECT count(*) FROM notifier.messages WHERE kind <> 'reminder' AND status IN ('queued', 'sending')"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Every service twice; gateways take their leave as they do behind a load balancer."""
    stack = throwaway_stack(replicas=dict.fromkeys(SERVICES, 2))
    for name, process in stack.processes.items():
        if name.startswith("gateway-"):
            process.environment["SHUTDOWN_DELAY_SECONDS"] = str(DELAY_SECONDS)
    with stack:
        yield stack


@pytest.fixture
async def balancer(stack: Stack) -> AsyncIterator[LoadBalancer]:
    gateways = [process.url for name, process in stack.processes.items() if name.startswith("gateway-")]
    async with LoadBalancer(gateways) as balancer:
        yield balancer


@pytest.fixture
async def http(balancer: LoadBalancer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url="http://tidebook.test", timeout=30, transport=balancer) as client:
        yield client


@dataclass
class Tally:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    restarting: str = "nobody"
    slowest: dict[str, float] = field(default_factory=dict)
    """The longest wait for an answer in seconds, by who was being restarted when the request was sent."""
    booked: dict[str, str] = field(default_factory=dict)
    """Booking to the customer's address."""
    cancelled: set[str] = field(default_factory=set)

    @property
    def requests(self) -> int:
        return self.answers.total()


class Customer:
    """One tenant's client: looks for a slot, books it, looks at it, moves or cancels it; always the next slot."""

    def __init__(self, api: Api, tally: Tally) -> None:
        self._api = api
        self._tally = tally
        self._slots = itertools.count()
        self._service = ""
        self._teams: list[str] = []

    async def open_shop(self) -> None:
        self._service = await self._api.service(duration_minutes=30)
        self._teams = [await self._api.resource(self._service, name=f"Team {n}") for n in range(TEAMS)]

    async def one_booking(self) -> None:
        n = next(self._slots)
        slot, team = divmod(n, TEAMS)
        starts_at = in_days(2) + timedelta(minutes=24 * 60 / SLOTS_A_DAY) * slot
        email = f"{uuid4().hex}@customer.example"
        body = {
            "service_id": self._service,
            "resource_id": self._teams[team],
            "starts_at": starts_at.isoformat(),
            "customer": {"name": "Ada", "email": email},
        }
        made = await self._send("POST", "/v1/bookings", 201, json=body)
        if made is None:
            return
        booking_id = made["id"]
        self._tally.booked[booking_id] = email
        await self._send("GET", f"/v1/bookings/{booking_id}", 200)
        if n % 5 == 0:
            day = {"from": starts_at.isoformat(), "to": (starts_at + timedelta(days=1)).isoformat()}
            await self._send("GET", "/v1/availability", 200, params={"service_id": self._service, **day})
        if n % 5 == 1 and await self._send("POST", f"/v1/bookings/{booking_id}/cancel", 200, json={}):
            self._tally.cancelled.add(booking_id)
        if n % 5 == 2:
            await self._send("GET", "/v1/bookings", 200, params={"limit": 5})

    async def _send(self, method: str, path: str, wanted: int, **rest: Any) -> dict[str, Any] | None:
        started, restarting = time.monotonic(), self._tally.restarting
        shape = f"{method} {path.split('/')[2]}"
        try:
            response = await self._api.call(method, path, **rest)
        except httpx.HTTPError as error:
            self._tally.answers[f"{shape} {type(error).__name__}"] += 1
            self._tally.failures.append(f"{shape}: {error!r}")
            return None
        finally:
            waited = time.monotonic() - started
            self._tally.slowest[restarting] = max(self._tally.slowest.get(restarting, 0), waited)
        self._tally.answers[f"{shape} {response.status_code}"] += 1
        if response.status_code != wanted:
            self._tally.failures.append(f"{shape}: {response.status_code} {response.text[:200]}")
            return None
        found: dict[str, Any] = response.json()
        return found


async def restart_all(stack: Stack, tally: Tally) -> dict[str, tuple[float, str]]:
    """One replica after the other: SIGTERM, wait, start. Name to what the stop took and how it ended."""
    stops = {}
    for name, process in stack.processes.items():
        tally.restarting, asked = name, time.monotonic()
        await asyncio.to_thread(process.stop, STOP_SECONDS + 5)
        stops[name] = (time.monotonic() - asked, process.exit_status)
        await asyncio.to_thread(process.start)
    tally.restarting = "nobody"
    return stops


async def redeliveries(js: JetStreamContext) -> dict[str, int]:
    """Deliveries beyond the first of each message, by durable; raises AssertionError while any message waits."""
    found = {}
    for stream in STREAMS:
        for info in await js.consumers_info(stream.name):
            assert info.config
            assert info.delivered
            assert not info.num_pending, f"{info.name} has not caught up"
            assert not info.num_ack_pending, f"{info.name} has messages in hand"
            messages = 0
            for subject in info.config.filter_subjects or [info.config.filter_subject or ">"]:
                state = (await js.stream_info(stream.name, subjects_filter=subject)).state
                messages += sum((state.subjects or {}).values())
            found[str(info.name)] = info.delivered.consumer_seq - messages
    return found


def given_back(stack: Stack) -> Counter[str]:
    """How many messages stopping consumers gave back untouched, as their logs say."""
    counted: Counter[str] = Counter()
    for name in stack.processes:
        for line in (stack.directory / "logs" / f"{name}.log").read_text().splitlines():
            if "messages_given_back" in line:
                fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
                counted[fields["handler"]] += int(fields["count"])
    return counted


async def test_no_request_fails_while_every_replica_is_restarted(
    stack: Stack, http: httpx.AsyncClient, balancer: LoadBalancer
) -> None:
    tally = Tally()
    customers = []
    for _ in range(4):
        customer = Customer(await Api.for_new_tenant(http, stack.credentials.operator_api_key), tally)
        await customer.open_shop()
        customers.append(customer)
    restarting = asyncio.create_task(restart_all(stack, tally))
    started = time.monotonic()

    async def work(customer: Customer) -> None:
        while not restarting.done() or tally.requests < COMMANDS:
            await customer.one_booking()

    await asyncio.gather(*(work(customers[n % len(customers)]) for n in range(WORKERS)))
    seconds = time.monotonic() - started
    stops = await restarting
    print(f"\nrequests {tally.requests}, {tally.requests / seconds:.0f}/s, failed {len(tally.failures)}")
    print(f"answers {dict(sorted(tally.answers.items()))}, turned away by a closed port {balancer.turned_away}")
    for name, (took, status) in stops.items():
        print(f"  {name:12} stopped in {took:4.1f} s, {status}, slowest answer {tally.slowest.get(name, 0):.2f} s")
    print(f"  slowest answer while nobody was restarted {tally.slowest.get('nobody', 0):.2f} s")
    assert not tally.failures, tally.failures[:10]
    assert tally.requests >= COMMANDS
    assert all(sent > COMMANDS / 10 for sent in balancer.sent.values())
    assert {status for _, status in stops.values()} == {"exit code 0"}
    assert max(took for took, _ in stops.values()) <= STOP_SECONDS

    nats = await nats_connect(stack.servers.nats.url)
    try:

        async def caught_up() -> dict[str, int]:
            return await redeliveries(nats.jetstream())

        again = await eventually(caught_up, within=60, every=0.5)
    finally:
        await nats.close()
    returned = given_back(stack)
    print(f"redelivered {sum(again.values())}, of them given back untouched {returned.total()}: {dict(returned)}")
    assert {name: count for name, count in again.items() if count} == dict(returned), "finished work came again"
    await check_mails(stack, tally)


async def check_mails(stack: Stack, tally: Tally) -> None:
    """Each customer has had every mail once: a confirmation, unless they cancelled before it went out."""
    database = await asyncpg.connect(stack.servers.postgres.url)
    try:

        async def nothing_waits() -> bool:
            return not await database.fetchval(MAILS_TO_COME)

        await eventually(nothing_waits, within=120, every=0.5)
    finally:
        await database.close()
    async with httpx.AsyncClient(base_url=stack.servers.inbox.url, trust_env=False, timeout=60) as inbox:
        mails = (await inbox.get("/messages")).json()
    seen = Counter((mail["to"][0], mail["subject"]) for mail in mails)
    mailed = Counter(address for address, _ in seen)
    repeated = {key: count for key, count in seen.items() if count > 1}
    print(f"bookings {len(tally.booked)}, mails {seen.total()}, repeated {len(repeated)}")
    assert not repeated
    assert set(mailed) == set(tally.booked.values())
    kept = [email for booking, email in tally.booked.items() if booking not in tally.cancelled]
    assert all(mailed[email] == 1 for email in kept)
