"""Programs of other people's over NATS: `tidebook subscribers`, and the examples that listen and ask."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from devstack.stack import Stack
from shared.contracts.base import Query
from shared.contracts.registry import published
from shared.messaging.broker import Broker
from tests.support.client import Api, in_days
from tests.support.eventually import allowed, eventually
from tests.system.test_command_line import Ran, run, wire

__all__ = ["wire"]

pytestmark = pytest.mark.skipif(
    os.environ.get("TEST_INFRA") == "containers", reason="the configuration is inside NATS's container"
)

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "nats"
NODE = shutil.which("node", path=f"{ROOT / '.venv/clients/bin'}:{os.environ['PATH']}") or "node"
LANGUAGES = {"python": [sys.executable, "{}.py"], "javascript": [NODE, "{}.mjs"]}

Tidebook = Callable[..., "asyncio.Future[Ran]"]


@pytest.fixture
def tidebook(stack: Stack) -> Tidebook:
    """Runs `tidebook subscribers` with these arguments."""
    variables = {
        "NATS_URL": stack.servers.nats.url,
        "NATS_SUBSCRIBERS_FILE": str(stack.servers.nats.subscribers),
        "COLUMNS": "200",
    }

    def start(*arguments: str, **overrides: str) -> "asyncio.Task[Ran]":
        return asyncio.create_task(asyncio.to_thread(run, ("subscribers", *arguments), variables | overrides))

    return start


@dataclass
class Known:
    """A subscriber that has been made."""

    name: str
    tenant_id: str
    seed: str
    address: str

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        client = await nats.connect(
            f"nats://{self.address}", nkeys_seed_str=self.seed, allow_reconnect=False, error_cb=silently
        )
        try:
            yield client
        finally:
            await client.close()

    def environment(self) -> dict[str, str]:
        """What the examples read."""
        return {**os.environ, "NATS_URL": f"nats://{self.address}", "SUBSCRIBER_SEED": self.seed}


async def silently(_: Exception) -> None:
    """Refusals are looked for where they are expected."""


@pytest.fixture
async def known(stack: Stack, api: Api, tidebook: Tidebook) -> Known:
    """A subscriber to the test's tenant's confirmed bookings and to everything about its payments."""
    name, tenant_id = f"crm-{uuid4().hex[:12]}", str(api.tenant_id)
    made = await tidebook("add", name, "--tenant", tenant_id, "--events", "booking.confirmed,billing.>")
    assert made.code == 0, made.err
    return Known(name, tenant_id, made.out.strip(), stack.servers.nats.address)


async def confirmed(api: Api) -> str:
    """A booking that needs no deposit."""
    service = await api.service()
    await api.resource(service)
    answer = await api.book(service, in_days(3))
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "confirmed"
    return str(answer.json()["id"])


async def lines_of(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout
    async with asyncio.timeout(allowed(20)):
        return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_examples_listen_and_ask(
    api: Api, http: httpx.AsyncClient, stack: Stack, known: Known, language: str
) -> None:
    program, script = LANGUAGES[language]

    async def started(name: str, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            program, str(EXAMPLES / script.format(name)), *arguments, env=known.environment(),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    listening = await started("listen", known.name, "BOOKING")
    try:
        other = await Api.for_new_tenant(http, stack.credentials.operator_api_key)
        others = await confirmed(other)
        mine = [await confirmed(api), await confirmed(api)]
        heard = [line.split(" ", 1) for line in await lines_of(listening, 2)]
        assert [(kind, json.loads(event)["booking"]["id"]) for kind, event in heard] == [
            ("booking.confirmed.v1", booking) for booking in mine
        ]
    finally:
        os.killpg(listening.pid, signal.SIGTERM)  # Node from its wheel is started by a program of the wheel's
        await listening.communicate()

    asking = await started("ask", known.tenant_id, mine[0])
    out, err = await asyncio.wait_for(asking.communicate(), allowed(20))
    assert asking.returncode == 0, err
    assert json.loads(out)["id"] == mine[0]
    for booking, tenant in ((others, known.tenant_id), (others, str(other.tenant_id))):
        asking = await started("ask", tenant, booking)
        out, err = await asyncio.wait_for(asking.communicate(), allowed(20))
        assert (asking.returncode, out) != (0, b""), err
        assert booking.encode() not in out


async def test_what_was_missed_comes_later_and_what_is_not_settled_again(api: Api, known: Known) -> None:
    booking = await confirmed(api)
    for settled in (False, True):
        async with known.connected() as client:
            events = await client.jetstream(domain="tidebook").pull_subscribe_bind(
                f"subscriber-{known.name}", "BOOKING"
            )
            (message,) = await events.fetch(1, timeout=allowed(10))
            assert json.loads(message.data)["booking"]["id"] == booking
            assert message.headers
            assert message.headers["ce-type"] == "booking.confirmed.v1"
            await (message.ack_sync() if settled else message.nak())
    async with known.connected() as client:
        info = await client.jetstream(domain="tidebook").consumer_info("BOOKING", f"subscriber-{known.name}")
        assert (info.num_pending, info.num_ack_pending) == (0, 0)


async def test_a_refusal_is_told_as_nats_services_tell_it(api: Api, known: Known) -> None:
    async with known.connected() as client:
        question = json.dumps({"tenant_id": known.tenant_id, "booking_id": known.tenant_id}).encode()
        reply = await client.request(f"rpc.booking.get_booking.v1.{known.tenant_id}", question, timeout=allowed(5))
        assert json.loads(reply.data)["refusal"]["code"] == "booking_not_found"
        assert reply.headers
        assert reply.headers["Nats-Service-Error-Code"] == "404"
        assert reply.headers["Nats-Service-Error"]
        for odd in (b"", b"{}", b"[]", b"\xff", b"{" * 1000, json.dumps({"tenant_id": "x"}).encode()):
            reply = await client.request(f"rpc.booking.get_booking.v1.{known.tenant_id}", odd, timeout=allowed(5))
            assert json.loads(reply.data)["refusal"]["code"] == "invalid_query", odd


async def test_what_it_hears_changes_and_its_key_stays(
    stack: Stack, api: Api, known: Known, tidebook: Tidebook
) -> None:
    arguments = ("add", known.name, "--tenant", known.tenant_id)
    changed = await tidebook(*arguments, "--events", "booking.cancelled", "--json")
    assert changed.code == 0, changed.err
    document = json.loads(changed.out)
    assert (document["seed"], document["streams"]) == (None, ["BOOKING"])
    async with known.connected() as client:
        js = client.jetstream(domain="tidebook")
        info = await js.consumer_info("BOOKING", f"subscriber-{known.name}")
        assert info.config.filter_subjects == [f"booking.cancelled.v1.{known.tenant_id}"]
        with pytest.raises(NatsError):
            await js.consumer_info("BILLING", f"subscriber-{known.name}")
    renewed = await tidebook(*arguments, "--events", "booking.cancelled", "--new-key")
    assert renewed.out.startswith("SU")
    with pytest.raises(NatsError):
        async with known.connected():
            pass
    async with Known(known.name, known.tenant_id, renewed.out.strip(), stack.servers.nats.address).connected():
        pass


async def test_one_that_is_removed_is_out_at_once(stack: Stack, known: Known, tidebook: Tidebook) -> None:
    async with known.connected() as client:
        removed = await tidebook("remove", known.name)
        assert (removed.code, removed.out) == (0, f"{known.name}: removed\n"), removed.err

        async def closed() -> bool:
            return client.is_closed

        await eventually(closed)
    with pytest.raises(NatsError):
        async with known.connected():
            pass
    again = await tidebook("remove", known.name)
    assert (again.code, again.err) == (1, f"tidebook: there is no subscriber {known.name}\n")
    assert known.name not in stack.servers.nats.subscribers.read_text()


async def test_lists_show_what_waits_for_whom(api: Api, known: Known, tidebook: Tidebook) -> None:
    await confirmed(api)

    async def waits() -> bool:
        listed = json.loads((await tidebook("list", "--json")).out)["subscribers"]
        (mine,) = (one for one in listed if one["name"] == known.name)
        return {"stream": "BOOKING", "waiting": 1, "in_hand": 0} in mine["consumers"]

    await eventually(waits)
    line = next(line for line in (await tidebook("list")).out.splitlines() if line.startswith(known.name))
    assert "BOOKING:1+0" in line
    assert known.seed not in line


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add", "crm", "--events", "booking.confirmd"), 2, "there are billing.payment_failed"),
        (("add", "crm", "--events", "command.>"), 2, "is no event"),
        (("add", "crm", "--events", " , "), 2, "--events is empty"),
        (("add", "c} {", "--events", ">"), 2, "lower-case"),
        (("add", "crm", "--events", ">", "--tenant", "sparkle"), 2, "UUID"),
    ],
)
async def test_odd_wishes_are_refused_in_words(
    stack: Stack, api: Api, tidebook: Tidebook, arguments: tuple[str, ...], code: int, told: str
) -> None:
    before = stack.servers.nats.subscribers.read_text()
    more = () if "--tenant" in arguments else ("--tenant", str(api.tenant_id))
    seen = await tidebook(*arguments, *more)
    assert (seen.code, seen.out) == (code, ""), seen.err
    assert told in " ".join(seen.err.replace("│", " ").split())
    assert stack.servers.nats.subscribers.read_text() == before


async def test_another_business_does_not_get_the_name(known: Known, tidebook: Tidebook) -> None:
    other = await tidebook("add", known.name, "--tenant", "00000000-0000-4000-8000-000000000000", "--events", ">")
    assert (other.code, other.out) == (1, "")
    assert "remove it first" in other.err


async def test_a_wrong_place_is_told_and_leaves_nothing(
    stack: Stack, known: Known, tidebook: Tidebook, wire: Broker, tmp_path: Path
) -> None:
    add = ("add", "second", "--tenant", known.tenant_id, "--events", ">")
    elsewhere = tmp_path / "subscribers.conf"
    elsewhere.write_text("")
    by_hand = tmp_path / "by-hand.conf"
    odd = {"name": "a.b", "tenant_id": known.tenant_id, "events": [], "public_key": "U"}
    by_hand.write_text(f"# subscriber {json.dumps(odd)}\n")
    for overrides, told in (
        ({"NATS_SUBSCRIBERS_FILE": str(by_hand)}, "'a.b': no such name is given"),
        ({"NATS_SUBSCRIBERS_FILE": str(elsewhere)}, "is NATS_SUBSCRIBERS_FILE the file that NATS includes?"),
        ({"NATS_SUBSCRIBERS_FILE": str(tmp_path / "none")}, "can't be read"),
        ({"NATS_SUBSCRIBERS_FILE": ""}, "NATS_SUBSCRIBERS_FILE is not set"),
        ({"NATS_URL": "nats://deploy:wrong@" + stack.servers.nats.address}, "look at NATS_URL"),
    ):
        seen = await tidebook(*add, **overrides)
        assert (seen.code, seen.out, len(seen.err.splitlines())) == (1, "", 1), seen.err
        assert told in seen.err
    assert "second" not in elsewhere.read_text()
    with pytest.raises(NotFoundError):
        await wire.js.consumer_info("BOOKING", "subscriber-second")


async def test_a_configuration_that_nats_refuses_is_taken_back(
    stack: Stack, known: Known, tidebook: Tidebook, wire: Broker
) -> None:
    permissions = stack.servers.nats.config.with_name("permissions.conf")
    good, before = permissions.read_text(), stack.servers.nats.subscribers.read_text()
    permissions.write_text(good + "\nMORE { users: [")
    try:
        seen = await tidebook("add", "second", "--tenant", known.tenant_id, "--events", ">")
    finally:
        permissions.write_text(good)
    assert seen.code == 1
    assert "NATS refuses its configuration" in seen.err
    with pytest.raises(NotFoundError):
        await wire.js.consumer_info("BOOKING", "subscriber-second")
    assert stack.servers.nats.subscribers.read_text() == before
    async with known.connected():
        pass


async def test_two_at_once_lose_nothing(api: Api, stack: Stack, tidebook: Tidebook) -> None:
    names = [f"twin-{uuid4().hex[:8]}" for _ in range(4)]
    arguments = ("--tenant", str(api.tenant_id), "--events", "booking.confirmed")
    made = await asyncio.gather(*(tidebook("add", name, *arguments) for name in names))
    assert [ran.code for ran in made] == [0] * 4, [ran.err for ran in made]
    for name, ran in zip(names, made, strict=True):
        async with Known(name, str(api.tenant_id), ran.out.strip(), stack.servers.nats.address).connected() as client:
            js = client.jetstream(domain="tidebook")
            assert (await js.consumer_info("BOOKING", f"subscriber-{name}")).name == f"subscriber-{name}"


async def test_a_change_that_fails_is_taken_back(
    stack: Stack, known: Known, tidebook: Tidebook, wire: Broker, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "subscribers.conf"
    elsewhere.write_text(stack.servers.nats.subscribers.read_text())
    arguments = ("add", known.name, "--tenant", known.tenant_id, "--events", "booking.held", "--new-key")
    seen = await tidebook(*arguments, NATS_SUBSCRIBERS_FILE=str(elsewhere))
    assert (seen.code, seen.out) == (1, ""), seen.err
    assert elsewhere.read_text() == stack.servers.nats.subscribers.read_text()
    for stream, event in (("BOOKING", "booking.confirmed"), ("BILLING", "billing.refund_failed")):
        info = await wire.js.consumer_info(stream, f"subscriber-{known.name}")
        assert f"{event}.v1.{known.tenant_id}" in (info.config.filter_subjects or [info.config.filter_subject])
    async with known.connected():
        pass


async def test_every_question_is_listed_by_its_service(stack: Stack) -> None:
    client = await nats.connect(stack.servers.nats.url, inbox_prefix=b"_INBOX_deploy")
    try:
        listed: dict[str, dict[str, Any]] = {}

        async def all_listed() -> bool:
            inbox = await client.subscribe(client.new_inbox())
            await client.publish("$SRV.INFO", reply=inbox.subject)
            while True:
                try:
                    told = json.loads((await inbox.next_msg(timeout=1)).data)
                except NatsError:
                    break
                assert told["type"] == "io.nats.micro.v1.info_response"
                listed.update({endpoint["subject"]: endpoint for endpoint in told["endpoints"]})
            return set(listed) == {f"{query.TYPE}.*" for query in published(Query)}

        await eventually(all_listed)
        assert all(endpoint["queue_group"] == subject.split(".")[1] for subject, endpoint in listed.items())
        told = json.loads((await client.request("$SRV.STATS.tidebook-booking", timeout=allowed(5))).data)
        assert {"num_requests", "num_errors", "processing_time", "average_processing_time"} <= set(told["endpoints"][0])
    finally:
        await client.close()


async def test_services_go_on_while_subscribers_come_and_go(api: Api, tidebook: Tidebook) -> None:
    """NATS forgets who may be answered when it reads its configuration: a question under way is asked again."""
    service = await api.service()
    await api.resource(service)

    async def come_and_go() -> None:
        for count in range(2):
            name = f"guest-{count}"
            seen = await tidebook("add", name, "--tenant", str(api.tenant_id), "--events", ">")
            assert seen.code == 0, seen.err
            assert (await tidebook("remove", name)).code == 0

    guests, asked, booking_id = asyncio.create_task(come_and_go()), 0, ""
    while not guests.done():
        if asked % 20 == 0:
            booked = await api.book(service, in_days(2) + timedelta(hours=asked // 20))
            assert booked.status_code == 201, booked.text
            booking_id = booked.json()["id"]
        answer = await api.get(f"/v1/bookings/{booking_id}")
        assert answer.status_code == 200 or (answer.status_code == 503 and answer.headers["Retry-After"]), answer.text
        asked += 1
    await guests
    assert asked > 3
    await api.booking(booking_id)
    assert (await api.http.get("/readyz")).status_code == 200
