"""What the NATS server denies this process's user; it tells that in passing, by errors that close nothing.

A publish that is denied just times out, a subscription that is denied stays silent for ever. So the
process says that it is unready, and why. What can't heal on this connection, a refused user or a
denied subscription, ends the process after a while: it may be started with what was missing.
"""

import asyncio
import re
import time
from collections.abc import Callable

from shared.messaging.marks import INBOXES
from shared.metrics import NATS_DENIALS

REMEMBER_SECONDS = 15.0
"""How long a denied publish counts: longer than anybody pauses between two attempts to publish."""
GIVE_UP_SECONDS = 15.0
"""How long a process stays, unready, without a user or without a subscription."""

_ANSWERS = tuple(inbox.lower() for inbox in INBOXES)
"""How the server tells of subjects at which somebody waits for an answer: in lower case."""
_DENIED = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"', re.IGNORECASE)


class Denials:
    """The denials that hold at present."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._refused = False
        self._subscription = ""
        self._publish = ""
        self._published_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def hear(self, error: str) -> bool:
        """Take note of an error of the server; returns whether it was a denial."""
        if "authorization violation" in error.lower():
            NATS_DENIALS.labels("connect").inc()
            self._refused = True
            self._wind_up()
        elif denied := _DENIED.search(error):
            NATS_DENIALS.labels("publish" if denied[1] == "publish" else "subscribe").inc()
            if denied[2].startswith(_ANSWERS):
                return True  # an answer that came too late, or while the server read its configuration again
            if denied[1] == "publish":
                self._publish, self._published_at = denied[2], time.monotonic()
            else:
                self._subscription = denied[2]
                self._wind_up()
        else:
            return False
        return True

    def connected(self) -> None:
        """The server has taken this user. Denied subscriptions are heard of before this, so they stay."""
        self._refused = False
        if not self._subscription:
            self._stop_timer()

    def disconnected(self) -> None:
        """Subscriptions will be tried anew."""
        self._subscription = ""
        if not self._refused:
            self._stop_timer()

    def describe(self) -> str:
        """What is denied, for health; empty if nothing is."""
        if self._refused:
            return "NATS refuses this user: does NATS_NKEY_SEED belong to a public key that the server knows?"
        if self._subscription:
            return f"NATS denies this user to subscribe to {self._subscription}: see its permissions"
        if time.monotonic() - self._published_at < REMEMBER_SECONDS and self._publish:
            return f"NATS denies this user to publish to {self._publish}: see its permissions"
        return ""

    def _wind_up(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
