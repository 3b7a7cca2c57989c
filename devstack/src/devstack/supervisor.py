"""Keeps children alive: one that dies without having been asked to is started again, ever more slowly."""

import time
from collections.abc import Callable
from threading import Event, RLock, Thread

from devstack.process import Child, DevstackError

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
_STEADY_SECONDS = 10.0
"""Who ran this long has recovered: its next end counts as the first again."""
_POLL_SECONDS = 0.05


class _Watched:
    """A child and what its last ends were like."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.delay = 0.0
        self.revive_at: float | None = None
        self.revived_at = time.monotonic()


class Supervisor:
    """Watches children from a thread of its own, between `start` and `stop`."""

    def __init__(self, report: Callable[[str], None] = lambda _: None) -> None:
        """`report` is told, in one line, of every end and every restart."""
        self._report = report
        self._watched: dict[str, _Watched] = {}
        self._lock = RLock()
        self._over = Event()
        self._thread: Thread | None = None

    def watch(self, child: Child) -> None:
        """Keep this child alive from now on; an orderly `stop` or `kill` of it is respected."""
        with self._lock:
            self._watched.setdefault(child.name, _Watched(child))

    def start(self) -> None:
        """Begin to watch."""
        self._over.clear()
        self._thread = Thread(target=self._run, name="devstack-supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let them die in peace; returns when nothing will be started any more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._over.wait(_POLL_SECONDS):
            with self._lock:
                watched = list(self._watched.values())
            for one in watched:
                self._look_after(one)

    def _look_after(self, one: _Watched) -> None:
        now = time.monotonic()
        if one.child.running or not one.child.wanted:
            one.revive_at = None
            return
        if one.revive_at is None:
            steady = now - one.revived_at > _STEADY_SECONDS
            one.delay = FIRST_DELAY_SECONDS if steady or not one.delay else min(one.delay * 2, LONGEST_DELAY_SECONDS)
            one.revive_at = now + one.delay
            self._report(f"{one.child.name} ended ({one.child.exit_status}), starts again in {one.delay:g} s")
        elif now >= one.revive_at:
            one.revive_at = None
            one.revived_at = now
            try:
                one.child.revive()
            except (DevstackError, OSError) as error:
                self._report(f"{one.child.name} can't be started: {error}")
