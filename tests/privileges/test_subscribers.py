"""A subscriber from outside hears and asks what it was declared for, and fails at everything else."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

import nats
import nkeys
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from devstack.credentials import NATS_USERS
from devstack.ports import free_ports
from devstack.servers import NATS_CONFIGURATION, NATS_DIRECTORY, Nats, temporary_directory
from shared.contracts.base import Command, FollowCommand, Query
from shared.contracts.registry import published
from shared.messaging.topology import STREAMS, Topology, apply_topology
from tests.privileges.conftest import Denied
from tests.privileges.test_nats_users import CONSUMERS, EVENTS, REPLAYS, Connection
from tests.support.eventually import allowed, eventually
from tidebook.subscriber_accounts import API_DOMAIN, CONNECTIONS, PAYLOAD_BYTES, Subscriber, matching, write

SEEDS = {name: nkeys.encode_seed(token_bytes(32), nkeys.PREFIX_BYTE_USER) for name in ("crm", "rival")}
TENANTS = {name: str(uuid4()) for name in SEEDS}
SUBSCRIBERS = [
    Subscriber(
        name,
        TENANTS[name],
        matching(["booking.confirmed", "billing.>"]),
        nkeys.from_seed(bytearray(seed)).public_key.decode(),
    )
    for name, seed in SEEDS.items()
]
QUESTIONS = [query.TYPE for query in published(Query)]
STREAMS_HERE = [stream.name for stream in STREAMS] + ["KV_heartbeats", "MINE"]


@pytest.fixture(scope="module")
def server() -> Iterator[Nats]:
    """A NATS server with two subscribers, of two tenants."""
    directory = temporary_directory()
    for name in NATS_CONFIGURATION:
        shutil.copy(NATS_DIRECTORY / name, directory)
    write(directory / "subscribers.conf", SUBSCRIBERS)
    server = Nats(directory, *free_ports(2), config=directory / NATS_CONFIGURATION[0])
    server.start()
    server.deploy_topology()
    yield server
    server.kill()
    shutil.rmtree(directory)


@dataclass
class World:
    """The subscriber's connection, and the deployer's, who sees what came of it."""

    mine: Connection
    deployer: Client

    async def messages(self) -> dict[str, int]:
        """How many messages lie on each stream."""
        return {str(info.config.name): info.state.messages for info in await self.deployer.jetstream().streams_info()}


@asynccontextmanager
async def connected(server: Nats, name: str) -> AsyncIterator[Connection]:
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    client = await nats.connect(
        f"nats://{server.address}", nkeys_seed_str=SEEDS[name].decode(), error_cb=note, allow_reconnect=False
    )
    try:
        yield Connection(client, errors)
    finally:
        await client.close()


@pytest.fixture
async def world(server: Nats) -> AsyncIterator[World]:
    deployer = await nats.connect(server.url, inbox_prefix=b"_INBOX_deploy")
    consumers = [consumer for subscriber in SUBSCRIBERS for consumer in subscriber.consumers()]
    await apply_topology(deployer.jetstream(), Topology([], consumers), update=False)
    async with connected(server, "crm") as mine:
        yield World(mine, deployer)
    await deployer.close()


def management(prefix: str) -> list[str]:
    """Every verb of JetStream's API but taking from its own consumers and looking at them."""
    subjects = [f"{prefix}.INFO", f"{prefix}.STREAM.NAMES", f"{prefix}.STREAM.LIST", f"{prefix}.ACCOUNT.PURGE.x"]
    for stream in STREAMS_HERE:
        verbs = ("INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "SNAPSHOT", "RESTORE", "MSG.GET", "MSG.DELETE")
        subjects += [f"{prefix}.STREAM.{verb}.{stream}" for verb in verbs]
        subjects += [f"{prefix}.DIRECT.GET.{stream}", f"{prefix}.CONSUMER.NAMES.{stream}"]
        subjects += [f"{prefix}.CONSUMER.LIST.{stream}", f"{prefix}.CONSUMER.CREATE.{stream}.mine"]
        subjects += [f"{prefix}.CONSUMER.DURABLE.CREATE.{stream}.mine"]
    for stream in ("BOOKING", "BILLING"):
        changes = ("CREATE", "DURABLE.CREATE", "DELETE", "PAUSE", "RESET", "UNPIN")
        subjects += [f"{prefix}.CONSUMER.{verb}.{stream}.subscriber-crm" for verb in changes]
    for stream, durable in [*CONSUMERS, ("BOOKING", "subscriber-rival"), ("BILLING", "subscriber-rival")]:
        subjects += [f"{prefix}.CONSUMER.{verb}.{stream}.{durable}" for verb in ("INFO", "MSG.NEXT")]
    return subjects


def voices() -> list[str]:
    """Facts, commands, settlements, answers, heartbeats and questions that are others'."""
    subjects = [f"{event}.{TENANTS['crm']}" for event in EVENTS]
    subjects += [f"{command.TYPE}.{TENANTS['crm']}.{uuid4()}" for command in published(Command)]
    subjects += [f"{question}.{TENANTS['rival']}" for question in QUESTIONS]
    subjects += [f"{query.TYPE}.{TENANTS['crm']}" for query in published(Query) if issubclass(query, FollowCommand)]
    subjects += [*REPLAYS, "webhook.stripe.charge.refunded", "outcome.x", "deadletter.x", "anything"]
    for stream, durable in [*CONSUMERS, ("BOOKING", "subscriber-rival")]:
        own = "BOOKING.subscriber-crm"
        # With its own consumer where numbers belong, as far as a pattern's wildcards would let it slip.
        subjects += [f"$JS.ACK.{stream}.{durable}.{own}{'.1' * numbers}" for numbers in range(9)]
        subjects += [f"$JS.ACK.{stream}.{durable}.1.1.1.1.1", f"$JS.ACK.domain.hash.{stream}.{durable}.1.1.1.1.1"]
    subjects += [f"$KV.heartbeats.{user}.x" for user in NATS_USERS] + [f"_INBOX_{user}.x" for user in NATS_USERS]
    subjects += ["$SRV.PING", "$SRV.INFO", "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.x.RELOAD", "_R_.x"]
    return [*subjects, "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.BOOKING.billing-request-deposit"]


async def test_what_a_subscriber_may_not_publish(world: World, denied: Denied) -> None:
    before = await world.messages()
    for subject in management("$JS.API") + management(f"$JS.{API_DOMAIN}.API") + voices():
        denied("NATS subscriber", f"publish {subject}", await world.mine.may_not_publish(subject))
    assert await world.messages() == before


async def test_what_a_subscriber_may_not_listen_to(world: World, denied: Denied) -> None:
    subjects = [">", "*", "*.>", "$JS.>", "$KV.>", "$SYS.>", "$SRV.>", "command.>", "webhook.>", "deadletter.>"]
    subjects += ["rpc.>", "outcome.>", "_R_.>", *(f"{event}.*" for event in EVENTS)]
    subjects += [f"{question}.{TENANTS['crm']}" for question in QUESTIONS]
    subjects += [f"_INBOX_{user}.>" for user in NATS_USERS]
    for subject in subjects:
        denied("NATS subscriber", f"subscribe {subject}", await world.mine.may_not_subscribe(subject))


async def test_its_inboxes_are_its_own(server: Nats, world: World, denied: Denied) -> None:
    """It may listen to every inbox of its account, and hears nobody else's."""
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    await world.mine.client.subscribe("_INBOX.>", cb=hear)
    await world.mine.client.flush()
    async with connected(server, "rival") as rival:
        with pytest.raises(NatsError):  # nobody runs that would answer
            await rival.client.request(f"rpc.booking.get_booking.v1.{TENANTS['rival']}", b"{}", timeout=1)
        js = rival.client.jetstream(domain=API_DOMAIN)
        assert (await js.consumer_info("BOOKING", "subscriber-rival")).name == "subscriber-rival"
    await world.mine.client.flush()
    assert heard == []
    denied("NATS subscriber", "hear another subscriber's inbox", "silence")


async def test_it_hears_its_own_tenant_alone(world: World, denied: Denied) -> None:
    publishing = world.deployer.jetstream()
    for tenant in (TENANTS["rival"], TENANTS["crm"]):
        for event in ("booking.confirmed.v1", "booking.cancelled.v1"):
            await publishing.publish(f"{event}.{tenant}", tenant.encode())
    events = await world.mine.client.jetstream(domain=API_DOMAIN).pull_subscribe_bind("subscriber-crm", "BOOKING")
    found = await events.fetch(10, timeout=allowed(2))
    assert [(m.subject, m.data.decode()) for m in found] == [(f"booking.confirmed.v1.{TENANTS['crm']}", TENANTS["crm"])]
    await found[0].ack_sync()
    denied("NATS subscriber", "hear another tenant's event", "not delivered")


async def test_nothing_it_has_delivered_lands_on_a_stream(world: World, denied: Denied) -> None:
    """Reply subjects are bound by no permission: an account of its own binds them (ADR 0034)."""
    await world.deployer.jetstream().publish(f"booking.confirmed.v1.{TENANTS['crm']}", b"{}")
    before = await world.messages()
    own = f"$JS.{API_DOMAIN}.API.CONSUMER"
    pull = json.dumps({"batch": 5, "expires": 100_000_000}).encode()
    command = f"command.booking.create_booking.v1.{TENANTS['rival']}.{uuid4()}"
    for subject, payload in (
        (f"{own}.MSG.NEXT.BOOKING.subscriber-crm", pull),
        (f"{own}.INFO.BOOKING.subscriber-crm", b""),
        (f"rpc.booking.get_booking.v1.{TENANTS['crm']}", b"{}"),
        ("$JS.ACK.BOOKING.subscriber-crm.1.1.1.1.1", b"+NXT"),
    ):
        for reply in (command, f"booking.confirmed.v1.{TENANTS['rival']}", "billing.payment_succeeded.v1.x"):
            await world.mine.client.publish(subject, payload, reply=reply)
            await world.mine.client.flush()
            denied("NATS subscriber", f"have {subject} answered at {reply.partition('.v1')[0]}", "nothing stored")
    events = await world.mine.client.jetstream(domain=API_DOMAIN).pull_subscribe_bind("subscriber-crm", "BILLING")
    with pytest.raises(NatsError):
        await events.fetch(1, timeout=1)  # what was asked before has been answered by now
    assert await world.messages() == before


async def test_it_takes_no_more_of_the_server_than_its_share(server: Nats, world: World, denied: Denied) -> None:
    held: list[Client] = []
    try:
        with pytest.raises(NatsError) as refused:
            await fill(server, held)
        denied("NATS subscriber", f"hold {CONNECTIONS + 1} connections", str(refused.value))
    finally:
        for client in held:
            await client.close()
    await world.mine.client.publish(f"rpc.booking.get_booking.v1.{TENANTS['crm']}", b"x" * (PAYLOAD_BYTES + 1))

    async def hung_up() -> bool:
        return world.mine.client.is_closed

    await eventually(hung_up)
    denied("NATS subscriber", f"send {PAYLOAD_BYTES + 1} bytes", world.mine.errors[-1])


async def fill(server: Nats, held: list[Client]) -> None:
    """One connection more than it may have, the test's own aside."""

    async def ignore(_: Exception) -> None:
        """The call tells."""

    for _ in range(CONNECTIONS + 1):
        held.append(client := Client())
        async with asyncio.timeout(allowed(5)):
            await client.connect(
                f"nats://{server.address}", nkeys_seed_str=SEEDS["crm"].decode(), error_cb=ignore, allow_reconnect=False
            )
            await client.flush()


def test_what_ships_knows_no_subscriber() -> None:
    shipped = Path(NATS_DIRECTORY / "subscribers.conf").read_text()
    assert all(line.startswith("#") for line in shipped.splitlines() if line)
