"""The service runtime: what every process gets, in one place.

Connects, waits for its streams and consumers, runs consumers, relay, queries and background tasks under
supervision, serves `/healthz`, `/readyz` and `/metrics`, and stops gracefully: unready first, then
nothing new, finish what runs, publish what was committed, close (ADR 0015).
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from importlib.metadata import version
from itertools import count
from typing import Any
from uuid import uuid4

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.micro.service import ServiceConfig
from starlette.applications import Starlette
from starlette.types import ASGIApp

from shared.contracts.base import Contract, Event, Outcome, Query
from shared.errors import Unavailable
from shared.failpoints import arm, on_path
from shared.messaging import rpc
from shared.messaging.announcement import Announcement
from shared.messaging.handlers import Handler, Handlers, Message
from shared.messaging.replaying import Replays
from shared.messaging.topology import Topology, TopologyDrift, TopologyMissing, verify_topology
from shared.messaging.uses import Uses
from shared.metrics import TASK_FAILURES
from shared.persistence import idempotency
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.pruning import prune_in_batches
from shared.persistence.transaction import EVERY_TENANT
from shared.relay import Relay
from shared.runtime.consumers import Consumers
from shared.runtime.context import Context
from shared.runtime.handling import answer, handle
from shared.runtime.health import Health
from shared.runtime.heartbeat import HeartbeatWriter
from shared.runtime.http import HttpServers
from shared.runtime.operations import operational_routes
from shared.runtime.settings import ServiceSettings

log = structlog.get_logger()

VERSION = version("tidebook-shared")
"""Of the whole installation: all distributions have the same."""

CLOSE_SECONDS = 1
"""What a task that ignores its end may take longer than `shutdown_seconds`, say a statement to a frozen server."""

Task = Callable[[], Coroutine[Any, Any, None]]


class ServiceRuntime:
    """One process of Tidebook, put together by its `main` and run by `run`."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        database: Database,
        schema_revision: str,
        handlers: Handlers | None = None,
        uses: Uses | None = None,
        adapters: Mapping[str, Any] | None = None,
        observe: Callable[[Sequence[Event]], None] | None = None,
        publishes: bool = True,
        zone_data: str | None = None,
    ) -> None:
        """`schema_revision` is the migration this code needs; `adapters` go to handlers by parameter name.

        `uses` is what it sends and asks; without one, nothing. `observe` is shown the events of each commit, to
        count them. A process that announces no events
        has no outbox to publish (`publishes=False`). `zone_data` is the version of the zone data, told in heartbeats.
        """
        self.name = name
        self.settings = settings
        if settings.crash_at:
            arm(settings.crash_at)
        self.instance = f"{socket.gethostname().split('.')[0]}-{os.getpid()}-{uuid4().hex[:6]}"
        self.database = database
        self.broker = settings.broker(name)
        self.broker.uses = uses or Uses()
        self.health = Health()
        self.heartbeat = HeartbeatWriter(self.broker, self.health, name, self.instance, VERSION, zone_data)
        self.relay = Relay(self.broker, database, name) if publishes else None
        self.app: ASGIApp = Starlette(
            routes=operational_routes(name, self.health, with_metrics=settings.metrics_enabled)
        )
        self._observe = observe
        self._schema_revision = schema_revision
        declared = handlers or Handlers(name)
        self._handlers = declared.declared
        self._queries = declared.queries
        self._adapters = adapters or {}
        self._consumers = Consumers(self.broker, self._handlers, self._handle, self.heartbeat.lag.__setitem__)
        self._replays = Replays(self.broker, name, self._handlers, self._handle)
        self._answering: rpc.Answering | None = None
        self._ports: dict[int, ASGIApp] = {}
        """Further applications, by their ports."""
        self._tasks: dict[str, Task] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._waiting_for = "waiting for NATS"
        """What of the topology this process still lacks."""
        self._check_adapters()
        self.health.add("nats", self.broker.check)
        self.health.add("database", self.check_schema)
        self.health.add("topology", self._check_started)
        self.health.add("consumers", self._consumers.check)
        if any(handler.takes_commands for handler in self._handlers):
            self.every(60, "forget-commands", self._forget_commands)

    def every(self, seconds: float, name: str, work: Task) -> None:
        """Do `work` again and again, `seconds` apart; a failed round is logged, counted and repeated."""

        async def rounds() -> None:
            on_path(f"{self.name}-{name}")
            while True:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - a round may fail, the task may not
                    TASK_FAILURES.labels(name).inc()
                    log.warning("task_failed", task=name, error=repr(error)[:300])
                await asyncio.sleep(seconds)

        self.always(name, rounds)

    def always(self, name: str, work: Task) -> None:
        """Run `work`, which ends by cancellation only, from start to stop; if it fails, the process ends."""
        self._tasks[name] = work

    def listen(self, app: ASGIApp, port: int) -> None:
        """Serve this application as well, on a port of its own."""
        self._ports[port] = app

    def context(self, messages: Sequence[Contract] = (), consumer: str | None = None) -> Context:
        """A context for work that starts here: background tasks, queries, deliveries."""
        return Context(self.database, self._committed, messages, consumer, self._observe)

    # --- running ---------------------------------------------------------------------------

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        http = HttpServers({self.settings.port: self.app} | self._ports, self.settings)
        serving = asyncio.create_task(http.serve())
        working = asyncio.create_task(self._work())
        stopping = asyncio.create_task(self._stop.wait())
        lost = asyncio.create_task(self.broker.lost.wait())
        done, _ = await asyncio.wait({serving, working, stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
        status = 0 if stopping in done else 1
        if working in done and (error := working.exception()):
            log.error("service_failed", error=_cause(error), exc_info=None if _expected(error) else error)
        if serving in done and status:
            log.error("http_server_ended", port=self.settings.port)
        if lost in done:
            log.error("nats_connection_lost_for_good")
        delay = 0 if status else self.settings.shutdown_delay_seconds
        await self._shut_down(http, serving, working, delay)
        return status

    def _on_signal(self) -> None:
        if self._stop.is_set():
            os._exit(1)
        log.info("stopping")
        self._stop.set()

    async def _work(self) -> None:
        await self.broker.connect()
        await self._await_topology()
        work: dict[str, Task] = {
            **({"relay": self.relay.run} if self.relay else {}),
            "heartbeat": self.heartbeat.run,
            **({"watch-consumers": self._consumers.watch} if self._handlers else {}),
            **{durable: consumer.run for durable, consumer in self._consumers.consumers.items()},
            **self._tasks,
        }
        async with asyncio.TaskGroup() as tasks:
            if self._handlers:
                await self._replays.listen()
            if self._queries:
                self._answering = await rpc.serve(self.broker, self.name, self._queries, self._answer, tasks)
            await self._announce()
            for name, task in work.items():
                self._running[name] = tasks.create_task(task(), name=name)
            log.info("service_started", instance=self.instance, port=self.settings.port)

    async def _await_topology(self) -> None:
        """Wait until everything this process uses is there. Raises `TopologyDrift` if something differs."""
        wanted = Topology.used_by(self.name, self._handlers)
        for attempt in count():
            try:
                await verify_topology(self.broker.js, wanted)
                break
            except (TopologyMissing, NatsError, JetStreamError, OSError, TimeoutError) as error:
                self._waiting_for = str(error) if isinstance(error, TopologyMissing) else type(error).__name__
                if attempt % 10 == 0:
                    log.warning("topology_not_ready", error=self._waiting_for)
                await asyncio.sleep(1)
        self._waiting_for = ""
        self.health.recheck()

    async def _announce(self) -> None:
        """Answer `$SRV.PING`, `INFO` and `STATS`, so that `nats micro ls` shows this instance and its questions."""
        config = ServiceConfig(name=f"tidebook-{self.name}", version=VERSION, description=f"Tidebook's {self.name}")
        tallies = self._answering.tallies if self._answering else {}
        await Announcement(self.broker.client, config, self.name, tallies).start()

    async def _handle(self, handler: Handler, messages: Sequence[Message]) -> list[Outcome] | None:
        return await handle(handler, messages, self.context(messages, handler.durable), self._adapters)

    async def _answer(self, query: Query[Any]) -> Contract:
        return await answer(self._queries[type(query)], query, self.context([query]), self._adapters)

    def _committed(self, rows: list[OutboxRow]) -> None:
        if self.relay:
            self.relay.committed(rows)

    async def _forget_commands(self) -> None:
        async def forget_some() -> int:
            async with self.context().transaction(EVERY_TENANT) as tx:
                return await idempotency.prune(tx.session)

        await prune_in_batches(forget_some)

    def _check_adapters(self) -> None:
        wanted = {h.durable: h.adapters for h in self._handlers} | {
            q.TYPE: h.adapters for q, h in self._queries.items()
        }
        for name, adapters in wanted.items():
            if missing := set(adapters) - set(self._adapters):
                raise ValueError(f"{name} wants adapters that nobody gives: {sorted(missing)}")

    async def _shut_down(
        self, http: HttpServers, serving: asyncio.Task[None], working: asyncio.Task[None], delay: float
    ) -> None:
        """Unready at once; `delay` seconds later, when no load balancer sends anything more, end in order."""
        self.health.stopping = True
        http.say_goodbye()
        deadline = asyncio.get_running_loop().time() + self.settings.shutdown_seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self.heartbeat.stop()
                await asyncio.sleep(delay)
                http.stop()
                await asyncio.gather(serving, self._finish(), return_exceptions=True)
                if self.relay:
                    self.relay.stop()
                    await self._end_of("relay")
        except TimeoutError:
            log.warning("shutdown_overran", seconds=self.settings.shutdown_seconds)
        working.cancel()
        await asyncio.wait({working}, timeout=CLOSE_SECONDS)
        await asyncio.gather(self.broker.close(), self.database.close())
        log.info("stopped")

    async def _finish(self) -> None:
        """Take nothing new, settle what is in hand, end what runs by the clock."""
        if self._answering:
            await self._answering.finish()
        await self._replays.finish()
        await self._consumers.stop()
        await self._end_of(*self._consumers.consumers)
        for name in self._tasks:
            if running := self._running.get(name):
                running.cancel()
        await self._end_of(*self._tasks)

    async def _end_of(self, *names: str) -> None:
        await asyncio.gather(*(self._running[n] for n in names if n in self._running), return_exceptions=True)

    # --- health ----------------------------------------------------------------------------

    async def check_schema(self) -> None:
        """The database answers and stands at this code's migration. Raises `Unavailable` with the drift."""
        revision = await self.database.schema_revision()
        if revision != self._schema_revision:
            raise Unavailable(f"migration drift: code {self._schema_revision}, database {revision or 'none'}")

    async def _check_started(self) -> None:
        if self._waiting_for:
            raise Unavailable(self._waiting_for)


def _expected(error: BaseException) -> bool:
    """A failure that its message explains in full; a traceback would only hide it."""
    return isinstance(error, TopologyDrift)


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
