"""Stopping a server and everything it has started in their tracks, as a machine that hangs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack.process import await_stop


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process and its children, stopped in their tracks."""
    family = [pid, *children_of(pid)]
    for member in family:
        _send(member, signal.SIGSTOP)
    for member in family:
        await_stop(member)
    try:
        yield
    finally:
        for member in family:
            _send(member, signal.SIGCONT)


def children_of(pid: int) -> list[int]:
    """Every process that descends from this one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        if int(fields[1]) == pid:
            child = int(stat.parent.name)
            found += [child, *children_of(child)]
    return found


def _send(pid: int, number: signal.Signals) -> None:
    """To a process that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
