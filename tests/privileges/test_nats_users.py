"""Every NATS user fails at what it may not do; the server itself says so, for each subject."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import nats
import nkeys
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from devstack.credentials import NATS_USERS, Credentials
from devstack.servers import Servers
from shared.contracts.base import Event, Query
from shared.contracts.registry import published
from shared.messaging.topology import STREAMS
from tests.privileges.conftest import Denied

ROOT = Path(__file__).parents[2]
CONSUMERS = [
    (consumer["stream_name"], consumer["config"]["durable_name"])
    for consumer in json.loads((ROOT / "deploy/nats/topology.json").read_text())["consumers"]
]
EVENTS = [event.TYPE for event in published(Event)]
QUESTIONS = [query.TYPE for query in published(Query)]
ASKED_BY_NOTIFIER = "rpc.booking.get_booking.v1"
REPLAYS = [f"rpc.{service}.replay_message" for service in ("booking", "billing", "notifier")]
FETCHING = "$JS.API.STREAM.MSG.GET.DEADLETTER"
"""A service fetches the dead letter that it is to handle again (ADR 0032)."""
DISCARDING = "$JS.API.STREAM.MSG.DELETE.DEADLETTER"
"""The gateway's operator API discards dead letters."""
TENANT = uuid4()


class Connection:
    """A client of one user, and what the server has denied it."""

    def __init__(self, client: Client, errors: list[str]) -> None:
        self.client = client
        self.errors = errors

    async def refusal(self, verb: str, subject: str) -> str:
        """The server's refusal of what was just tried: it comes before the answer to our next ping."""
        await self.client.flush()  # this one's own ping may overtake what was tried
        await self.client.flush()
        wanted = f'permissions violation for {verb} to "{subject}"'.lower()
        found = [error for error in self.errors if wanted in error.lower()]
        assert found, f"{verb} {subject} is allowed"
        return found[0]

    async def may_not_publish(self, subject: str) -> str:
        await self.client.publish(subject, b"{}")
        return await self.refusal("publish", subject)

    async def may_not_subscribe(self, subject: str) -> str:
        await self.client.subscribe(subject)
        return await self.refusal("subscription", subject)


@asynccontextmanager
async def connected(servers: Servers, user: str) -> AsyncIterator[Connection]:
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    if user == "deploy":
        client = await nats.connect(servers.nats.url, error_cb=note)
    else:
        seed = servers.nats.credentials.nkey_seeds[user]
        client = await nats.connect(f"nats://{servers.nats.address}", nkeys_seed_str=seed, error_cb=note)
    try:
        yield Connection(client, errors)
    finally:
        await client.close()


def changes_of_streams(user: str) -> list[str]:
    """What only the deployment may do to streams and consumers, and looks that tell more than is needed."""
    subjects = ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST"]
    for stream in [stream.name for stream in STREAMS] + ["KV_heartbeats", "MINE"]:
        subjects += [f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE")]
        subjects += [f"$JS.API.STREAM.MSG.{verb}.{stream}" for verb in ("GET", "DELETE")]
        subjects += [f"$JS.API.STREAM.SNAPSHOT.{stream}", f"$JS.API.STREAM.RESTORE.{stream}"]
        subjects += [f"$JS.API.CONSUMER.CREATE.{stream}", f"$JS.API.CONSUMER.CREATE.{stream}.mine"]
        subjects += [f"$JS.API.CONSUMER.NAMES.{stream}"]
    for stream, durable in CONSUMERS:
        subjects += [f"$JS.API.CONSUMER.{verb}.{stream}.{durable}" for verb in ("DURABLE.CREATE", "DELETE", "PAUSE")]
    allowed = {("gateway", DISCARDING), *((service, FETCHING) for service in ("booking", "billing", "notifier"))}
    return [subject for subject in subjects if (user, subject) not in allowed]


def others_consumers(user: str) -> list[str]:
    """Taking, settling or dead-lettering what is somebody else's to handle."""
    subjects = []
    own = next((f"{stream}.{durable}" for stream, durable in CONSUMERS if durable.startswith(f"{user}-")), "x.y")
    for stream, durable in CONSUMERS:
        if not durable.startswith(f"{user}-"):
            # With its own consumer where numbers belong, as far as a pattern's wildcards would let it slip. With five
            # or six numbers behind it is its own to settle: that is the longer form, of a domain and an account.
            subjects += [f"$JS.ACK.{stream}.{durable}.{own}{'.1' * numbers}" for numbers in (0, 1, 2, 3, 4, 7, 8)]
            subjects += [
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}",
                f"$JS.API.CONSUMER.INFO.{stream}.{durable}",
                f"$JS.ACK.{stream}.{durable}.1.1.1.1.1",
                f"$JS.ACK.domain.hash.{stream}.{durable}.1.1.1.1.1",
                f"deadletter.{durable}",
            ]
    return subjects


def others_voices(user: str) -> list[str]:
    """Speaking for others: facts, outcomes, requests, webhooks, questions, heartbeats, the server's own advisories."""
    service = "notifier" if user == "jobs" else user
    subjects = [f"{event}.{TENANT}" for event in EVENTS if not event.startswith(f"{service}.")]
    subjects += [f"$KV.heartbeats.{other}.x" for other in NATS_USERS if other != user]
    subjects += ["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.BOOKING.billing-request-deposit", "$SRV.PING"]
    subjects += [f"_INBOX_{other}.x" for other in NATS_USERS] + ["_INBOX.x"]
    subjects += [f"{service}.unheard_of.v1.{TENANT}", "deadletter.unheard-of", "anything"]
    if user != "gateway":
        asked = {ASKED_BY_NOTIFIER} if service == "notifier" else set[str]()
        subjects += [f"command.booking.create_booking.v1.{TENANT}.{TENANT}", "webhook.stripe.charge.refunded"]
        subjects += sorted({*QUESTIONS, *REPLAYS} - asked)
    if user != "booking":
        subjects += ["outcome.x"]
    if user != "jobs":
        subjects += ["$KV.job_heartbeats.jobs-runner"]
    return subjects


def others_ears(user: str) -> list[str]:
    """Listening to what is meant for others."""
    subjects = [">", "*", "*.>", "_INBOX.>", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.>", "$KV.>", "$SYS.>"]
    subjects += [f"_INBOX_{other}.>" for other in NATS_USERS if other != user]
    subjects += [f"{event}.*" for event in EVENTS] + ["command.>", "webhook.>", "deadletter.>", "rpc.>"]
    # Also its own questions: outside of its queue group it would hear its replicas'.
    subjects += QUESTIONS + REPLAYS
    if user != "gateway":
        subjects += ["outcome.*", "outcome.>"]
    return subjects


@pytest.mark.parametrize("user", NATS_USERS)
async def test_what_a_service_may_not_publish(servers: Servers, user: str, denied: Denied) -> None:
    async with connected(servers, user) as connection:
        for subject in changes_of_streams(user) + others_consumers(user) + others_voices(user):
            answer = await connection.may_not_publish(subject)
            denied(f"NATS {user}", f"publish {subject}", answer)


@pytest.mark.parametrize("user", NATS_USERS)
async def test_what_a_service_may_not_listen_to(servers: Servers, user: str, denied: Denied) -> None:
    async with connected(servers, user) as connection:
        for subject in others_ears(user):
            answer = await connection.may_not_subscribe(subject)
            denied(f"NATS {user}", f"subscribe {subject}", answer)


async def test_not_even_the_deployment_forges_advisories_or_answers(servers: Servers, denied: Denied) -> None:
    async with connected(servers, "deploy") as connection:
        for subject in (
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.BOOKING.billing-request-deposit",
            "$SYS.REQ.SERVER.PING",
            "_INBOX_gateway.x",
            "anything",
        ):
            denied("NATS deploy", f"publish {subject}", await connection.may_not_publish(subject))


async def test_an_answer_is_sent_once_and_only_to_who_asked(servers: Servers, denied: Denied) -> None:
    async with connected(servers, "billing") as answering, connected(servers, "deploy") as asking:
        asked: asyncio.Queue[str] = asyncio.Queue()

        async def receive(msg: Msg) -> None:
            await asked.put(msg.reply)
            await msg.respond(b"first")
            await msg.respond(b"second")

        await answering.client.subscribe("rpc.billing.get_payment.v1.x", queue="billing", cb=receive)
        await answering.client.flush()
        reply = await asking.client.request("rpc.billing.get_payment.v1.x", b"{}", timeout=5)
        assert reply.data == b"first"
        subject = await asked.get()
        denied("NATS billing", "answer a question twice", await answering.refusal("publish", subject))


def strangers_key(nonce: str) -> dict[str, str]:
    """A proof with a key that the server does not know."""
    pair = nkeys.from_seed(bytearray(Credentials().nkey_seeds["gateway"].encode()))
    signature = base64.urlsafe_b64encode(pair.sign(nonce.encode())).rstrip(b"=")
    return {"nkey": pair.public_key.decode(), "sig": signature.decode()}


@pytest.mark.parametrize(
    ("who", "proof"),
    [
        ("nobody", lambda _: {}),
        ("somebody with a key of their own", strangers_key),
        ("deploy with a wrong password", lambda _: {"user": "deploy", "pass": "deploy"}),
        ("a service by its name alone", lambda _: {"user": "gateway", "pass": ""}),
    ],
)
async def test_who_proves_nothing_is_refused(
    servers: Servers, who: str, proof: Callable[[str], dict[str, str]], denied: Denied
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", servers.nats.port)
    greeting = json.loads((await reader.readline()).removeprefix(b"INFO "))
    hello = {"verbose": False, "pedantic": False, **proof(greeting["nonce"])}
    writer.write(f"CONNECT {json.dumps(hello)}\r\nPING\r\n".encode())
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert answer == b"-ERR 'Authorization Violation'\r\n"
    denied(f"NATS {who}", "connect", answer.decode().strip())
