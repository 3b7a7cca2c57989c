"""One child process: started, watched, frozen, killed, and never left behind.

Each child is the leader of its own session, so a Ctrl-C in the terminal reaches only the devstack,
which then stops its children in order. If the devstack itself is killed, the kernel ends them
(`launch`); where it can't (not Linux), a pid file lets the next start find and end them.
Not here: what is run (`servers`, `stack`) and what happens when a child dies (`supervisor`).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_LIMIT_BYTES = 20 * 1024 * 1024
_POLL_SECONDS = 0.02

# The kernel ends a child when the *thread* that started it ends, so all children are started by
# one thread that lives as long as the process.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="devstack-starter")


def await_stop(pid: int, within_seconds: float = 5) -> None:
    """Wait until every thread of a process that was sent SIGSTOP stands still, or the process is gone.

    The signal only begins it: threads that run go on until they are told, which takes a busy machine milliseconds.
    """
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline and not all(state in "TtZX" for state in _thread_states(pid)):
        time.sleep(0.001)


def _thread_states(pid: int) -> list[str]:
    states = []
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return states


class DevstackError(Exception):
    """Something a person must know, in one line."""


@dataclass(frozen=True, slots=True)
class User:
    """The system user a child runs as."""

    name: str
    uid: int
    gid: int


class Child:
    """A program of the stack. `start` after an end reuses name, log and settings."""

    stop_signal = signal.SIGTERM
    parent_death_signal = signal.SIGKILL

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path = Path("/"),
        user: User | None = None,
    ) -> None:
        """Logs go to `directory/logs/<name>.log`, the pid to `directory/run/<name>.pid`."""
        self.name = name
        self.command = [str(part) for part in command]
        self.environment = dict(environment or {})
        self.cwd = cwd
        self.user = user
        self.log_path = directory / "logs" / f"{name}.log"
        self.pid_path = directory / "run" / f"{name}.pid"
        self.wanted = False
        """Whether it should be running: set by `start`, cleared by `stop` and `kill`."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = RLock()
        self._log_start = 0

    @property
    def pid(self) -> int:
        """Its process id. Raises `DevstackError` while it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise DevstackError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists (a frozen one does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> str:
        """How it ended, for people: `exit code 1`, `SIGKILL`."""
        code = self._process.poll() if self._process else None
        if code is None:
            return "running" if self._process else "not started"
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def launch(self) -> None:
        """Start the process without waiting until it is ready."""
        with self._lock:
            if self.running:
                return
            end_stale(self.pid_path, self.name)
            _starter.submit(self._spawn).result()
            # Only now: a supervisor that looks in between must not take the not yet for the dead.
            self.wanted = True

    def revive(self) -> None:
        """Launch it again if it should run and doesn't."""
        with self._lock:
            if self.wanted and not self.running:
                self.launch()

    def _spawn(self) -> None:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self.pid_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [*_launcher(self.user, self.parent_death_signal), *self.command],
                env={**inherited_environment(), **self.environment},
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_path.write_text(f"{self._process.pid} {_start_time(self._process.pid)}\n")

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it runs; a supervisor sees what follows as it would a crash."""
        if self.running and self._process is not None:
            self._process.send_signal(number)
            if number == signal.SIGSTOP:
                await_stop(self._process.pid)

    def freeze(self) -> None:
        """Stop it in its tracks (SIGSTOP): connected, silent, as a machine that hangs."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once (SIGKILL), with whatever it started; it stays down until `start`."""
        with self._lock:
            self.wanted = False
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self.pid_path.unlink(missing_ok=True)

    def stop(self, grace_seconds: float = 6) -> None:
        """Ask it to end; after `grace_seconds` end it. It stays down until `start`."""
        stop_all([self], grace_seconds)

    def ask_to_stop(self) -> None:
        """Send the signal that this program ends in order on."""
        with self._lock:
            self.wanted = False
            self.send(self.stop_signal)
            self.send(signal.SIGCONT)

    def said(self, lines: int = 3) -> str:
        """The last lines it wrote since its last start."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(self._log_start, self.log_path.stat().st_size - 65_536))
                text = log.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])

    def wait_until(self, ready: Callable[[], bool], within_seconds: float) -> None:
        """Wait for `ready()`. Raises `DevstackError` when the process ends or the time is over."""
        deadline = time.monotonic() + within_seconds
        while not ready():
            if not self.running:
                raise DevstackError(f"{self.name} ended ({self.exit_status}): {self._last_words()}")
            if time.monotonic() > deadline:
                raise DevstackError(f"{self.name} was not ready within {within_seconds:g} s: {self._last_words()}")
            time.sleep(_POLL_SECONDS)

    def _last_words(self) -> str:
        said = self.said(1) or "it said nothing"
        return f"{said[:400]} (log: {self.log_path})"


def run_as(
    user: User | None,
    command: Sequence[str | Path],
    *,
    said: str = "",
    environment: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
) -> subprocess.CompletedProcess[str]:
    """Run a short command as `user` (None: as ourselves) with `said` on its input, and wait for it."""
    return subprocess.run(
        # Started by the thread that waits: it is there as long as the command.
        [*_launcher(user, signal.SIGKILL), *(str(part) for part in command)],
        input=said,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**inherited_environment(), **(environment or {})},
        check=False,
    )


def _launcher(user: User | None, death_signal: signal.Signals) -> list[str]:
    ids = (str(user.uid), str(user.gid)) if user else ("-", "-")
    return [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(int(death_signal)), *ids, "--"]


def stop_all(children: Iterable[Child], grace_seconds: float) -> None:
    """Ask all of them to end at once, give them `grace_seconds` together, kill who is left."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace_seconds
    while any(child.running for child in children) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    for child in children:
        child.kill()


def end_stale(pid_path: Path, name: str) -> None:
    """End what an earlier, killed devstack left running under this pid file, if it still is that process."""
    try:
        pid, started = pid_path.read_text().split(maxsplit=1)
    except (OSError, ValueError):
        return
    if _start_time(int(pid)) == started.strip() and int(pid) != os.getpid():
        try:
            os.killpg(int(pid), signal.SIGKILL)
        except PermissionError as error:
            raise DevstackError(
                f"{name} of an earlier run (pid {pid}) belongs to another user: end it first"
            ) from error
        except ProcessLookupError:
            pass
        deadline = time.monotonic() + 5
        while _start_time(int(pid)) == started.strip() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    pid_path.unlink(missing_ok=True)


def _start_time(pid: int) -> str:
    """When a process started, in a form to compare; empty if it is gone or only waits to be reaped."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def inherited_environment() -> dict[str, str]:
    """What children take over from this process; not the user's own settings, so that runs are alike."""
    names = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    if not os.access(kept.get("HOME", ""), os.X_OK):
        kept["HOME"] = "/"  # sudo leaves root's, and programs that look for a file there fail
    return {**kept, "PYTHONUNBUFFERED": "1"}
