"""Faults of the servers: NATS, PostgreSQL, Valkey, and the disk and the streams that NATS stores on."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from devstack.process import DevstackError
from devstack.server import Server
from shared.messaging.topology import STREAMS
from tests.chaos.faults.site import Site, carries_out
from tests.chaos.schedule import Fault
from tests.chaos.stage import without_rights

BACK_SECONDS = 120.0
"""How long a server may take to come back, on a machine that has much else to do."""

WIDENINGS = 100
"""Tries to give a stream its room again, while NATS may be restarting; half a second apart."""


@carries_out("kill NATS")
@carries_out("kill PostgreSQL")
@carries_out("kill Valkey")
async def kill_server(site: Site, fault: Fault) -> bool:
    """`kill -9`, and a new start on the same data."""
    server: Server = getattr(site.stack.servers, fault.target)
    _note(site, fault)
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(fault.seconds)
    await bring_back(server)
    return True


@carries_out("restart NATS")
@carries_out("restart PostgreSQL")
@carries_out("restart Valkey")
async def restart_server(site: Site, fault: Fault) -> bool:
    """Stopped in order, and started again."""
    server: Server = getattr(site.stack.servers, fault.target)
    _note(site, fault)
    await asyncio.to_thread(server.stop, 10.0)
    await asyncio.sleep(fault.seconds)
    await bring_back(server)
    return True


@carries_out("freeze NATS")
@carries_out("freeze PostgreSQL")
@carries_out("freeze Valkey")
async def freeze_server(site: Site, fault: Fault) -> bool:
    """SIGSTOP to the server and all its children, and later SIGCONT."""
    server: Server = getattr(site.stack.servers, fault.target)
    _note(site, fault)
    pids = family(server.pid)
    for pid in pids:
        _signal(pid, signal.SIGSTOP)
    await asyncio.sleep(fault.seconds)
    for pid in reversed(pids):
        _signal(pid, signal.SIGCONT)
    return True


@carries_out("fill NATS's disk")
async def fill_disk(site: Site, fault: Fault) -> bool:
    """Not a byte is left where NATS stores, for a while; then an operator makes room, and restarts it if it is ill."""
    if not site.stage.store_is_small:
        return False
    filler = site.stage.store / "filler"
    await asyncio.to_thread(_fill, filler)
    await asyncio.sleep(fault.seconds)
    filler.unlink(missing_ok=True)
    server = site.stack.servers.nats
    # A stream that met the full disk is frozen until a restart, and the server's health says so.
    if not await asyncio.to_thread(server.answers):
        await asyncio.to_thread(server.stop, 10.0)
        await bring_back(server)
    return True


@carries_out("fill a stream")
async def fill_stream(site: Site, fault: Fault) -> bool:
    """A stream is at its limit: it takes nothing more (`discard=new`), for a while."""
    stream = next(stream for stream in STREAMS if stream.name == fault.target)

    async def fill(js: JetStreamContext) -> bool:
        held = (await js.stream_info(stream.name)).state.bytes
        config = stream.config()
        config.max_bytes = max(held, 1)
        await js.update_stream(config)
        return True

    async def widen(js: JetStreamContext) -> bool:
        await js.update_stream(stream.config())
        return True

    if not await with_streams(site, fill):
        return False
    await asyncio.sleep(fault.seconds)
    for _ in range(WIDENINGS):
        if await with_streams(site, widen):
            return True
        await asyncio.sleep(0.5)
    raise DevstackError(f"the stream {fault.target} can't be given its room again")


@carries_out("revoke NATS rights")
async def revoke_rights(site: Site, fault: Fault) -> bool:
    """A service may not publish its own events any more, until somebody notices."""
    server, file = site.stack.servers.nats, site.stage.permissions
    rights = file.read_text()
    file.write_text(without_rights(rights, fault.target))
    server.send(signal.SIGHUP)
    await asyncio.sleep(fault.seconds)
    file.write_text(rights)
    server.send(signal.SIGHUP)
    return True


async def bring_back(server: Server) -> None:
    """Start it; on a busy machine it may need more than one try. Raises `DevstackError` in the end."""
    give_up_at = time.monotonic() + BACK_SECONDS
    while True:
        try:
            return await asyncio.to_thread(server.start)
        except DevstackError:
            if time.monotonic() > give_up_at:
                raise


async def with_streams(site: Site, do: Callable[[JetStreamContext], Awaitable[bool]]) -> bool:
    """Do something on a connection of our own; False if NATS does not let us."""
    try:
        client = await nats.connect(site.stack.servers.nats.url, connect_timeout=2, allow_reconnect=False)
    except (NatsError, OSError, TimeoutError):
        return False
    try:
        return await do(client.jetstream(timeout=3))
    except (NatsError, JetStreamError, OSError, TimeoutError):
        return False
    finally:
        with suppress(NatsError, OSError, TimeoutError):
            await client.close()


def family(pid: int) -> list[int]:
    """A process and all that descend from it, the eldest first."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _note(site: Site, fault: Fault) -> None:
    if fault.target == "postgres":
        site.may_repeat_mail()


def _fill(filler: Path) -> None:
    """Take all the room that is left on a disk."""
    with filler.open("wb") as file:
        step = 1024 * 1024
        size = 0
        while step >= 4096:
            try:
                os.posix_fallocate(file.fileno(), size, step)
                size += step
            except OSError:
                step //= 4
