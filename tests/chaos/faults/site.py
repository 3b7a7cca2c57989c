"""Where faults happen, and how a kind of fault is declared."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from devstack.stack import Stack
from notifier.messages.delivery import CONCURRENCY
from tests.chaos.collect import Mischief
from tests.chaos.load import Load
from tests.chaos.schedule import MAILING, Fault
from tests.chaos.stage import Stage


@dataclass(frozen=True, slots=True)
class Site:
    """All that a fault may reach."""

    stage: Stage
    load: Load
    mischief: Mischief
    http: httpx.AsyncClient

    @property
    def stack(self) -> Stack:
        """The stack on stage."""
        return self.stage.stack

    def may_repeat_mail(self, replica: str | None = None) -> None:
        """A hand-over of mails may be broken off: in this replica, or (None) in any one of them."""
        if replica is None:
            self.mischief.copies_allowed += CONCURRENCY * len(MAILING)
        elif replica in MAILING:
            self.mischief.copies_allowed += CONCURRENCY


CarryOut = Callable[[Site, Fault], Awaitable[bool]]
"""Does it, waits for its end, undoes it; False if there was nothing to do it to."""

CARRIED_OUT: dict[str, CarryOut] = {}
"""By the name of the kind."""


def carries_out(kind: str) -> Callable[[CarryOut], CarryOut]:
    """Declare how faults of a kind are carried out."""

    def declare(carry_out: CarryOut) -> CarryOut:
        CARRIED_OUT[kind] = carry_out
        return carry_out

    return declare
