"""A connection to NATS for one command: it is there within seconds, or it isn't."""

import asyncio
from urllib.parse import urlsplit, urlunsplit

import nats
from nats.aio.client import Client

DEPLOYER_INBOX = b"_INBOX_deploy"
"""Where the user `deploy` may listen for answers."""


async def connect(
    url: str, name: str, seconds: float, *, seed: str | None = None, inbox: bytes = DEPLOYER_INBOX
) -> Client:
    """Connect once, within `seconds`.

    Raises nats-py's errors, OSError, TimeoutError, or ValueError for a URL or a seed that is none.
    """
    async with asyncio.timeout(seconds):  # the client itself would try for minutes
        return await nats.connect(
            url,
            name=name,
            nkeys_seed_str=seed,
            inbox_prefix=inbox,
            allow_reconnect=False,
            error_cb=_silently,
        )


def with_user(url: str, user: str) -> str:
    """The URL with another user, of the same password; with none for an empty one."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{parts.password or ''}@{place}" if user else place))


async def _silently(_: Exception) -> None:
    """The call that failed tells."""
