"""`tidebook` beside a whole stack, as an operator types it."""

import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from devstack.ports import free_ports
from devstack.stack import Stack
from shared.messaging.broker import Broker
from shared.zones import ZONE_DATA
from tests.support.client import Api
from tests.support.eventually import allowed, eventually
from tests.support.messages import random_name

ROOT = Path(__file__).parents[2]
TIDEBOOK = str(Path(sys.executable).with_name("tidebook"))
DURABLE = "billing-request-deposit"
COMMANDS = "completion dead-letters doctor keys read-only rebuild-streams shifted-bookings subscribers tenants"
STREAMS = ("BOOKING", "BILLING", "NOTIFIER")
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Tidebook = Callable[..., "asyncio.Future[Ran]"]


def environment(stack: Stack) -> dict[str, str]:
    """What an operator's shell holds."""
    servers = stack.servers
    return {
        "API_URL": stack.api_url,
        "OPERATOR_API_KEY": stack.credentials.operator_api_key,
        "NATS_URL": servers.nats.url,
        "NATS_MONITOR_URL": servers.nats.monitor_url,
        "DATABASE_URL": servers.postgres.url,
        "REDIS_URL": servers.valkey.url,
        "SMTP_HOST": servers.inbox.smtp_host,
        "SMTP_PORT": str(servers.inbox.smtp_port),
        "COLUMNS": "200",
    }


def run(arguments: tuple[str, ...], variables: dict[str, str], directory: Path | None = None) -> Ran:
    command, seconds = [TIDEBOOK, *arguments], allowed(60)
    done = subprocess.run(
        command, env=variables, cwd=directory, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def tidebook(stack: Stack) -> Callable[..., "asyncio.Task[Ran]"]:
    """Runs `tidebook` with these arguments; keywords override its environment."""

    def start(*arguments: str, **overrides: str) -> "asyncio.Task[Ran]":
        return asyncio.create_task(asyncio.to_thread(run, arguments, environment(stack) | overrides))

    return start


@pytest.fixture
async def wire(stack: Stack) -> Broker:
    broker = Broker(stack.servers.nats.url, "test")
    await broker.connect()
    return broker


async def poison(wire: Broker, count: int = 1) -> None:
    """Facts that billing-service can't read; returns once they are dead letters."""
    before = await dead(wire)
    for _ in range(count):
        await wire.publish(f"booking.held.v1.{uuid4()}", b'{"note": "unreadable"}', random_name())

    async def died() -> bool:
        return await dead(wire) >= before + count

    await eventually(died, within=20)


async def dead(wire: Broker) -> int:
    info = await wire.js.stream_info("DEADLETTER", subjects_filter=f"deadletter.{DURABLE}")
    return sum((info.state.subjects or {}).values())


async def test_the_doctor_finds_a_healthy_stack_healthy(tidebook: Tidebook) -> None:
    async def healthy() -> Ran:
        seen = await tidebook("doctor")
        # The suites' PostgreSQL does not sync, for speed; that is the one thing that may be found.
        failed = [line for line in seen.out.splitlines() if line.startswith("fail")]
        assert [line for line in failed if "PostgreSQL durability" not in line] == []
        assert seen.code == (1 if failed else 0)
        return seen

    seen = await eventually(healthy, within=20, every=1)  # some may have told last of their first moments
    print(seen.out)
    for subject in ("NATS  ", "NATS fsync", "NATS clock", "NATS disk", "streams", "topology", "PostgreSQL  ",
                    "PostgreSQL clock", "oldest transaction", "booking migration", "booking roles", "booking outbox",
                    "audit log", "Redis  ", "Redis clock", "mail relay", "gateway", "zone data"):  # fmt: skip
        assert f"ok    {subject}" in seen.out, f"{subject!r} is missing or not ok"


async def test_the_doctor_says_what_is_wrong_and_what_to_do(stack: Stack, tidebook: Tidebook, wire: Broker) -> None:
    await poison(wire)
    config = (await wire.js.stream_info("WEBHOOKS")).config
    await wire.js.update_stream(config.evolve(max_age=3600.0, duplicate_window=600.0))
    admin = await asyncpg.connect(stack.servers.postgres.url)
    revision = await admin.fetchval("SELECT version_num FROM billing.alembic_version")
    await admin.execute("ALTER ROLE notifier BYPASSRLS; UPDATE billing.alembic_version SET version_num = '0000_old'")
    nothing = f"127.0.0.1:{free_ports(1)[0]}"
    try:
        seen = await tidebook("doctor", REDIS_URL=f"redis://{nothing}", SMTP_PORT=nothing.partition(":")[2])
        rebuilt = await tidebook("rebuild-streams", "--since", "1h")
    finally:
        await admin.execute("ALTER ROLE notifier NOBYPASSRLS")
        await admin.execute("UPDATE billing.alembic_version SET version_num = $1", revision)
        await admin.close()
        await wire.js.update_stream(config)
    print(seen.out)
    assert (seen.code, rebuilt.code) == (1, 1)
    assert "make topology" in rebuilt.err, "a stream that differs is not refilled"
    for line in (
        "warn  dead letters            ",
        "fail  topology                stream WEBHOOKS differs",
        "fail  notifier roles          notifier: above row-level security",
        "fail  billing migration       code ",
        "warn  Redis                   does not answer",
        "fail  mail relay              ",
        "-> run `make topology`",
        "-> run `make migrate`",
        "-> `tidebook dead-letters list` shows them",
    ):
        assert line in seen.out, line


async def test_the_doctor_survives_the_absence_of_everything(tidebook: Tidebook) -> None:
    nothing = f"127.0.0.1:{free_ports(1)[0]}"
    gone = {
        "API_URL": f"http://{nothing}",
        "NATS_URL": f"nats://{nothing}",
        "DATABASE_URL": f"postgresql://a:b@{nothing}/x",
        "REDIS_URL": f"redis://{nothing}",
        "SMTP_PORT": "x",
    }
    for overrides in (gone, dict.fromkeys(gone, "not a url"), {**dict.fromkeys(gone, ""), "API_URL": "http://\x7f"}):
        seen = await tidebook("doctor", **overrides)
        assert seen.code == 1
        assert "fail  NATS" in seen.out
        assert "fail  booking database" in seen.out


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([ZONE_DATA, None, "2025.2"], f"warn  zone data               {ZONE_DATA} here, instance-2: 2025.2"),
        ([None, None], f"warn  zone data               {ZONE_DATA} here, nobody else tells"),
        ([ZONE_DATA, None], f"ok    zone data               {ZONE_DATA}"),
    ],
)
async def test_the_doctor_sees_who_reads_clocks_by_other_zone_data(
    tidebook: Tidebook, versions: list[str | None], told: str
) -> None:
    """A gateway of its own, which says what replicas of an older release would have it say."""
    instances: list[dict[str, object]] = [
        {"instance": f"instance-{n}", "zone_data": v, "checks": {}} for n, v in enumerate(versions)
    ]
    status = json.dumps({"checks": {}, "services": [{"name": "booking", "instances": instances}]}).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + status)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        seen = await tidebook("doctor", API_URL=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert told in seen.out, seen.out


async def test_what_new_zone_data_move_is_listed(stack: Stack, api: Api, tidebook: Tidebook) -> None:
    """As if it had been booked by data in which Vancouver still turned its clocks back in November 2026."""
    service = await api.service(horizon_days=730)
    await api.resource(service, time_zone="America/Vancouver")
    ids = []
    for day in ("2027-01-13", "2027-01-14", "2027-06-13", "2027-01-15"):
        made = await api.book(service, datetime.fromisoformat(f"{day}T16:00:00Z"))
        assert made.status_code == 201, made.text
        assert made.json()["local_start"] == f"{day}T09:00:00-07:00"
        ids.append(made.json()["id"])
    shifted, _, _, cancelled = ids
    assert (await tidebook("shifted-bookings")).out.startswith("0 of ")
    admin = await asyncpg.connect(stack.servers.postgres.url)
    try:
        before = "UPDATE booking.bookings SET agreed_local_start = agreed_local_start - interval '1 hour' WHERE id = $1"
        for booking in (shifted, cancelled):
            assert await admin.execute(before, booking) == "UPDATE 1"
        await api.post(f"/v1/bookings/{cancelled}/cancel", {})
        seen = await tidebook("shifted-bookings")
        await admin.execute("UPDATE booking.bookings SET agreed_local_start = NULL WHERE id = $1", ids[1])
        unknown = await tidebook("shifted-bookings")
    finally:
        await admin.close()
    assert seen.code == 0, seen.err
    line, total = seen.out.splitlines()
    assert line == (
        f"{shifted}  2027-01-13T16:00Z  agreed 2027-01-13 08:00, now 2027-01-13 09:00  America/Vancouver  "
        f"tenant {api.tenant_id}"
    )
    assert total.startswith("1 of ")
    assert total.endswith(ZONE_DATA)
    assert unknown.out.strip().endswith("; of 1 it isn't known what was agreed")
    # Moving it is agreeing anew.
    moved = await api.post(f"/v1/bookings/{shifted}/reschedule", {"starts_at": "2027-01-13T17:00:00Z"})
    assert moved.status_code == 200, moved.text
    assert (await tidebook("shifted-bookings")).out.startswith("0 of ")


async def test_dead_letters_are_listed_shown_replayed_and_discarded(tidebook: Tidebook, wire: Broker) -> None:
    await poison(wire, 3)
    listed = await tidebook("dead-letters", "list", "--durable", DURABLE)
    assert listed.code == 0
    numbers = [line.split()[0] for line in listed.out.splitlines() if DURABLE in line]
    assert len(numbers) >= 3
    assert "poison" in listed.out
    first, second, *_ = numbers
    shown = await tidebook("dead-letters", "show", first)
    assert '{"note": "unreadable"}' in shown.out
    assert "booking.held.v1." in shown.out
    again = await tidebook("dead-letters", "replay", first)
    assert again.code == 1
    assert "failed again" in again.err
    gone = await tidebook("dead-letters", "discard", first, second, "--reason", "a test's")
    assert gone.code == 0
    assert gone.out.count("discarded") == 2
    twice = await tidebook("dead-letters", "discard", first, "--reason", "again")
    assert (twice.code, "discarded before" in twice.out) == (0, True)
    bulk = await tidebook("dead-letters", "replay", "--durable", DURABLE)
    assert bulk.code == 1
    assert "failed again" in bulk.out + bulk.err
    missing = await tidebook("dead-letters", "show", first)
    assert missing.code == 1
    assert "not_found" in missing.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("dead-letters", "show", "x"), 2, "Invalid value for 'number'"),
        (("dead-letters", "show", "0"), 2, "Invalid value for 'number'"),
        (("dead-letters", "show", "../../tenants"), 2, "Invalid value for 'number'"),
        (("dead-letters", "replay"), 2, "give numbers, or --durable"),
        (("dead-letters", "replay", "1", "--durable", "x"), 2, "give numbers, or --durable"),
        (("dead-letters", "replay", "--durable", "../x"), 1, "validation_error"),
        (("dead-letters", "list", "--durable", "a b"), 1, "validation_error"),
        (("dead-letters", "list", "--limit", "0"), 2, "--limit"),
        (("dead-letters", "discard", "1"), 2, "--reason"),
        (("rebuild-streams",), 2, "--since"),
        (("rebuild-streams", "--since", "yesterday"), 2, "--since yesterday"),
        (("rebuild-streams", "--since", "999999d"), 2, "--since 999999d"),
        (("rebuild-streams", "--since", "2999-01-01"), 2, "lies in the future"),
        (("rebuild-streams", "--since", "1h", "--service", "gateway"), 2, "is none of booking, billing, notifier"),
        (("tenants", "add"), 2, "Missing argument"),
        (("tenants", "add", " "), 1, "validation_error"),
        (("tenants", "list", "--limit", "0"), 2, "--limit"),
        (("keys", "add", "Sparkle", "website"), 2, "Invalid value for 'tenant'"),
        (("keys", "add", NOBODY, "website"), 1, "not_found"),
        (("keys", "add", NOBODY, "website", "--scope", "everything"), 2, "--scope"),
        (("keys", "add", NOBODY, "website", "--expires", "1999-12-31"), 2, "has passed already"),
        (("keys", "add", NOBODY, "website", "--expires", "soon"), 2, "--expires soon"),
        (("keys", "add", NOBODY, "website", "--expires", "999999d"), 1, "expires_at"),
        (("keys", "add", NOBODY, "website", "--role", "everybody"), 2, "--role"),
        (("keys", "add", NOBODY, "website", "--role", "owner", "--scope", "bookings:read"), 2, "one of both"),
        (("keys", "rotate", "unknown"), 1, "not_found"),
        (("read-only", "on"), 2, "--reason"),
        (("read-only", "on", "--reason", "x", "--tenant", NOBODY), 1, "not_found"),
        (("keys", "list", "--tenant", "me"), 2, "--tenant"),
        (("keys", "revoke"), 2, "Missing argument"),
        (("keys", "revoke", "../tenants"), 1, "1 of 1 failed"),
        (("keys", "revoke", "unknown"), 1, "1 of 1 failed"),
        (("completion", "csh"), 2, "csh"),
        (("doctor", "--fast"), 2, "No such option"),
        (("shifted-bookings", "now"), 2, "Got unexpected extra argument"),
        (("nonsense",), 2, "No such command"),
    ],
)
async def test_wrong_wishes_get_one_clear_line(
    tidebook: Tidebook, arguments: tuple[str, ...], code: int, told: str
) -> None:
    seen = await tidebook(*arguments)
    assert seen.code == code, seen.err
    assert told in seen.err.splitlines()[-1]


async def test_a_wrong_place_or_key_gets_one_clear_line(tidebook: Tidebook) -> None:
    nothing = f"127.0.0.1:{free_ports(1)[0]}"
    for overrides, told in (
        ({"OPERATOR_API_KEY": "wrong"}, "unauthorized"),
        ({"OPERATOR_API_KEY": ""}, "OPERATOR_API_KEY is not set"),
        ({"API_URL": f"http://{nothing}"}, "does not answer"),
        ({"API_URL": "nonsense"}, "does not answer"),
    ):
        seen = await tidebook("dead-letters", "list", **overrides)
        assert (seen.code, told in seen.err, len(seen.err.splitlines())) == (1, True, 1), seen.err
    for url in (f"postgresql://a:b@{nothing}/x", "nonsense", ""):
        seen = await tidebook("shifted-bookings", DATABASE_URL=url)
        assert (seen.code, len(seen.err.splitlines())) == (1, 1), seen.err
    for overrides in ({"NATS_URL": f"nats://{nothing}"}, {"DATABASE_URL": f"postgresql://a:b@{nothing}/x"}):
        seen = await tidebook("rebuild-streams", "--since", "1h", **overrides)
        assert (seen.code, len(seen.err.splitlines())) == (1, 1), seen.err


async def test_the_first_tenant_and_its_keys_are_made_with_nothing_but_the_api(stack: Stack) -> None:
    """As in production, where an operator's shell reaches no server."""
    variables = {"API_URL": stack.api_url, "OPERATOR_API_KEY": stack.credentials.operator_api_key, "COLUMNS": "200"}

    async def tidebook(*arguments: str) -> str:
        seen = await asyncio.to_thread(run, arguments, variables)
        assert seen.code == 0, seen.err
        return seen.out

    name = "Zoë's cleaning"
    tenant = (await tidebook("tenants", "add", name)).split()[0]
    assert (await tidebook("tenants", "list")).splitlines()[0].startswith(f"{tenant}  ")
    assert json.loads(await tidebook("tenants", "list", "--limit", "1", "--json"))["tenants"][0]["name"] == name

    everything = (await tidebook("keys", "add", tenant, "website")).strip()
    reading = ("keys", "add", tenant, "read", "--scope", "catalog:read", "--scope", "bookings:read")
    made: dict[str, Any] = json.loads(await tidebook(*reading, "--expires", "90d", "--json"))
    assert sorted(made["scopes"]) == ["bookings:read", "catalog:read"]
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)

    async with httpx.AsyncClient(base_url=stack.api_url, trust_env=False, timeout=allowed(10)) as http:

        async def admitted(key: str) -> int:
            return (await http.get("/v1/services", headers={"Authorization": f"Bearer {key}"})).status_code

        assert [await admitted(key) for key in (everything, made["key"])] == [200, 200]
        assert "revoked" in await tidebook("keys", "revoke", made["id"], made["id"])

        async def refused() -> bool:
            return await admitted(made["key"]) == 401

        await eventually(refused, within=6)
        assert await admitted(everything) == 200

    assert "read-only" in await tidebook("read-only", "on", "--tenant", tenant, "--reason", "a drill")
    assert f"{tenant}  read-only" in await tidebook("read-only", "show")
    assert "let in" in await tidebook("read-only", "off", "--tenant", tenant, "--reason", "it is over")
    assert tenant not in await tidebook("read-only", "show")

    job: dict[str, Any] = json.loads(await tidebook("keys", "add", tenant, "desk", "--role", "dispatcher", "--json"))
    successor = (await tidebook("keys", "rotate", job["id"], "--grace-hours", "1")).strip()
    lines = (await tidebook("keys", "list", "--tenant", tenant)).splitlines()
    desk = sorted(line for line in lines if line.endswith("dispatcher  desk"))
    assert ["replaced, ends" in line for line in sorted(desk, key=lambda line: job["id"] not in line)] == [True, False]
    lines = [line for line in lines if line not in desk]
    assert successor not in str(desk)
    assert sorted((line.split()[2], line.split()[-1]) for line in lines) == [("revoked", "read"), ("usable", "website")]
    listed = json.loads(await tidebook("keys", "list", "--tenant", tenant, "--json"))["api_keys"]
    assert {key["name"] for key in listed} == {"website", "read", "desk"}
    assert everything not in str(lines) + str(listed)


async def test_lists_longer_than_a_page_are_shown_whole(tidebook: Tidebook, stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {stack.credentials.operator_api_key}"}
    async with httpx.AsyncClient(base_url=stack.api_url, headers=headers, trust_env=False, timeout=60) as http:
        for number in range(120):
            assert (await http.post("/v1/tenants", json={"name": f"Number {number}"})).status_code == 201
    listed = json.loads((await tidebook("tenants", "list", "--limit", "110", "--json")).out)["tenants"]
    assert [tenant["name"] for tenant in listed] == [f"Number {number}" for number in range(119, 9, -1)]
    assert len((await tidebook("tenants", "list", "--limit", "110")).out.splitlines()) == 110


async def test_programs_get_one_json_document(tidebook: Tidebook, wire: Broker) -> None:
    await poison(wire)
    seen = await tidebook("doctor", "--json", SMTP_PORT="1")
    document = json.loads(seen.out)
    [relay] = [finding for finding in document["findings"] if finding["subject"] == "mail relay"]
    assert (seen.code, relay["grade"]) == (1, "fail")
    assert relay["cure"]
    for grade in ("ok", "warn", "fail"):
        assert document[grade] == sum(finding["grade"] == grade for finding in document["findings"])

    listed = json.loads((await tidebook("dead-letters", "list", "--json", "--limit", "1")).out)
    [letter] = listed["dead_letters"]
    assert listed["total"] >= 1
    shown = json.loads((await tidebook("dead-letters", "show", str(letter["number"]), "--json")).out)
    assert shown["payload"]["data"] == '{"note": "unreadable"}'

    failed = await tidebook("tenants", "list", "--json", OPERATOR_API_KEY="wrong")
    assert (failed.code, failed.out) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor",),
        ("doctor", "--json"),
        ("rebuild-streams", "--since", "1h"),
        ("dead-letters", "list"),
        ("tenants", "list"),
        ("keys", "list"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("left_behind", [False, True], ids=["none was ever here", "one was killed"])
def test_without_a_stack_every_command_says_so(tmp_path: Path, arguments: tuple[str, ...], left_behind: bool) -> None:
    if left_behind:
        (tmp_path / ".tidebook").mkdir()
        (tmp_path / ".tidebook" / "lock").write_text("4711\n")
        (tmp_path / ".tidebook" / "dev.env").write_text("API_URL=http://127.0.0.1:1\nNATS_URL=nats://127.0.0.1:1\n")
    before = sorted(tmp_path.rglob("*"))
    seen = run(arguments, {}, tmp_path)
    assert (seen.code, seen.out, len(seen.err.splitlines())) == (1, "", 1), seen
    assert "no stack of `make run` is running here" in seen.err
    assert sorted(tmp_path.rglob("*")) == before


async def test_it_says_which_version_it_is(tmp_path: Path) -> None:
    seen = await asyncio.to_thread(run, ("--version",), {}, tmp_path)
    assert (seen.code, seen.out) == (0, f"tidebook {(ROOT / 'VERSION').read_text().strip()}\n")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", f"{COMMANDS} --version --help"),
        ("de", "dead-letters"),
        ("keys ", "add list revoke rotate --help"),
        ("keys add --", "--role --scope --expires --json --help"),
        (
            "keys add x y --scope ",
            "catalog:read catalog:write bookings:read bookings:write bookings:override "
            "customers:read customers:write payments:read settings:read settings:write audit:read",
        ),
        ("keys add x y --scope bookings:", "read write override"),
        ("dead-letters list --durable billing-r", "billing-request-deposit billing-request-refund"),
        ("rebuild-streams --service ", "booking billing notifier"),
        ("completion ", "bash zsh --help"),
        ("keys add --expires ", ""),
    ],
)
def test_bash_completes_what_is_typed(tmp_path: Path, typed: str, offered: str) -> None:
    commands = f"""
        eval "$({TIDEBOOK} completion bash)"
        COMP_LINE={shlex.quote(f"tidebook {typed}")}
        COMP_POINT=${{#COMP_LINE}}
        $(complete -p tidebook | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        echo "${{COMPREPLY[*]}}"
    """
    command = ["bash", "--norc", "-c", commands]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=allowed(30), check=False)
    assert (done.stderr, done.stdout) == ("", f"{offered}\n")


def test_zsh_is_told_the_same(tmp_path: Path) -> None:
    cases = {
        shell: [
            re.sub(r" words(_here)?=", " words=", line)
            for line in run(("completion", shell), {}, tmp_path).out.splitlines()
            if line.lstrip().startswith(("(", "case"))
        ]
        for shell in ("bash", "zsh")
    }
    assert len(cases["bash"]) > 20
    assert cases["zsh"][-len(cases["bash"]) + 1 :] == cases["bash"][1:]
