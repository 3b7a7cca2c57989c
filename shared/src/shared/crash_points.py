"""Places where a process can be made to die, to prove that dying there loses nothing and repeats nothing.

Off unless `CRASH_AT` arms one, which production refuses; otherwise a place costs one comparison.
tests/crash walks all of them. A leaf: standard library only.
"""

import os
import re
import signal
from contextvars import ContextVar
from enum import StrEnum


class CrashPoint(StrEnum):
    """A boundary between two steps of a path, named for what has just happened or is just about to."""

    # gateway
    REQUEST_PUBLISHING = "request.publishing"
    REQUEST_PUBLISHED = "request.published"
    REQUEST_DECIDED = "request.decided"
    """The outcome has come; nobody has been answered."""
    WEBHOOK_PUBLISHING = "webhook.publishing"
    WEBHOOK_PUBLISHED = "webhook.published"
    # every reaction
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
    # every relay
    OUTBOX_HANDED_OVER = "outbox.handed_over"
    OUTBOX_SWEPT = "outbox.swept"
    OUTBOX_PUBLISHED = "outbox.published"
    OUTBOX_MARKED = "outbox.marked"
    GROUP_SENDING = "group.sending"
    """An atomic batch of messages is on its way but for the last one, which commits it."""
    GROUP_STORED = "group.stored"
    # billing: before and after each kind of call to Stripe
    INTENT_CREATING = "stripe.intent_creating"
    INTENT_CREATED = "stripe.intent_created"
    INTENT_CANCELLING = "stripe.intent_cancelling"
    INTENT_CANCELLED = "stripe.intent_cancelled"
    INTENT_READING = "stripe.intent_reading"
    INTENT_READ = "stripe.intent_read"
    INTENTS_LISTING = "stripe.intents_listing"
    INTENTS_LISTED = "stripe.intents_listed"
    REFUND_CREATING = "stripe.refund_creating"
    REFUND_CREATED = "stripe.refund_created"
    REFUNDS_LISTING = "stripe.refunds_listing"
    REFUNDS_LISTED = "stripe.refunds_listed"
    EVENTS_LISTING = "stripe.events_listing"
    EVENTS_LISTED = "stripe.events_listed"
    # notifier and its jobs runner
    MAIL_CLAIMED = "mail.claimed"
    MAIL_HANDING_OVER = "mail.handing_over"
    MAIL_HANDED_OVER = "mail.handed_over"
    MAIL_RECORDED = "mail.recorded"
    JOB_STARTING = "job.starting"
    JOB_DONE = "job.done"


_path: ContextVar[str] = ContextVar("path", default="")
_WHERE = re.compile(r"(?P<point>[a-z_.]+)(@(?P<path>[a-z-]+))?(#(?P<time>[1-9][0-9]*))?")


class Crash:
    """The one place where a process is to die."""

    def __init__(self, where: str) -> None:
        """`<point>`, `<point>@<path>`, or `<point>@<path>#3` for the third time there. Raises ValueError."""
        named = _WHERE.fullmatch(where)
        if named is None or named["point"] not in set(CrashPoint):
            raise ValueError(f"no such crash point: {where}")
        self.where = where
        self.point = CrashPoint(named["point"])
        self.path = named["path"]
        self.left = int(named["time"] or 1)

    def die_if_here(self, point: CrashPoint) -> None:
        """End this process by SIGKILL, its last words on stderr, if this is the place and the time."""
        if point is not self.point or self.path not in (None, _path.get()):
            return
        self.left -= 1
        if not self.left:
            os.write(2, f"crash_point_reached {self.where}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


_armed: Crash | None = None


def arm(where: str) -> None:
    """Let this process die there (see `Crash`)."""
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = Crash(where)


def on_path(name: str) -> None:
    """What this task does from here on, and what it starts, belongs to the path of this name."""
    _path.set(name)


def reach(point: CrashPoint) -> None:
    """Die here if this point is armed for the path that the task is on."""
    if _armed is not None:
        _armed.die_if_here(point)
