"""The machine, and what processes take of it: CPU time, resident memory, open files. Linux only (`/proc`)."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def description() -> str:
    """What this was measured on."""
    names = [line for line in (_PROC / "cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].partition(":")[2].strip() if names else platform.machine()
    gibibytes = int((_PROC / "meminfo").read_text().split()[1]) // 1024**2
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({model}), {gibibytes} GiB, {platform.system()}, Python {python}"


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def open_files(pid: int) -> int:
    """File descriptors of a process."""
    return len(list((_PROC / str(pid) / "fd").iterdir()))


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its children, those that have ended included."""
    fields = _stat(pid)
    own = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
    return own + sum(cpu_seconds(child) for child in _children(pid))


def _stat(pid: int) -> list[str]:
    """The fields of `/proc/<pid>/stat` after the name, zeros for a process that is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]
    except OSError:
        return []


@dataclass(slots=True)
class Effort:
    """Time passed and CPU spent since `begin`: by this process, and by others by name."""

    others: Mapping[str, int] = field(default_factory=dict)
    """Name to pid of the servers that work for what is measured."""
    seconds: float = 0
    own_cpu: float = 0
    cpu: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """From here on."""
        self.cpu = {name: -cpu_seconds(pid) for name, pid in self.others.items()}
        self.own_cpu = -time.process_time()
        self.seconds = -time.perf_counter()

    def end(self) -> None:
        """Up to here."""
        self.seconds += time.perf_counter()
        self.own_cpu += time.process_time()
        for name, pid in self.others.items():
            self.cpu[name] += cpu_seconds(pid)
