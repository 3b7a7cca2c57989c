"""The deployment's step for NATS: `python -m shared.deployment deploy/nats/topology.json`.

Creates every stream, bucket and consumer that is missing and changes what differs, as the user
`deploy`, the only one who may. `NATS_URL` names it; the file is generated from the code (`make docs`).
"""

import asyncio
import json
import sys
from pathlib import Path

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from shared.messaging.topology import Topology, apply_topology
from shared.runtime.logging import configure_logging
from shared.runtime.settings import NatsSettings, load

PATIENCE_SECONDS = 20
"""How long NATS may take to start."""


async def deploy(settings: NatsSettings, wanted: Topology) -> list[str]:
    """Bring NATS to the wanted topology; returns what was done, a line each."""
    broker = settings.broker("deploy")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await broker.connect()
        return await apply_topology(broker.js, wanted, update=True)
    finally:
        await broker.close()


def main() -> None:
    """Entry point; the exit status is 1 if NATS could not be brought to the code."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m shared.deployment <topology.json>")
    configure_logging("deploy", "console", "warning")
    wanted = Topology.from_json(json.loads(Path(sys.argv[1]).read_text()))
    try:
        done = asyncio.run(deploy(load(NatsSettings), wanted))
    except TimeoutError:
        sys.exit("topology: NATS does not answer, or refuses what is asked: is this the user `deploy`?")
    except (NatsError, JetStreamError, OSError) as error:
        sys.exit(f"topology: {error}")
    print("\n".join(done) or "topology: NATS is as the code wants it")


if __name__ == "__main__":
    main()
