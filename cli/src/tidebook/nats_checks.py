"""Looks at NATS: version, fsync, clock, room, streams and consumers, who may come in, dead letters."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from shared.messaging.topology import (
    DEADLETTER,
    STREAMS,
    Topology,
    TopologyDrift,
    TopologyMissing,
    verify_topology,
)
from tidebook.environment import Environment
from tidebook.findings import Finding, clock, fail, graded, ok, warn
from tidebook.handlers import ALL
from tidebook.nats_connection import connect, with_user

WANTED, LOWEST = (2, 15, 1), (2, 14, 6)
"""The version that is tested; the first without the known bugs in syncing to disk."""
ROOM = (0.8, 0.95)
"""How full is worth a warning, and how full fails."""
_NAME = "tidebook-doctor"
_PATIENCE_SECONDS = 3


async def check_nats(environment: Environment) -> list[Finding]:
    """Everything about NATS."""
    url = environment.get("NATS_URL")
    if not url:
        return [fail("NATS", "NATS_URL is not set", "set it")]
    seed = environment.get("NATS_NKEY_SEED") or None
    try:
        client = await connect(url, _NAME, _PATIENCE_SECONDS, seed=seed)
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        return [fail("NATS", f"does not answer: {type(error).__name__}", "start it; look at NATS_URL and its log")]
    try:
        started = time.perf_counter()
        await client.flush(_PATIENCE_SECONDS)
        milliseconds = (time.perf_counter() - started) * 1000
        found = [_version(client, milliseconds), *await _monitored(environment.get("NATS_MONITOR_URL"))]
        found += await _streams(client)
        found.append(await _topology(client))
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        return [fail("NATS", f"stopped answering: {type(error).__name__}: {error}", "look at its log and permissions")]
    finally:
        await client.close()
    return [*found, await _anonymous(url)]


def _version(client: Client, milliseconds: float) -> Finding:
    version = client.connected_server_version
    running = (version.major, version.minor, version.patch)
    told = f"{'.'.join(map(str, running))}, answers in {milliseconds:.1f} ms"
    cure = f"upgrade to {'.'.join(map(str, WANTED))} or newer: older ones can lose what they acknowledged"
    if running < LOWEST:
        return fail("NATS", told, cure)
    return ok("NATS", told) if running >= WANTED else warn("NATS", told, cure)


async def _monitored(url: str) -> list[Finding]:
    """What only the server's monitor tells."""
    if not url:
        cure = "set NATS_MONITOR_URL (http://host:8222), or see that nats-server.conf says `sync_interval: always`"
        return [warn("NATS fsync", "unknown without the server's monitor", cure)]
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as http:
            server: dict[str, Any] = (await http.get(f"{url.rstrip('/')}/varz")).json()
        now = datetime.fromisoformat(server["now"][:26].rstrip("Z")).replace(tzinfo=UTC)
        settings, usage = server["jetstream"]["config"], server["jetstream"]["stats"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
        return [warn("NATS monitor", f"does not answer: {type(error).__name__}", "look at NATS_MONITOR_URL")]
    always = settings.get("sync_always") is True
    return [
        ok("NATS fsync", "every acknowledged message is on disk")
        if always
        else fail("NATS fsync", "a power cut loses acknowledged messages", "set `jetstream { sync_interval: always }`"),
        clock("NATS clock", (datetime.now(UTC) - now).total_seconds()),
        _room("NATS disk", usage.get("storage", 0), settings.get("max_storage", 0)),
    ]


def _room(subject: str, used: int, limit: int) -> Finding:
    if limit <= 0:
        return ok(subject, f"{_size(used)} used, no limit")
    told = f"{_size(used)} of {_size(limit)} used"
    return graded(
        subject, told, used / limit, ROOM, "full means that publishing stops: give it more, or shorten max_age"
    )


async def _streams(client: Client) -> list[Finding]:
    found, fullest, dead = [], (0.0, "all are empty"), 0
    for stream in STREAMS:
        try:
            info = await client.jetstream(timeout=_PATIENCE_SECONDS).stream_info(stream.name)
        except NotFoundError:
            continue  # the topology tells
        share = info.state.bytes / stream.max_bytes
        fullest = max(fullest, (share, f"{stream.name} is the fullest: {share:.0%} of {_size(stream.max_bytes)}"))
        if stream.name == DEADLETTER:
            dead = info.state.messages
    cure = "a full stream takes no more: see that its consumers run, raise max_bytes, or delete what is old"
    found.append(graded("streams", fullest[1], fullest[0], ROOM, cure))
    letters = "`tidebook dead-letters list` shows them"
    found.append(warn("dead letters", f"{dead} wait", letters) if dead else ok("dead letters", "none"))
    return found


async def _topology(client: Client) -> Finding:
    js = client.jetstream(timeout=_PATIENCE_SECONDS)
    wanted = Topology.whole(ALL)
    parts = [Topology([stream], []) for stream in wanted.streams]
    parts += [Topology([], [consumer]) for consumer in wanted.consumers]
    drift = []
    for part in parts:
        try:
            await verify_topology(js, part)
        except (TopologyDrift, TopologyMissing) as error:
            drift.append(str(error))
    if not drift:
        return ok("topology", f"{len(wanted.streams)} streams and {len(ALL)} consumers are as the code wants them")
    return fail("topology", " ".join(drift)[:400], "run `make topology`")


async def _anonymous(url: str) -> Finding:
    """Whether anybody may come in without a key."""
    try:
        client = await connect(with_user(url, ""), _NAME, _PATIENCE_SECONDS)
    except (NatsError, OSError, TimeoutError):
        return ok("NATS users", "nobody comes in without a key")
    await client.close()
    return warn("NATS users", "anybody comes in, with every right", "run it with the users of deploy/nats")


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
