"""One stack for the whole walk: its processes are killed where they are told to die, and looked into from outside."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
from nats.js.errors import NotFoundError

from devstack.stack import Stack
from shared.messaging.broker import Broker
from shared.messaging.topology import STREAMS
from tests.support.eventually import eventually
from tests.system.conftest import Outside

_UNFINISHED = """
    SELECT (SELECT count(*) FROM booking.outbox WHERE published_at IS NULL AND subject LIKE '%' || $1)
         + (SELECT count(*) FROM billing.outbox WHERE published_at IS NULL AND subject LIKE '%' || $1)
         + (SELECT count(*) FROM notifier.outbox WHERE published_at IS NULL AND subject LIKE '%' || $1) AS events,
           (SELECT count(*) FROM notifier.messages
            WHERE status IN ('queued', 'sending') AND tenant_id = $1::uuid) AS mails,
           (SELECT count(*) FROM billing.stripe_events e JOIN billing.payments p ON p.payment_intent_id = e.about
            WHERE e.state = 'parked' AND p.tenant_id = $1::uuid) AS parked
"""


@asynccontextmanager
async def opened(stack: Stack) -> "AsyncIterator[World]":
    """A world to play one story in; left as it was found."""
    outside, broker = Outside(stack.servers), Broker(stack.servers.nats.url, "test")
    await broker.connect()
    sql = await asyncpg.connect(stack.servers.postgres.url)
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=40, trust_env=False) as http:
        world = World(stack, http, outside, broker, sql)

        async def compared_once() -> bool:
            return bool(await sql.fetchval("SELECT count(*) FROM billing.reconciliation"))

        await eventually(compared_once)
        await world.let_billing_compare(False)
        yield world
        await outside.no_faults()
        await world.all_up()
    await sql.close()
    await broker.close()
    await outside.stripe.aclose()
    await outside.inbox.aclose()


class World:
    """The running stack, and the test's own connections to its servers."""

    def __init__(
        self, stack: Stack, http: httpx.AsyncClient, outside: Outside, broker: Broker, sql: asyncpg.Connection
    ) -> None:
        self.stack = stack
        self.http = http
        self.outside = outside
        self.broker = broker
        self.sql = sql
        """As the superuser: sees every tenant."""

    # --- processes -------------------------------------------------------------------------

    async def down(self, name: str) -> None:
        """Take a replica down; it stays down."""
        await asyncio.to_thread(self.stack.processes[name].kill)

    async def up(self, name: str, where: str = "", **settings: str) -> None:
        """Launch a replica that is down; with `where`, to die there and to stay dead."""
        process = self.stack.processes[name]
        usual = dict(process.environment)
        process.environment.update(settings)
        if where:
            process.environment["CRASH_AT"] = where
        await asyncio.to_thread(process.launch)
        process.wanted = not where  # a supervisor revives only what is wanted
        process.environment = usual

    async def dies(self, name: str, where: str, within: float = 30) -> None:
        """Wait until an armed replica has died at its point and not otherwise."""
        process = self.stack.processes[name]

        async def dead() -> bool:
            return not process.running

        try:
            await eventually(dead, within=within, every=0.02)
        except AssertionError:
            raise AssertionError(f"{name} never came to {where}") from None
        assert process.exit_status == "SIGKILL", f"{name}: {process.exit_status}: {process.said(5)}"
        assert process.said(1) == f"failpoint_reached {where}"

    async def all_up(self) -> None:
        """Bring everything back that is down, and wait until all are ready."""
        for name, process in self.stack.processes.items():
            if not process.running:
                await self.up(name)
        await asyncio.to_thread(self.stack.wait_ready)

    async def let_billing_compare(self, may: bool) -> None:
        """Whether billing may look up in Stripe's list what no webhook has brought; else that would heal what broke."""
        until = "now()" if may else "'infinity'"
        await self.sql.execute(f"UPDATE billing.reconciliation SET leased_until = {until}")

    # --- what there is to see --------------------------------------------------------------

    async def settled(self, tenant_id: str, within: float = 60) -> None:
        """Wait until nothing is under way: no delivery, no webhook, and nothing of this tenant in any table."""

        async def quiet() -> bool:
            assert not await self.webhooks_under_way()
            await self._no_deliveries()
            unfinished = dict(await self.sql.fetchrow(_UNFINISHED, tenant_id))
            assert not any(unfinished.values()), f"unfinished: {unfinished}"
            # What was published between the two looks is seen by the second.
            await self._no_deliveries()
            return True

        await eventually(quiet, within=within)

    async def webhooks_under_way(self) -> int:
        """How many of Stripe's webhooks nobody has said yes to yet."""
        return int((await self.outside.summary())["webhooks"]["pending"])

    async def _no_deliveries(self) -> None:
        for stream in STREAMS:
            for consumer in await self.broker.js.consumers_info(stream.name):
                left = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
                assert not left, f"{consumer.name} has {left} deliveries left"

    async def stored(self, stream: str, subject: str) -> list[Any]:
        """All messages of a stream on a subject (wildcards allowed), oldest first."""
        found: list[Any] = []
        last = (await self.broker.js.stream_info(stream)).state.last_seq
        while True:
            after = found[-1].seq + 1 if found else 1
            if after > last:
                return found
            message = await _next(self.broker, stream, subject, after)
            if message is None:
                return found
            found.append(message)

    async def copies(self, recipient: str) -> Counter[str]:
        """How many copies of each mail (by its Message-ID) have come to one address."""
        response = await self.outside.inbox.get("/messages", params={"to": recipient})
        return Counter(mail["message_id"] for mail in response.json())


async def _next(broker: Broker, stream: str, subject: str, seq: int) -> Any:
    try:
        return await broker.js.get_msg(stream, seq=seq, subject=subject, direct=True, next=True)
    except NotFoundError:
        return None
