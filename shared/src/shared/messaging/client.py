"""NATS's client, without three ways in which the server's word ends its read loop, and with it the whole connection,
and one in which it never ends.

Anybody who may publish can put bytes into headers and subjects that nats-py can't read; the message must
reach its consumer all the same, to be dead-lettered. And a PONG may come after its asker has given up.
"""

import asyncio
from typing import Any

from nats.aio.client import PING_PROTO, Client


class SturdyClient(Client):
    """Reads what it can of a message's headers and subject, and takes a PONG at any time."""

    async def _connect_to_server(self, s: Any) -> None:
        """Connect, unless it is told to stop: the library takes any end of a try for one that failed, and goes on.

        `asyncio.wait_for` of Python 3.11 forgets that it was cancelled if the connection was refused in that moment.
        """
        try:
            await super()._connect_to_server(s)
        finally:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        try:
            found: dict[str, str] | None = await super()._process_headers(headers)
        except (ValueError, IndexError):
            return None  # no headers of ours: nothing in them is needed
        return found

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        self._pongs.append(future or asyncio.get_running_loop().create_future())
        await self._send_command(PING_PROTO)
        await self._flush_pending()

    async def _process_pong(self) -> None:
        if self._pongs and self._pongs[0].done():  # nobody waits for it any more: `flush` was cancelled, or timed out
            self._pongs[0] = asyncio.get_running_loop().create_future()
        await super()._process_pong()

    def _build_message(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> Any:
        try:
            return super()._build_message(sid, subject, reply, data, headers)
        except UnicodeDecodeError:
            return super()._build_message(sid, subject.decode(errors="replace").encode(), reply, data, headers)
