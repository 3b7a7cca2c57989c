"""Attacks on a running stack, each for as long as its task lives; what an attacker counts is how often he was let go.

Those of outsiders speak raw HTTP, those of services that were taken over speak NATS as these services' users.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import httpx
from nats.aio.client import Client as NatsClient
from nats.errors import Error as NatsError

from bench.open_loop import OpenLoop
from devstack.ports import LOOPBACK
from devstack.stack import Stack
from gateway.http.stripe_signature import sign
from gateway.identity.keys import make_key
from shared.messaging.broker import Broker
from shared.messaging.topology import DEADLETTER
from tests.support.client import Api, in_days

PAUSE_SECONDS = 0.05
"""Between two tries of one connection: an attacker that is refused at once is not let spin this machine's cores."""


class Tally:
    """What an attack has done so far."""

    def __init__(self) -> None:
        self.tries = 0
        self.ended = 0
        """Connections that the server ended, or answered in another way than wanted."""


Attack = Callable[[Stack, Tally], Coroutine[None, None, None]]


async def _again(connections: int, one: Callable[[], Awaitable[None]], tally: Tally) -> None:
    """So many at once, each beginning anew whenever it has been ended."""

    async def work() -> None:
        while True:
            tally.tries += 1
            with suppress(OSError, asyncio.IncompleteReadError):
                await one()
            tally.ended += 1
            await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(work() for _ in range(connections)))


@asynccontextmanager
async def _connected(stack: Stack) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(LOOPBACK, stack.ports.gateway)
    try:
        yield reader, writer
    finally:
        writer.close()


async def endless_heads(stack: Stack, tally: Tally) -> None:
    """Eight heads without an end, as fast as they are read."""

    async def one() -> None:
        async with _connected(stack) as (_, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: here\r\nX-A: ")
            while not writer.transport.is_closing():
                writer.write(b"a" * 65536)
                await writer.drain()
                await asyncio.sleep(0.001)

    await _again(8, one, tally)


async def slow_heads(stack: Stack, tally: Tally) -> None:
    """Three hundred heads, a byte each half second."""

    async def one() -> None:
        async with _connected(stack) as (_, writer):
            for byte in b"GET /healthz HTTP/1.1\r\nHost: here\r\nX-A: " + b"a" * 1000:
                if writer.transport.is_closing():
                    return
                writer.write(bytes([byte]))
                await asyncio.sleep(0.5)

    await _again(300, one, tally)


async def idle_connections(stack: Stack, tally: Tally) -> None:
    """A thousand connections that say nothing."""

    async def one() -> None:
        async with _connected(stack) as (reader, _):
            await reader.read()

    await _again(1000, one, tally)


async def unread_answers(stack: Stack, tally: Tally) -> None:
    """Forty clients that ask for the largest document there is, again and again, and read nothing."""

    async def one() -> None:
        async with _connected(stack) as (_, writer):
            while not writer.transport.is_closing():
                writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n")
                await asyncio.sleep(0.1)

    await _again(40, one, tally)


def _announced(path: str, headers: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    return f"{head}{headers}\r\n".encode()


async def slow_webhooks(stack: Stack, tally: Tally) -> None:
    """260 webhooks with a plausible signature and no body."""

    async def one() -> None:
        async with _connected(stack) as (reader, writer):
            signature = sign(b"", "whsec_made_up", int(time.time()))
            writer.write(_announced("/webhooks/stripe", f"Stripe-Signature: {signature}\r\n"))
            await reader.read()

    await _again(260, one, tally)


async def slow_bodies(stack: Stack, tally: Tally) -> None:
    """300 bookings with a genuine key and no body."""
    key = (await _tenant(stack)).key

    async def one() -> None:
        async with _connected(stack) as (reader, writer):
            writer.write(_announced("/v1/bookings", f"Authorization: Bearer {key}\r\n"))
            await reader.read()

    await _again(300, one, tally)


async def searches(stack: Stack, tally: Tally) -> None:
    """Twenty a second over two months, sixty resources and steps of five minutes, by one tenant."""
    api = await _tenant(stack)
    service = await api.service(slot_step_minutes=5)
    for number in range(60):
        await api.resource(service, name=f"Team {number}")
    period = f"from={in_days(1):%Y-%m-%dT%H:%M:%SZ}&to={in_days(1) + timedelta(days=62):%Y-%m-%dT%H:%M:%SZ}"
    head = f"GET /v1/availability?service_id={service}&{period} HTTP/1.1\r\nHost: here\r\n"
    loop = OpenLoop(stack.ports.gateway)
    try:
        while True:
            request = f"{head}Authorization: Bearer {api.key}\r\n\r\n".encode()
            seen = await loop.run(itertools.repeat(request), 20, 5)
            tally.tries += seen.offered
            tally.ended += seen.offered - seen.statuses[200]
    finally:
        loop.close()


async def unknown_keys(stack: Stack, tally: Tally) -> None:
    """150 connections, each with a well-formed key of its own that nobody has made."""

    async def one() -> None:
        async with _connected(stack) as (reader, writer):
            while True:
                tally.tries += 1
                request = f"GET /v1/bookings HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {make_key().text}\r\n\r\n"
                writer.write(request.encode())
                head = await reader.readuntil(b"\r\n\r\n")
                tally.ended += b" 401 " in head.split(b"\r\n")[0]
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                await asyncio.sleep(PAUSE_SECONDS)

    await _again(150, one, tally)


@asynccontextmanager
async def _taken_over(stack: Stack, user: str) -> AsyncIterator[NatsClient]:
    """The NATS connection of whoever has this user's key."""
    settings = stack.servers.nats.settings(user)
    broker = Broker(settings["NATS_URL"], user, settings["NATS_NKEY_SEED"])
    await broker.connect()
    try:
        yield broker.client
    finally:
        await broker.close()


async def _publish(client: NatsClient, subject: str, reply: str, tally: Tally, payload: bytes = b"{}") -> None:
    tally.tries += 1
    with suppress(NatsError, OSError):
        await client.publish(subject, payload, reply)
    await asyncio.sleep(PAUSE_SECONDS)


def _command_subject() -> str:
    return f"command.booking.create_booking.v1.{uuid4()}.{uuid4()}"


async def questions_into_a_stream(stack: Stack, tally: Tally) -> None:
    """`jobs` asks what it may ask, to be answered into the stream of commands."""
    async with _taken_over(stack, "jobs") as client:
        while True:
            await _publish(client, f"rpc.booking.get_booking.v1.{uuid4()}", _command_subject(), tally)


async def pulls_into_a_stream(stack: Stack, tally: Tally) -> None:
    """`notifier` pulls from its own consumer, to be told of the end in streams of others."""
    pull = b'{"batch": 1, "expires": 100000000, "no_wait": false}'
    async with _taken_over(stack, "notifier") as client:
        for reply in itertools.cycle(
            (_command_subject(), f"booking.booking_confirmed.v1.{uuid4()}", "webhook.stripe.x")
        ):
            await _publish(client, "$JS.API.CONSUMER.MSG.NEXT.BOOKING.notifier-queue-booking-mail", reply, tally, pull)
            await _publish(client, "$JS.API.CONSUMER.MSG.NEXT.BILLING.notifier-queue-billing-mail", reply, tally, pull)


async def invented_dead_letters(stack: Stack, tally: Tally) -> None:
    """`gateway` has dead letters replayed that there are not, and direct gets answered into billing's stream."""
    async with _taken_over(stack, "gateway") as client:
        for number in itertools.count(1):
            for service in ("booking", "billing"):
                letter = str(number).encode()
                await _publish(
                    client, f"rpc.{service}.replay_message", f"billing.payment_succeeded.v1.{uuid4()}", tally, letter
                )
            get = b'{"seq": %d}' % number
            await _publish(
                client, f"$JS.API.STREAM.MSG.GET.{DEADLETTER}", f"billing.payment_succeeded.v1.{uuid4()}", tally, get
            )


async def _tenant(stack: Stack) -> Api:
    http = httpx.AsyncClient(base_url=stack.api_url, timeout=40, trust_env=False)
    return await Api.for_new_tenant(http, stack.credentials.operator_api_key)


ATTACKS: tuple[Attack, ...] = (
    endless_heads,
    slow_heads,
    idle_connections,
    unread_answers,
    slow_webhooks,
    slow_bodies,
    searches,
    unknown_keys,
    questions_into_a_stream,
    pulls_into_a_stream,
    invented_dead_letters,
)
