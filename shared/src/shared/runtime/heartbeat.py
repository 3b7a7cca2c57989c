"""Heartbeats: every process tells the others how it is, in a NATS bucket whose entries expire.

A missed beat is news for `/status`; it never restarts anything. Ages are taken from the
server's timestamps, so that clocks need not agree.
"""

import asyncio
import json
from datetime import datetime

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from shared.clock import utc_now
from shared.contracts.heartbeats import Heartbeat, SeenHeartbeat
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.topology import HEARTBEAT_BUCKET
from shared.metrics import HEARTBEAT_TIMESTAMP
from shared.runtime.health import Health

log = structlog.get_logger()

BEAT_SECONDS = 3


class HeartbeatWriter:
    """Writes this instance's heartbeat until stopped."""

    def __init__(
        self, broker: Broker, health: Health, service: str, instance: str, version: str, zone_data: str | None = None
    ) -> None:
        self._broker = broker
        self._health = health
        self._service = service
        self._instance = instance
        self._version = version
        self._zone_data = zone_data
        self._started_at = utc_now()
        self._beating = asyncio.Lock()
        self._left = False
        self.lag: dict[str, int] = {}

    async def run(self) -> None:
        """Beat every `BEAT_SECONDS` until stopped; a beat that can't be written is skipped."""
        while not self._left:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """Write one heartbeat now."""
        results = await self._health.results()
        heartbeat = Heartbeat(
            service=self._service,
            instance=self._instance,
            version=self._version,
            zone_data=self._zone_data,
            started_at=self._started_at,
            ready=await self._health.ready(),
            checks={name: "ok" if r.ok else r.detail for name, r in results.items()},
            lag=self.lag,
        )
        try:
            async with self._beating, asyncio.timeout(2):
                if self._left:
                    return
                bucket = await self._broker.js.key_value(HEARTBEAT_BUCKET)
                await bucket.put(f"{self._service}.{self._instance}", heartbeat.model_dump_json().encode())
            HEARTBEAT_TIMESTAMP.set_to_current_time()
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            log.warning("heartbeat_not_written", error=type(error).__name__)

    async def stop(self) -> None:
        """Take the heartbeat away: this instance leaves on purpose, and a beat under way must not undo that."""
        if not self._broker.connected:
            return
        try:
            async with asyncio.timeout(3), self._beating:
                self._left = True
                bucket = await self._broker.js.key_value(HEARTBEAT_BUCKET)
                await bucket.delete(f"{self._service}.{self._instance}")
        except (NatsError, JetStreamError, OSError, TimeoutError):
            return


async def read_heartbeats(broker: Broker) -> list[SeenHeartbeat]:
    """Every live heartbeat. Raises `Unavailable` if NATS does not answer."""
    if not broker.connected:
        raise Unavailable("heartbeats: not connected")
    try:
        async with asyncio.timeout(2):
            entries = await _last_entries(broker)
            now = await server_time(broker)
    except (NatsError, OSError, TimeoutError) as error:
        raise Unavailable(f"heartbeats: {type(error).__name__}") from error
    seen = [(Heartbeat.model_validate_json(payload), created) for payload, created in entries]
    return [
        SeenHeartbeat(heartbeat=h, age_seconds=round(max(0.0, (now - created).total_seconds()), 1))
        for h, created in sorted(seen, key=lambda pair: (pair[0].service, pair[0].instance))
    ]


async def server_time(broker: Broker) -> datetime:
    """What time it is for the NATS server, whose clock stamps heartbeats. Raises as the client does."""
    answer = await broker.client.request(f"$JS.API.STREAM.INFO.KV_{HEARTBEAT_BUCKET}", b"", timeout=2)
    return datetime.fromisoformat(json.loads(answer.data)["ts"])


async def _last_entries(broker: Broker) -> list[tuple[bytes, datetime]]:
    """The last value of each key and when the server stored it, asked for at once.

    `watchall` would need the right to create consumers, which no service has.
    """
    inbox = broker.new_inbox()
    answers = await broker.client.subscribe(inbox)
    try:
        wanted = json.dumps({"multi_last": [f"$KV.{HEARTBEAT_BUCKET}.>"]}).encode()
        await broker.client.publish(f"$JS.API.DIRECT.GET.KV_{HEARTBEAT_BUCKET}", wanted, reply=inbox)
        entries: list[tuple[bytes, datetime]] = []
        while True:
            answer = await answers.next_msg(timeout=2)
            headers = answer.headers or {}
            if (status := headers.get("Status")) in ("204", "404"):  # the end; nothing at all
                return entries
            if status:
                raise Unavailable(f"heartbeats: {status} {headers.get('Description', '')}")
            if "KV-Operation" not in headers:  # else it was taken away
                entries.append((answer.data, datetime.fromisoformat(headers["Nats-Time-Stamp"])))
    finally:
        await answers.unsubscribe()
