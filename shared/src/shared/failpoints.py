"""Places where a process can be made to die, to prove that dying there loses nothing and repeats nothing.

Off unless `CRASH_AT` arms one, which production refuses; otherwise a place costs one comparison.
tests/crash walks all of them. A leaf: standard library only.
"""

import os
import re
import signal
from contextvars import ContextVar
from enum import StrEnum


class Failpoint(StrEnum):
    """A boundary between two steps of a path, named for what has just happened or is just about to.

    Each owner names its own in a subclass: the kernel below, a service in its `failpoints` module.
    """


class KernelFailpoint(Failpoint):
    """The steps that every handler and every relay takes."""

    BATCH_READ = "batch.read"
    COMMITTING = "transaction.committing"
    COMMITTED = "transaction.committed"
    OUTCOME_SENDING = "outcome.sending"
    OUTCOME_SENT = "outcome.sent"
    ACKNOWLEDGING = "delivery.acknowledging"
    ACKNOWLEDGED = "delivery.acknowledged"
    RETURNING = "delivery.returning"
    RETURNED = "delivery.returned"
    DEAD_LETTERING = "dead_letter.publishing"
    DEAD_LETTERED = "dead_letter.published"
    TERMINATED = "dead_letter.terminated"
    OUTBOX_HANDED_OVER = "outbox.handed_over"
    OUTBOX_SWEPT = "outbox.swept"
    OUTBOX_PUBLISHED = "outbox.published"
    OUTBOX_MARKED = "outbox.marked"
    GROUP_SENDING = "group.sending"
    """An atomic batch of messages is on its way but for the last one, which commits it."""
    GROUP_STORED = "group.stored"


_path: ContextVar[str] = ContextVar("path", default="")
_WHERE = re.compile(r"(?P<point>[a-z_.]+)(@(?P<path>[a-z-]+))?(#(?P<time>[1-9][0-9]*))?")


class Crash:
    """The one place where a process is to die."""

    def __init__(self, where: str) -> None:
        """`<point>`, `<point>@<path>`, or `<point>@<path>#3` for the third time there. Raises ValueError."""
        named = _WHERE.fullmatch(where)
        known = {point.value: point for point in failpoints()}
        if named is None or named["point"] not in known:
            raise ValueError(f"no such failpoint: {where}")
        self.where = where
        self.point = known[named["point"]]
        self.path = named["path"]
        self.left = int(named["time"] or 1)

    def die_if_here(self, point: Failpoint) -> None:
        """End this process by SIGKILL, its last words on stderr, if this is the place and the time."""
        if point is not self.point or self.path not in (None, _path.get()):
            return
        self.left -= 1
        if not self.left:
            os.write(2, f"failpoint_reached {self.where}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


def failpoints() -> list[Failpoint]:
    """The points of all owners that this process has loaded."""
    return [point for owner in Failpoint.__subclasses__() for point in owner]


_armed: Crash | None = None


def arm(where: str) -> None:
    """Let this process die there (see `Crash`)."""
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = Crash(where)


def on_path(name: str) -> None:
    """What this task does from here on, and what it starts, belongs to the path of this name."""
    _path.set(name)


def failpoint(point: Failpoint) -> None:
    """Die here if this point is armed for the path that the task is on."""
    if _armed is not None:
        _armed.die_if_here(point)
