"""NATS's client, without two ways in which one malformed message ends its read loop, and with it the process' hearing.

Anybody who may publish can put bytes into headers and subjects that nats-py can't read; the message must
reach its consumer all the same, to be dead-lettered.
"""

from typing import Any

from nats.aio.client import Client


class SturdyClient(Client):
    """Reads what it can of a message's headers and subject."""

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        try:
            found: dict[str, str] | None = await super()._process_headers(headers)
        except (ValueError, IndexError):
            return None  # no headers of ours: nothing in them is needed
        return found

    def _build_message(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> Any:
        try:
            return super()._build_message(sid, subject, reply, data, headers)
        except UnicodeDecodeError:
            return super()._build_message(sid, subject.decode(errors="replace").encode(), reply, data, headers)
