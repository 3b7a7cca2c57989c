"""The state of the whole system, as the gateway sees it.

`/readyz` is for load balancers: may this gateway take traffic? `/status` is for people: the same
body, always 200. Every look is bounded and kept for a second, so that probes are cheap and a frozen
server can't hold them up.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Literal, TypeVar

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from gateway.settings import GatewaySettings, split
from gateway.status.model import JobsStatus, SystemStatus, by_service, capabilities
from shared.contracts.heartbeats import JobsHeartbeat, SeenHeartbeat
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.topology import JOBS_BUCKET
from shared.runtime.heartbeat import read_heartbeats, server_time
from shared.runtime.service import VERSION, ServiceRuntime

T = TypeVar("T")

LOOK_SECONDS = 2.0
CACHE_SECONDS = 1.0
JOBS_NAME = "jobs-runner"


class _Look(Generic[T]):
    """Asks one source; a source that hangs is asked once, and waited for no longer than `LOOK_SECONDS`."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._running: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._ask())
        await asyncio.wait({self._running}, timeout=LOOK_SECONDS)
        if not self._running.done():
            raise Unavailable("no answer in time")
        return self._running.result()


class SystemView:
    """Looks at this process, the heartbeats and the jobs runner, and draws the conclusions."""

    def __init__(
        self,
        service: ServiceRuntime,
        settings: GatewaySettings,
        read_only: Callable[[], Awaitable[Literal["off", "some_tenants", "everybody"]]],
    ) -> None:
        self._service = service
        self._required = split(settings.readiness_required_services)
        self._jobs_required = settings.job_heartbeat_required
        self._jobs_ttl = settings.job_heartbeat_ttl_seconds
        self._own = _Look(self._own_checks)
        self._beats = _Look(lambda: read_heartbeats_if_connected(service.broker))
        self._jobs = _Look(lambda: read_jobs_beat(service.broker, self._jobs_ttl))
        self._read_only = _Look(read_only)
        self._last: SystemStatus | None = None
        self._looked_at = 0.0
        self._lock = asyncio.Lock()

    async def look(self) -> SystemStatus:
        """The state now, at most a second old; takes at most `LOOK_SECONDS`."""
        async with self._lock:
            if self._last is None or self._leaving or time.monotonic() - self._looked_at > CACHE_SECONDS:
                self._last = await self._look()
                self._looked_at = time.monotonic()
            return self._last

    @property
    def _leaving(self) -> bool:
        """Whether the last look's yes must be taken back at once: this process has been told to stop."""
        return self._service.health.stopping and self._last is not None and self._last.status == "ready"

    async def _look(self) -> SystemStatus:
        own, beats, jobs, read_only = await asyncio.gather(
            self._own(), self._beats(), self._jobs(), self._read_only(), return_exceptions=True
        )
        checks = {"self": _detail(own)} if isinstance(own, BaseException) else dict(own)
        seen = [] if isinstance(beats, BaseException) else beats
        services = by_service(seen)
        beat = None if isinstance(jobs, BaseException) else jobs
        if isinstance(beats, BaseException):
            checks["heartbeats"] = _detail(beats)
        for name in self._required:
            alive = any(s.name == name for s in services)
            checks[f"service:{name}"] = "ok" if alive else "no live heartbeat"
        if self._jobs_required:
            checks[JOBS_NAME] = self._jobs_check(beat, jobs)
        connected = checks.get("nats") == "ok"
        needed = {name: state for name, state in checks.items() if name != "heartbeats"}
        ready = not self._service.health.stopping and all(state == "ok" for state in needed.values())
        return SystemStatus(
            status="ready" if ready else "not_ready",
            service=self._service.name,
            instance=self._service.instance,
            version=VERSION,
            checks=checks,
            capabilities=capabilities(services, connected=connected, jobs=beat),
            read_only="unknown" if isinstance(read_only, BaseException) else read_only,
            services=services,
            jobs=beat,
        )

    async def _own_checks(self) -> dict[str, str]:
        results = await self._service.health.results()
        return {name: "ok" if result.ok else result.detail for name, result in results.items()}

    def _jobs_check(self, beat: JobsStatus | None, answer: object) -> str:
        if isinstance(answer, BaseException):
            return _detail(answer)
        if beat is None:
            return "no heartbeat"
        return "ok" if beat.fresh else f"last beat {beat.age_seconds:.0f} s ago, allowed {self._jobs_ttl} s"


async def read_heartbeats_if_connected(broker: Broker) -> list[SeenHeartbeat]:
    """Everybody's heartbeats. Raises `Unavailable`, at once if NATS is known to be away."""
    if not broker.connected:
        raise Unavailable("nats: not connected")
    return await read_heartbeats(broker)


async def read_jobs_beat(broker: Broker, ttl_seconds: int) -> JobsStatus | None:
    """The jobs runner's last beat, aged by NATS's clock; None if it never beat or wrote nonsense."""
    if not broker.connected:
        raise Unavailable("nats: not connected")
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            # The bucket's own get() leaves out when an entry was written; its stream knows.
            stored = await broker.js.get_last_msg(f"KV_{JOBS_BUCKET}", f"$KV.{JOBS_BUCKET}.{JOBS_NAME}", direct=True)
            now = await server_time(broker)
    except NotFoundError:
        return None
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        raise Unavailable(f"nats: {type(error).__name__}") from error
    if stored.time is None:
        return None
    age = max(0.0, (now - stored.time).total_seconds())
    try:
        beat = JobsHeartbeat.model_validate_json(stored.data or b"")
    except ValidationError:
        return None
    return JobsStatus(
        instance=beat.instance,
        age_seconds=round(age, 1),
        last_success_at=beat.last_success_at,
        fresh=age <= ttl_seconds,
    )


def _detail(error: BaseException) -> str:
    return str(error) if isinstance(error, Unavailable) else type(error).__name__
