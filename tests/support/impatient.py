"""Run a service whose waits for a dead process are short: `python -m tests.support.impatient booking`.

What a killed process held is given to another one when its lease is over: half a minute for
deliveries, seconds for outbox rows and mails. Tests that kill often can't wait that long, and the
length of a lease proves nothing. Further arguments are the service's own.
"""

import runpy
import sys

from billing.stripe import events as stripe_events
from notifier.messages import queue as messages
from shared.messaging import topology
from shared.persistence import outbox

LEASE_SECONDS = 2


def shorten_leases() -> None:
    """To be called before the modules that take over these values are imported."""
    topology.ACK_WAIT_SECONDS = LEASE_SECONDS
    outbox.CLAIM_SECONDS = 1
    messages.LEASE_SECONDS = LEASE_SECONDS
    stripe_events.LEASE_SECONDS = LEASE_SECONDS


def become_the_service() -> None:
    """Run the module that the command line names, with the rest of the command line."""
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    shorten_leases()
    become_the_service()
