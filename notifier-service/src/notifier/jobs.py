"""The jobs runner, a process of its own: `python -m notifier.jobs --interval 60`, or `--once` for one round.

Any number may run: messages are claimed, pruning skips what others hold. With `--interval` it serves
`/healthz`, `/readyz` and `/metrics` while it runs; `--once` serves nothing and exits with 1 if a job
of its round failed.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
import uvloop

from notifier.failpoints import NotifierFailpoint
from notifier.job_heartbeats import JobsHeartbeatWriter
from notifier.messages.bookings import prune_bookings
from notifier.messages.delivery import Sender, sender_for
from notifier.messages.queue import REMINDERS, prune_messages
from notifier.metrics import EMAIL_JOBS, announce_job
from notifier.schema import SCHEMA_REVISION
from notifier.settings import NotifierSettings
from notifier.uses import USES
from shared.errors import Unavailable
from shared.failpoints import failpoint, on_path
from shared.messaging.topology import Topology, TopologyDrift, TopologyMissing, verify_topology
from shared.persistence.database import Database
from shared.persistence.transaction import EVERY_TENANT
from shared.relay import Relay
from shared.runtime.context import Context
from shared.runtime.logging import configure_logging
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load
from shared.zones import ZONE_DATA

log = structlog.get_logger()

DEFAULT_INTERVAL_SECONDS = 60.0
CONNECT_SECONDS = 30
"""How long `--once` waits for NATS."""
KEEP = timedelta(days=90)
"""How long finished messages and silent bookings are kept."""

Job = Callable[[], Awaitable[bool]]
"""Does its share of a round; False if something is left undone that should have been done."""


class JobsRunner:
    """Runs all jobs, round after round, and beats as it goes."""

    def __init__(self, context: Callable[[], Context], heartbeat: JobsHeartbeatWriter, jobs: dict[str, Job]) -> None:
        self._context = context
        self._heartbeat = heartbeat
        self._jobs = jobs
        for name in jobs:
            announce_job(name)

    async def round(self) -> bool:
        """One round; a job that fails doesn't keep the others from running. Returns whether all went well."""
        done = True
        for name, job in self._jobs.items():
            on_path(f"jobs-{name}")
            await self._heartbeat.beat(self._context())
            failpoint(NotifierFailpoint.JOB_STARTING)
            done = await self._run(name, job) and done
            failpoint(NotifierFailpoint.JOB_DONE)
        return await self._heartbeat.beat(self._context(), succeeded=done) and done

    async def _run(self, name: str, job: Job) -> bool:
        try:
            done = await job()
        except Unavailable as error:
            log.warning("job_failed", job=name, error=str(error))
        except Exception:  # the boundary of one job: the next ones run, the round counts as failed
            log.exception("job_failed", job=name)
        else:
            if not done:
                log.warning("job_incomplete", job=name)
            return done
        EMAIL_JOBS.labels(name, "error").inc()
        return False


def build(interval_seconds: float) -> tuple[ServiceRuntime, JobsRunner]:
    """Put the runner together from its environment."""
    settings = load(NotifierSettings)
    service = ServiceRuntime(
        "jobs",
        settings,
        database=Database(
            settings.notifier_database_url, settings.notifier_system_database_url, "notifier", pool_size=5
        ),
        schema_revision=SCHEMA_REVISION,
        uses=USES,
        zone_data=ZONE_DATA,
    )
    jobs = {"reminders": _reminders(sender_for(REMINDERS, service, settings)), "janitor": _janitor(service.context)}
    return service, JobsRunner(
        service.context, JobsHeartbeatWriter(service.broker, service.instance, interval_seconds), jobs
    )


def _reminders(sender: Sender) -> Job:
    async def send_due_reminders() -> bool:
        return (await sender.send_all_due()).deferred == 0

    return send_due_reminders


def _janitor(context: Callable[[], Context]) -> Job:
    async def prune_old_rows() -> bool:
        while True:
            async with context().transaction(EVERY_TENANT) as tx:
                if not await prune_messages(tx.session, KEEP) + await prune_bookings(tx.session, KEEP):
                    return True

    return prune_old_rows


def _build_service(interval_seconds: float) -> ServiceRuntime:
    service, runner = build(interval_seconds)

    async def jobs() -> None:
        await runner.round()

    service.every(interval_seconds, "jobs", jobs)
    return service


async def _run_once() -> int:
    """One round, its events published before the end; returns the exit status."""
    service, runner = build(DEFAULT_INTERVAL_SECONDS)
    configure_logging(service.name, service.settings.log_format, service.settings.log_level)
    working = asyncio.current_task()
    if working is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    relay = Relay(service.broker, service.database, service.name)
    relaying: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await service.broker.connect()
            await verify_topology(service.broker.js, Topology.used_by(service.name, []))
        await service.check_schema()
        relaying = asyncio.create_task(relay.run())
        return 0 if await runner.round() else 1
    except (TopologyDrift, TopologyMissing, Unavailable) as error:
        log.error("jobs_not_run", error=str(error))
        return 1
    except TimeoutError:
        log.error("jobs_not_run", error="NATS does not answer")
        return 1
    except asyncio.CancelledError:
        log.info("stopped")
        return 1
    finally:
        if relaying is not None:
            relay.stop()
            await relaying
        await service.broker.close()
        await service.database.close()


def main() -> None:
    """Entry point of `python -m notifier.jobs`."""
    parser = argparse.ArgumentParser(prog="python -m notifier.jobs", description="Sends reminders, prunes old rows.")
    parser.add_argument(
        "--interval",
        type=_seconds,
        default=DEFAULT_INTERVAL_SECONDS,
        metavar="SECONDS",
        help="seconds between rounds (default: %(default)g)",
    )
    parser.add_argument("--once", action="store_true", help="run one round and exit: 0 if all jobs succeeded, else 1")
    arguments = parser.parse_args()
    if arguments.once:
        sys.exit(uvloop.run(_run_once()))
    run(lambda: _build_service(arguments.interval))


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("must be above 0 and at most a day")
    return seconds


if __name__ == "__main__":
    main()
