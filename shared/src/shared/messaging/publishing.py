"""Durable publishes, each with its PubAck, over one subscription for all of them.

nats-py makes a request of every publish: an inbox, a token and a header parse each. Relay and
gateway publish all day, so their acknowledgements come to one place and are told apart by a number.
"""

import asyncio
import itertools
import json

from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.errors import Unavailable

PUBLISH_SECONDS = 2.0
"""How long a publish waits for its PubAck; longer than any healthy fsync, shorter than a caller's patience."""


class Publisher:
    """The publishes of one connection that wait for their PubAcks."""

    def __init__(self, client: Client, inbox: str) -> None:
        self._client = client
        self._inbox = inbox
        self._numbers = itertools.count()
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    async def listen(self) -> None:
        """Subscribe to the PubAcks; before this nothing can be published."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_ack, pending_msgs_limit=-1, pending_bytes_limit=-1)

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        """Store a message; returns once the server has it on disk, False for a duplicate.

        Raises `Unavailable` if the server refuses it, and TimeoutError without an answer in
        `PUBLISH_SECONDS`: then it may or may not be stored.
        """
        number = str(next(self._numbers))
        acked = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._client.publish(subject, payload, f"{self._inbox}.{number}", headers)
            async with asyncio.timeout(PUBLISH_SECONDS):
                answer = json.loads(await acked)
        finally:
            del self._waiting[number]
        if error := answer.get("error"):
            raise Unavailable(f"nats: {error.get('description')} ({error.get('err_code')})")
        return not answer.get("duplicate", False)

    async def _on_ack(self, msg: Msg) -> None:
        acked = self._waiting.get(msg.subject.rpartition(".")[2])
        if acked is None or acked.done():
            return  # whoever waited has given up
        if msg.data:
            acked.set_result(msg.data)
        else:
            acked.set_exception(Unavailable("nats: no stream takes this subject"))
