"""The service runtime: what every process gets, in one place.

Connects, waits for its streams and consumers, runs consumers, relay, questions and background tasks under
supervision, serves `/healthz`, `/readyz` and `/metrics`, and stops gracefully: unready first, then
nothing new, finish what runs, publish what was committed, close (reliability R6; ADR 0015).
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from importlib.metadata import version
from itertools import count
from typing import Any, Never
from uuid import uuid4

import structlog
import uvloop
from nats import micro
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from nats.micro.service import ServiceConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared.contracts.base import Contract, Query
from shared.crash_points import arm, on_path
from shared.errors import Unavailable
from shared.messaging import rpc
from shared.messaging.consumer import DEAD_IN_A_ROW, Consumer
from shared.messaging.reactions import Message, Reaction, Reactions
from shared.messaging.replaying import Replays
from shared.messaging.topology import CURE, Topology, TopologyDrift, TopologyMissing, verify_topology
from shared.metrics import CONSUMER_PENDING, CONSUMER_REDELIVERED, CONSUMER_STALLED_SECONDS, TASK_FAILURES
from shared.persistence.database import Database
from shared.relay import Relay
from shared.service.context import Context
from shared.service.health import Health
from shared.service.heartbeat import Heart
from shared.service.http import HttpServer
from shared.service.logging import configure_logging
from shared.service.settings import ServiceSettings

log = structlog.get_logger()

VERSION = version("tidebook-shared")
"""Of the whole installation: all distributions have the same."""
STALLED_SECONDS = 60
"""A consumer with messages waiting and no progress for this long makes its process unready (R4)."""

CLOSE_SECONDS = 1
"""What a task that ignores its end may take longer than `shutdown_seconds`, say a statement to a frozen server."""

Task = Callable[[], Coroutine[Any, Any, None]]


class Service:
    """One process of Tidebook, put together by its `main` and run by `run`."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        database: Database,
        schema_revision: str,
        reactions: Reactions | None = None,
        questions: rpc.Questions | None = None,
        adapters: dict[str, Any] | None = None,
    ) -> None:
        """`schema_revision` is the migration this code needs; `adapters` go to handlers by parameter name."""
        self.name = name
        self.settings = settings
        if settings.crash_at:
            arm(settings.crash_at)
        self.instance = f"{socket.gethostname().split('.')[0]}-{os.getpid()}-{uuid4().hex[:6]}"
        self.database = database
        self.broker = settings.broker(name)
        self.relay = Relay(self.broker, database, name)
        self.health = Health()
        self.heart = Heart(self.broker, self.health, name, self.instance, VERSION)
        self.tasks: dict[str, Task] = {}
        self.app: ASGIApp = Starlette(routes=self.operational_routes())
        self._schema_revision = schema_revision
        self._reactions: list[Reaction] = reactions.declared if reactions else []
        self._replays = Replays(self.broker, name, self._reactions, self._react)
        self._questions = questions
        self._adapters = adapters or {}
        self._consumers: list[Consumer] = []
        self._answering: rpc.Answering | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        for reaction in self._reactions:
            if missing := set(reaction.adapters) - set(self._adapters):
                raise ValueError(f"{reaction.durable} wants adapters that nobody gives: {sorted(missing)}")
        self.health.add("nats", self.broker.check)
        self.health.add("database", self.check_schema)
        self.health.add("topology", self._check_started)
        self.health.add("consumers", self._check_consumers)

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

        self.tasks[name] = rounds

    def context(self, messages: Sequence[Contract] = (), consumer: str | None = None) -> Context:
        """A context for work that starts here: background tasks, questions, deliveries."""
        return Context(self.database, self.relay.committed, messages, consumer)

    # --- running ---------------------------------------------------------------------------

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        http = HttpServer(self.app, self.settings)
        serving = asyncio.create_task(http.serve(http.sockets()))
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
        await self._announce()
        self._consumers = [Consumer(self.broker, r, self._react) for r in self._reactions]
        work: dict[str, Task] = {
            "relay": self.relay.run,
            "heartbeat": self.heart.run,
            **({"watch-consumers": self._watch_consumers} if self._consumers else {}),
            **{consumer.reaction.durable: consumer.run for consumer in self._consumers},
            **self.tasks,
        }
        async with asyncio.TaskGroup() as tasks:
            if self._reactions:
                await self._replays.listen()
            if self._questions:
                self._answering = await rpc.serve(self.broker, self._questions, self._answer, tasks)
            for name, task in work.items():
                self._running[name] = tasks.create_task(task(), name=name)
            log.info("service_started", instance=self.instance, port=self.settings.port)

    async def _await_topology(self) -> None:
        """Wait until everything this process uses is there. Raises `TopologyDrift` if something differs."""
        wanted = Topology.used_by(self.name, self._reactions)
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

    _waiting_for = "waiting for NATS"
    """What of the topology this process still lacks."""

    async def _announce(self) -> None:
        """Answer `$SRV.PING`, `INFO` and `STATS`, so that `nats micro ls` shows this instance."""
        await micro.add_service(
            self.broker.client,
            ServiceConfig(name=f"tidebook-{self.name}", version=VERSION, description=f"Tidebook's {self.name}"),
        )

    async def _react(self, reaction: Reaction, messages: Sequence[Message]) -> Any:
        ctx = self.context(messages, reaction.durable)
        adapters = {name: self._adapters[name] for name in reaction.adapters}
        if reaction.batch > 1:
            return await reaction.handler(list(messages), ctx, **adapters)
        outcome = await reaction.handler(messages[0], ctx, **adapters)
        return None if outcome is None else [outcome]

    async def _answer(self, handler: Callable[..., Awaitable[Contract]], query: Query[Any]) -> Contract:
        return await handler(query, self.context([query]))

    async def _shut_down(
        self, http: HttpServer, serving: asyncio.Task[None], working: asyncio.Task[None], delay: float
    ) -> None:
        """Unready at once; `delay` seconds later, when no load balancer sends anything more, end in order."""
        self.health.stopping = True
        http.say_goodbye()
        deadline = asyncio.get_running_loop().time() + self.settings.shutdown_seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self.heart.stop()
                await asyncio.sleep(delay)
                http.stop()
                await asyncio.gather(serving, self._finish(), return_exceptions=True)
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
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        await self._end_of(*(consumer.reaction.durable for consumer in self._consumers))
        for name in self.tasks:
            if running := self._running.get(name):
                running.cancel()
        await self._end_of(*self.tasks)

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

    async def _check_consumers(self) -> None:
        for consumer in self._consumers:
            if consumer.halted:
                raise Unavailable(
                    f"{consumer.reaction.durable} has stopped after {DEAD_IN_A_ROW} dead letters in a row: "
                    "see what they say, mend it, restart"
                )
            if CONSUMER_STALLED_SECONDS.labels(consumer.reaction.durable)._value.get() > STALLED_SECONDS:
                raise Unavailable(f"{consumer.reaction.durable} makes no progress")

    async def _watch_consumers(self) -> None:
        """Keep lag metrics; a failed look is skipped, `nats` is another check's business."""
        while True:
            for consumer in self._consumers:
                reaction = consumer.reaction
                try:
                    info = await self.broker.js.consumer_info(reaction.stream, reaction.durable)
                except NotFoundError as error:
                    raise TopologyDrift(f"consumer {reaction.durable} is gone. {CURE}") from error
                except (NatsError, JetStreamError, OSError, TimeoutError):
                    continue
                waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
                stalled = time.monotonic() - consumer.progress_at if waiting else 0.0
                if not waiting:
                    consumer.progress_at = time.monotonic()
                self.heart.lag[reaction.durable] = info.num_pending or 0
                CONSUMER_PENDING.labels(reaction.durable).set(info.num_pending or 0)
                CONSUMER_REDELIVERED.labels(reaction.durable).set(info.num_redelivered or 0)
                CONSUMER_STALLED_SECONDS.labels(reaction.durable).set(stalled)
            await asyncio.sleep(3)

    def operational_routes(self) -> list[Route]:
        """`/healthz`, `/readyz` and, if enabled, `/metrics` of this process."""

        async def healthz(_: HttpRequest) -> Response:
            return PlainTextResponse("ok\n")

        async def readyz(_: HttpRequest) -> Response:
            ready = await self.health.ready()
            checks = {n: "ok" if r.ok else r.detail for n, r in (await self.health.results()).items()}
            body = {"status": "ready" if ready else "not_ready", "service": self.name, "checks": checks}
            return JSONResponse(body, 200 if ready else 503)

        async def metrics(_: HttpRequest) -> Response:
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

        routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
        if self.settings.metrics_enabled:
            routes.append(Route("/metrics", metrics))
        return routes


def _expected(error: BaseException) -> bool:
    """A failure that its message explains in full; a traceback would only hide it."""
    return isinstance(error, TopologyDrift)


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _collect_garbage_rarely() -> None:
    """Requests leave hardly a cycle behind, yet by default every 700 new objects are searched for some.

    That search was a tenth of the gateway's time under load. What is alive by now stays alive, and is not searched.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 5, 5)


def run(build: Callable[[], Service]) -> Never:
    """Run one service until it is told to stop."""

    async def main() -> int:
        service = build()
        configure_logging(service.name, service.settings.log_format, service.settings.log_level)
        _collect_garbage_rarely()
        return await service.serve()

    sys.exit(uvloop.run(main()))
