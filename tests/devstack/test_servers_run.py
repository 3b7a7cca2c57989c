"""`python -m devstack run|run-one|demo|clean` says what is wrong in one line, and leaves nothing behind."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.ports import Ports, free_ports, is_free
from devstack.servers import temporary_directory
from devstack.stack import Stack
from tests.support.eventually import allowed, eventually


def devstack(command: str, directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "TIDEBOOK_DIR": str(directory / "data"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "devstack", command, *arguments],
        cwd=directory,
        env=given,
        capture_output=True,
        text=True,
        timeout=allowed(60),
        check=False,
    )


def said_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.fixture
def base() -> Iterator[int]:
    """A port base whose ports are all free."""
    for candidate in free_ports(50):
        if candidate < 30_000 and not Ports.from_base(candidate).taken():
            yield candidate
            return
    pytest.fail("no free port base")


def test_a_taken_port_is_named_with_what_wants_it_and_the_way_out(tmp_path: Path, base: int) -> None:
    with socket.create_server(("127.0.0.1", base + 13)):
        line = said_in_one_line(devstack("run", tmp_path, TIDEBOOK_PORT_BASE=str(base)))
    assert f"port {base + 13} (Valkey) is taken" in line
    assert f"TIDEBOOK_PORT_BASE={base + 1000} " in line


def test_many_taken_ports_stay_one_line(tmp_path: Path, base: int) -> None:
    taken = [socket.create_server(("127.0.0.1", base + offset)) for offset in range(5)]
    line = said_in_one_line(devstack("run", tmp_path, TIDEBOOK_PORT_BASE=str(base)))
    for one in taken:
        one.close()
    assert f"ports {base} (the API), {base + 1} (booking), {base + 2} (billing) and 2 more are taken" in line


@pytest.mark.parametrize("given", ["eight thousand", "80", "65530", "-1", "8000.5"])
def test_a_port_base_that_is_none_is_refused(tmp_path: Path, given: str) -> None:
    assert f"TIDEBOOK_PORT_BASE={given} is not" in said_in_one_line(devstack("run", tmp_path, TIDEBOOK_PORT_BASE=given))


@pytest.mark.parametrize(
    ("given", "directory"),
    [
        ({}, ".tidebook"),
        ({"TIDEBOOK_PORT_BASE": "8000"}, ".tidebook"),
        ({"TIDEBOOK_PORT_BASE": "9000"}, ".tidebook-9000"),
        ({"TIDEBOOK_PORT_BASE": "09000"}, ".tidebook-9000"),
        ({"TIDEBOOK_PORT_BASE": "9000", "TIDEBOOK_DIR": "mine"}, "mine"),
    ],
)
def test_the_port_base_leads_every_command_to_a_directory_of_its_own(
    tmp_path: Path, given: dict[str, str], directory: str
) -> None:
    everyone = [tmp_path / name for name in (".tidebook", ".tidebook-9000", "mine")]
    for path in everyone:
        path.mkdir()
    variables = {"TIDEBOOK_DIR": "", **given}
    assert str(tmp_path / directory / "dev.env") in said_in_one_line(devstack("demo", tmp_path, **variables))
    assert f"nothing runs on {directory}:" in said_in_one_line(devstack("run-one", tmp_path, "booking", **variables))
    assert devstack("clean", tmp_path, **variables).returncode == 0
    assert [path for path in everyone if not path.exists()] == [tmp_path / directory]


@pytest.mark.parametrize("command", ["run", "demo", "clean"])
def test_a_port_base_leads_nowhere_else(tmp_path: Path, command: str) -> None:
    (tmp_path / "dear").mkdir()
    line = said_in_one_line(devstack(command, tmp_path, TIDEBOOK_DIR="", TIDEBOOK_PORT_BASE="1/../../dear"))
    assert "is not a number" in line
    assert (tmp_path / "dear").exists()


@pytest.mark.parametrize("command", ["run", "clean"])
def test_a_directory_in_use_is_left_alone(tmp_path: Path, command: str) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        line = said_in_one_line(devstack(command, tmp_path))
    assert "already (pid 4711)" in line
    assert (tmp_path / "data" / "lock").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = said_in_one_line(devstack("run", tmp_path, TIDEBOOK_DIR=str(tmp_path / "file" / "data")))
    assert str(tmp_path / "file" / "data") in line


@pytest.mark.parametrize("spoiled", ["nats", "inbox"])
def test_a_server_that_fails_stops_the_start_and_everything_started(base: int, spoiled: str) -> None:
    directory = temporary_directory()
    (directory / "data").mkdir()
    (directory / "data" / spoiled).touch()  # where it wants a directory
    try:
        line = said_in_one_line(devstack("run", directory, TIDEBOOK_PORT_BASE=str(base)))
        assert spoiled in line
        assert not Ports.from_base(base).taken()
        assert not (directory / "data" / "dev.env").exists()
    finally:
        shutil.rmtree(directory)


def test_clean_removes_the_data_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "data" / "logs").mkdir(parents=True)
    (tmp_path / "mine").touch()
    assert devstack("clean", tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert devstack("clean", tmp_path).returncode == 0


def test_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    assert "start `make run` first" in said_in_one_line(devstack("demo", tmp_path))
    [port] = free_ports(1)
    alone = devstack("demo", tmp_path, API_URL=f"http://127.0.0.1:{port}", API_KEY="key")
    assert "is `make run` running?" in said_in_one_line(alone)


def test_run_one_says_what_it_needs(tmp_path: Path) -> None:
    assert "`make run` in another shell" in said_in_one_line(devstack("run-one", tmp_path, "booking-service"))
    line = said_in_one_line(devstack("run-one", tmp_path, "bookings"))
    assert "no service 'bookings'" in line
    assert "api-gateway, booking-service" in line


async def test_run_one_adds_a_replica_to_what_runs(base: int) -> None:
    directory = temporary_directory()
    environment = {"PATH": os.environ["PATH"], "TIDEBOOK_DIR": str(directory / "data"), "TIDEBOOK_PORT_BASE": str(base)}

    def start(log: Path, *command: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            program = [sys.executable, "-m", "devstack", *command]
            return subprocess.Popen(program, env=environment, stdout=output, stderr=subprocess.STDOUT)

    running = [start(directory / "run.log", "run")]
    try:

        async def ready() -> bool:
            assert running[0].poll() is None, (directory / "run.log").read_text()
            return (directory / "data" / "dev.env").exists()

        await eventually(ready, within=60)
        running.append(start(directory / "one.log", "run-one", "api-gateway"))

        async def answers() -> bool:
            said = (directory / "one.log").read_text()
            assert running[1].poll() is None, said
            address = re.search(r"on (http://127\.0\.0\.1:\d+) ", said)
            assert address, said
            assert str(base) not in address[1]
            async with httpx.AsyncClient(trust_env=False, timeout=allowed(10)) as http:
                try:
                    return (await http.get(f"{address[1]}/readyz")).status_code == 200
                except httpx.TransportError as error:
                    raise AssertionError(str(error)) from None

        await eventually(answers, within=30)
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGINT)
            process.wait(30)
        shutil.rmtree(directory)
    assert [process.returncode for process in running] == [0, 0]
    assert not Ports.from_base(base).taken()


def test_a_stack_runs_replicas_that_can_be_killed_stopped_and_added() -> None:
    with Stack.throwaway(replicas={"booking": 2}) as stack:
        assert sorted(stack.processes) == ["billing-1", "booking-1", "booking-2", "gateway-1", "jobs-1", "notifier-1"]
        first = stack.processes["booking-1"].pid
        stack.kill("booking-1")
        stack.processes["booking-2"].stop()
        stack.wait_ready("booking-1")
        assert stack.processes["booking-1"].pid != first
        assert not stack.processes["booking-2"].running
        second_gateway = stack.add("gateway", RATE_LIMIT_PER_MINUTE="5")
        assert second_gateway.name == "gateway-2"
        assert httpx.get(f"{second_gateway.url}/readyz", trust_env=False).status_code == 200
        ports = [process.port for process in stack.processes.values()]
    assert all(is_free(port) for port in ports)
    assert not stack.directory.exists()
