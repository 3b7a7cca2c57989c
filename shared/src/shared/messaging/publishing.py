"""Durable publishes with group commit: what waits together goes to disk together.

The server syncs its file before it acknowledges, once for each message. Under load that sync is
most of what a publish costs, so messages that wait for the same stream are sent as one atomic batch
(ADR-50 of NATS), which is synced once. A lone message never waits for company.

All acknowledgements come to one subscription and are told apart by a number: nats-py would make a
request of every publish, with an inbox, a token and a header parse each.
"""

import asyncio
import itertools
import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.errors import Unavailable
from shared.failpoints import KernelFailpoint, failpoint

PUBLISH_SECONDS = 2.0
"""How long a publish waits for its PubAck; longer than any healthy fsync, shorter than a caller's patience."""
UNDER_WAY = 4
"""Publishes to one stream that are under way at once; what comes then waits for one of them, and for company."""
SMALLEST_BATCH = 6
"""A batch costs the server four syncs of its own: fewer messages are quicker one by one."""
LARGEST_BATCH = 256
NO_STREAM: dict[str, Any] = {"error": {"description": "no stream takes this subject", "err_code": 0}}


@dataclass(frozen=True, slots=True)
class _Message:
    """A message on its way, and who waits for it: True once stored, False for a duplicate."""

    subject: str
    payload: bytes
    headers: dict[str, str]
    stored: asyncio.Future[bool]


class _Queue:
    """The publishes to one stream."""

    def __init__(self) -> None:
        self.under_way = 0
        self.waiting: deque[_Message] = deque()


class Publisher:
    """Publishes over one connection."""

    def __init__(self, client: Client, inbox: str) -> None:
        self._client = client
        self._inbox = inbox
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Subscribe to the acknowledgements; before this nothing can be published."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_ack, pending_msgs_limit=-1, pending_bytes_limit=-1)

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        """Store a message; returns once the server has it on disk, False for a duplicate.

        Raises `Unavailable` if the server refuses it, and TimeoutError without an answer in
        `PUBLISH_SECONDS`: then it may or may not be stored.
        """
        queue = self._queues[subject.partition(".")[0]]  # a subject's first token is its stream
        message = _Message(subject, payload, headers, asyncio.get_running_loop().create_future())
        if not queue.waiting:
            asyncio.get_running_loop().call_soon(self._send_waiting, queue)
        queue.waiting.append(message)
        async with asyncio.timeout(PUBLISH_SECONDS):
            return await message.stored

    def _send_waiting(self, queue: _Queue) -> None:
        """Send what may go now: one by one, or all that waits as a batch."""
        while queue.waiting and queue.under_way < UNDER_WAY:
            size = min(len(queue.waiting), LARGEST_BATCH) if len(queue.waiting) >= SMALLEST_BATCH else 1
            batch = [m for m in (queue.waiting.popleft() for _ in range(size)) if not m.stored.done()]
            if batch:
                queue.under_way += 1
                task = asyncio.create_task(self._send(queue, batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _send(self, queue: _Queue, batch: list[_Message]) -> None:
        try:
            if len(batch) == 1:
                await self._store(batch[0])
            elif not await self._store_together(batch):
                await asyncio.gather(*(self._store(message) for message in batch))
        finally:
            queue.under_way -= 1
            self._send_waiting(queue)

    async def _store(self, message: _Message) -> None:
        """Publish one message and settle whoever waits for it."""
        try:
            answer = await self._request(message.subject, message.payload, message.headers)
        except (NatsError, OSError) as error:
            _fail(message, error)
            return
        if refused := answer.get("error"):
            _fail(message, Unavailable(f"nats: {refused.get('description')} ({refused.get('err_code')})"))
        elif not message.stored.done():
            message.stored.set_result(not answer.get("duplicate", False))

    async def _store_together(self, batch: list[_Message]) -> bool:
        """Publish an atomic batch; False if the server refused it, for one of its messages perhaps, and kept none."""
        name = uuid4().hex
        try:
            for place, message in enumerate(batch[:-1], start=1):
                headers = {**message.headers, "Nats-Batch-Id": name, "Nats-Batch-Sequence": str(place)}
                await self._client.publish(message.subject, message.payload, headers=headers)
            failpoint(KernelFailpoint.GROUP_SENDING)
            last = batch[-1]
            commit = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(len(batch)), "Nats-Batch-Commit": "1"}
            answer = await self._request(last.subject, last.payload, {**last.headers, **commit})
            failpoint(KernelFailpoint.GROUP_STORED)
        except (NatsError, OSError) as error:
            for message in batch:
                _fail(message, error)
            return True
        if "error" in answer:
            return False
        for message in batch:
            if not message.stored.done():
                message.stored.set_result(True)
        return True

    async def _request(self, subject: str, payload: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """Publish and wait for the server's answer. Raises TimeoutError, or what the client raises."""
        number = str(next(self._numbers))
        answered = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._client.publish(subject, payload, f"{self._inbox}.{number}", headers)
            async with asyncio.timeout(PUBLISH_SECONDS):
                answer: dict[str, Any] = await answered
                return answer
        finally:
            del self._answers[number]

    async def _on_ack(self, msg: Msg) -> None:
        answered = self._answers.get(msg.subject.rpartition(".")[2])
        if answered is not None and not answered.done():
            # Without data: nobody takes this subject.
            answered.set_result(json.loads(msg.data) if msg.data else NO_STREAM)


def _fail(message: _Message, error: Exception) -> None:
    if not message.stored.done():
        message.stored.set_exception(error)
