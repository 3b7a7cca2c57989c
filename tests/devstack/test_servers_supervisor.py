"""The supervisor restarts what dies, respects what was stopped, and ends everything in time."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.process import Child, stop_all
from devstack.supervisor import FIRST_DELAY_SECONDS, Supervisor
from tests.support.eventually import allowed, eventually

LIVES = "import time; print('here', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
DIES = "import sys; sys.exit('no')"


class Watched:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reports: list[str] = []
        self.supervisor = Supervisor(self.reports.append)
        self.children: list[Child] = []

    def child(self, name: str, program: str) -> Child:
        child = Child(name, [sys.executable, "-c", program], directory=self.directory)
        self.children.append(child)
        self.supervisor.watch(child)
        child.launch()
        return child


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    watched.supervisor.start()
    yield watched
    watched.supervisor.stop()
    stop_all(watched.children, 0)


async def test_one_that_dies_is_started_again_as_another_process(watched: Watched) -> None:
    child = watched.child("lives", LIVES)
    first = child.pid
    child.send(signal.SIGKILL)

    async def back() -> bool:
        return child.running and child.pid != first

    await eventually(back, within=5)
    assert watched.reports == [f"lives ended (SIGKILL), starts again in {FIRST_DELAY_SECONDS:g} s"]


async def test_one_that_keeps_dying_is_started_ever_more_slowly(watched: Watched) -> None:
    watched.child("dies", DIES)

    async def reported() -> bool:
        return len(watched.reports) >= 3

    await eventually(reported, within=10)
    delays = [report.rpartition(" in ")[2] for report in watched.reports[:3]]
    assert delays == ["0.2 s", "0.4 s", "0.8 s"]


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_one_that_was_ended_on_purpose_stays_down(watched: Watched, end: str) -> None:
    child = watched.child("lives", LIVES)
    other = watched.child("other", LIVES)
    getattr(child, end)()
    first = other.pid
    other.send(signal.SIGKILL)

    async def other_is_back() -> bool:
        return other.running and other.pid != first

    await eventually(other_is_back, within=5)
    assert not child.running
    child.launch()
    assert child.running


async def test_all_are_asked_at_once_and_the_deaf_are_killed(watched: Watched) -> None:
    children = [watched.child(f"deaf-{number}", DEAF) for number in range(3)] + [watched.child("lives", LIVES)]

    async def listening() -> bool:
        return all("here" in child.said() for child in children)

    await eventually(listening, within=10)
    began = time.monotonic()
    stop_all(children, 1)
    assert 1 <= time.monotonic() - began < allowed(5)
    assert not any(child.running for child in children)
    assert [child.exit_status for child in children] == ["SIGKILL"] * 3 + ["SIGTERM"]
    assert watched.reports == []


async def test_output_goes_to_the_log_of_that_name_and_last_words_are_of_this_start(watched: Watched) -> None:
    child = watched.child("dies", DIES)

    async def ended() -> bool:
        return child.said() == "no"

    await eventually(ended, within=5)
    child.stop()
    assert (watched.directory / "logs" / "dies.log").read_text().count("no") >= 1


def test_children_do_not_get_the_terminals_interrupt(watched: Watched) -> None:
    child = watched.child("lives", LIVES)
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    process_group, session = int(fields[2]), int(fields[3])
    assert process_group == session == child.pid
