"""A worker that handles `deadly` events by dying of SIGKILL: a process of its own, with its supervisor."""

import asyncio
import os
import signal
import sys

from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction
from tests.support.databases import open_database
from tests.support.kernel import Kernel, leave_effect
from tests.support.messages import Noted


async def main(nats_url: str, database_url: str, service: str, event_type: str) -> None:
    """Consume until killed."""
    kind = type("Happened", (Noted,), {"TYPE": event_type})
    handlers = Handlers(service)

    @handlers.on(kind, name="handle")
    async def handle_once(event: Noted, tx: Transaction) -> None:
        if event.note == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        await leave_effect(tx, event)

    broker = Broker(nats_url, "test")
    await broker.connect()
    kernel = Kernel(database_url, "", open_database(database_url, "booking"))
    await Consumer(broker, handlers.declared[0], kernel.runner()).run()


def supervise(*arguments: str) -> None:
    """Start the worker again whenever it has died; a fork, since starting Python anew takes a second."""
    child = 0

    def leave(*_: object) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    while True:
        child = os.fork()
        if not child:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            asyncio.run(main(*arguments))
            os._exit(0)
        os.waitpid(child, 0)
        print("died", flush=True)


if __name__ == "__main__":
    supervise(*sys.argv[1:])
