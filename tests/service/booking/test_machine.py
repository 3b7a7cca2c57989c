"""The model of booking against two replicas, in any order that Hypothesis finds; `make machine` for 5,000 steps."""

import os

import pytest

from devstack.servers import Servers
from tests.service.booking.machine import play

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "4"))
FEW = 10


@pytest.mark.usefixtures("booking_replicas")
@pytest.mark.timeout(3600)
def test_the_service_does_what_the_model_says(servers: Servers) -> None:
    steps = play(servers.nats.url, servers.postgres.url, EXAMPLES, repeatable=EXAMPLES < FEW)
    print(f"\nmachine: {sum(steps.values())} steps, {dict(steps)}")
