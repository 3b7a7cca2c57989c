"""Every block of commands in the documents that isn't marked as an example, run as it is written on a fresh clone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devstack.ports import Ports, free_ports
from devstack.servers import temporary_directory
from tests.support.documents import ROOT, RUN, Block, blocks, markdown_files
from tests.support.eventually import allowed

BLOCKS = [block for document in markdown_files() for block in blocks(document) if block.info == RUN]
[START] = [block for block in BLOCKS if block.text == "make run\n"]
[FIRST_BOOKING] = [block for block in BLOCKS if "/v1/bookings" in block.text and block.place.startswith("README.md")]
READY_SECONDS = 90


@dataclass
class Checkout:
    """A clone, and what the shell in it has been told."""

    directory: Path
    variables: dict[str, str]

    def run(self, command: list[str], **variables: str) -> str:
        """What a command says. It must end well, and leave nothing in the clone that git sees."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=allowed(180),
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        left = ["git", "status", "--porcelain"]
        assert not subprocess.run(left, cwd=self.directory, capture_output=True, text=True, check=True).stdout
        return done.stdout

    @contextmanager
    def started(self, base: int, data: str, **variables: str) -> Iterator[None]:
        """The block that starts a stack, until Ctrl-C. It is ready once it has written `dev.env`."""
        log, told = self.directory.parent / f"{base}.log", self.directory / data / "dev.env"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["sh", "-c", START.text],
                cwd=self.directory,
                env={**self.variables, **variables, "TIDEBOOK_PORT_BASE": str(base)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + allowed(READY_SECONDS)
            while not told.exists():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                with_patience(process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(allowed(30))
        assert not told.exists()


def with_patience(process: subprocess.Popen[bytes]) -> None:
    """Wait a little, or until the process ends."""
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return


def free_base(*but: int) -> int:
    """A port base whose ports nobody has."""
    for base in free_ports(100):
        if base < 30_000 and all(abs(base - other) > 20 for other in but) and not Ports.from_base(base).taken():
            return base
    pytest.fail("no free port base")


@pytest.fixture(scope="module")
def base() -> int:
    return free_base()


@pytest.fixture(scope="module")
def checkout(base: int) -> Iterator[Checkout]:
    """A clone with `make run` up. Where it keeps its data is what it would be without the moved ports."""
    directory = temporary_directory()
    clone = directory / "tidebook"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    for path in clone.rglob("*"):
        if ".git" not in path.parts:
            os.utime(path, (0, 0))  # older than the environment, which is as these files want it
    (clone / ".venv").symlink_to(Path(sys.executable).parents[1])
    moved = {"TIDEBOOK_DIR": ".tidebook", "TIDEBOOK_PORT_BASE": str(base)}
    shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    try:
        checkout = Checkout(clone, shell)
        with checkout.started(base, ".tidebook", **moved):
            yield Checkout(clone, {**shell, **moved})
    finally:
        shutil.rmtree(directory)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b not in (START, FIRST_BOOKING)], ids=lambda block: block.place)
def test_a_block_of_commands_does_what_it_says(checkout: Checkout, tmp_path: Path, block: Block) -> None:
    script = tmp_path / "script"
    script.write_text(block.text)
    path = checkout.variables["PATH"]
    if not block.place.startswith("README.md"):  # operators and developers are told where `tidebook` lies
        path = f"{checkout.directory / '.venv/bin'}{os.pathsep}{path}"
    assert checkout.run(["sh", "-eu", str(script)], PATH=path)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_the_first_booking_is_a_script_that_runs_again(checkout: Checkout, tmp_path: Path, shell: str) -> None:
    script, tools = tmp_path / "first.sh", tmp_path / "bin"
    script.write_text(FIRST_BOOKING.text)
    tools.mkdir()
    # Nothing else, so that it can't lean on what only GNU's tools do.
    for name, program in (("curl", shutil.which("curl")), ("python3", sys.executable)):
        assert program, f"{name} is missing"
        (tools / name).symlink_to(program)
    interpreter = shutil.which(shell)
    assert interpreter, f"{shell} is missing"
    made = [json.loads(checkout.run([interpreter, "-eu", str(script)], PATH=str(tools))) for _ in range(2)]
    assert [booking.get("status") for booking in made] == ["confirmed", "confirmed"], made
    assert made[0]["id"] != made[1]["id"]


def test_one_variable_makes_room_for_a_second_stack(checkout: Checkout, base: int) -> None:
    second = free_base(base)
    data = f".tidebook-{second}"
    alone = {"TIDEBOOK_DIR": "", "TIDEBOOK_PORT_BASE": str(second)}

    def tenants(**variables: str) -> set[str]:
        listed = json.loads(checkout.run([".venv/bin/tidebook", "tenants", "list", "--json"], **variables))
        return {tenant["id"] for tenant in listed["tenants"]}

    with checkout.started(second, data, TIDEBOOK_DIR=""):
        assert tenants(**alone)
        assert not tenants(**alone) & tenants()
        shown = (checkout.directory.parent / f"{second}.log").read_text()
        assert f"TIDEBOOK_PORT_BASE={second} make demo" in shown, "what is told to be tried leads to the other stack"
    checkout.run(["make", "clean"], **alone)
    assert not (checkout.directory / data).exists()
    assert httpx.get(f"http://127.0.0.1:{base}/healthz", trust_env=False).status_code == 200
