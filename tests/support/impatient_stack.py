"""A stack of services whose waits for a dead process are short, and of consumers that are deployed so."""

import json

from devstack.servers import TOPOLOGY
from devstack.stack import Stack
from tests.support.impatient import LEASE_SECONDS


def commands(launcher: str) -> dict[str, tuple[str, ...]]:
    """How each kind of process is started by a module that becomes the service; jobs have a round a second."""
    launch = ("-m", launcher)
    services = {name: (*launch, name) for name in ("gateway", "booking", "billing", "notifier")}
    return services | {"jobs": (*launch, "notifier.jobs", "--interval", "1")}


class ImpatientStack(Stack):
    """Every service once: nobody else does what the dead have left."""

    def deploy(self) -> None:
        """As always, but for the consumers' acknowledgement wait."""
        wanted = json.loads(TOPOLOGY.read_text())
        for consumer in wanted["consumers"]:
            consumer["config"]["ack_wait"] = LEASE_SECONDS * 1_000_000_000
        changed = self.directory / "topology.json"
        changed.write_text(json.dumps(wanted))
        self.migrate()
        self.servers.nats.deploy_topology(changed)
