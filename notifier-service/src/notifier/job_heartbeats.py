"""The jobs runner's heartbeat: in `job_heartbeats` for the record, in a NATS bucket for the gateway's `/readyz`.

A beat says that the loop turns, the last success that every job of a round has done its work: a
runner whose jobs all fail still beats, but its success grows old.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from sqlalchemy import text

from shared.clock import utc_now
from shared.contracts.heartbeats import JobsHeartbeat
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.topology import JOBS_BUCKET
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context

log = structlog.get_logger()

RUNNER = "jobs-runner"
"""The name under which all runners beat; any number may run, the newest beat stands."""

_BEAT = text("""
    INSERT INTO job_heartbeats (name, instance, beat_at, last_success_at, details)
    VALUES (:name, :instance, clock_timestamp(), CASE WHEN :succeeded THEN clock_timestamp() END,
            jsonb_build_object('interval_seconds', CAST(:interval AS double precision)))
    ON CONFLICT ON CONSTRAINT job_heartbeats_pkey DO UPDATE
    SET instance = excluded.instance, beat_at = excluded.beat_at, details = excluded.details,
        last_success_at = coalesce(excluded.last_success_at, job_heartbeats.last_success_at)
    RETURNING beat_at, last_success_at
""")


@dataclass(slots=True)
class JobsHeartbeatWriter:
    """Beats for one runner; `last_success_at` is what any runner has reached."""

    broker: Broker
    instance: str
    interval_seconds: float
    last_success_at: datetime | None = None

    async def beat(self, context: Context, succeeded: bool = False) -> bool:
        """Beat in both places, whatever becomes of either; returns whether both have it."""
        beat_at = utc_now()
        if succeeded:
            self.last_success_at = beat_at
        recorded = True
        try:
            async with context.transaction(EVERY_TENANT) as tx:
                row = await tx.session.execute(
                    _BEAT,
                    {
                        "name": RUNNER,
                        "instance": self.instance,
                        "succeeded": succeeded,
                        "interval": self.interval_seconds,
                    },
                )
                beat_at, self.last_success_at = row.one()._tuple()
        except Unavailable as error:
            log.warning("jobs_heartbeat_not_recorded", error=str(error))
            recorded = False
        return await self._tell(beat_at) and recorded

    async def _tell(self, beat_at: datetime) -> bool:
        beat = JobsHeartbeat(
            name=RUNNER,
            instance=self.instance,
            interval_seconds=self.interval_seconds,
            beat_at=beat_at,
            last_success_at=self.last_success_at,
        )
        try:
            bucket = await self.broker.js.key_value(JOBS_BUCKET)
            await bucket.put(RUNNER, beat.model_dump_json().encode())
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            log.warning("jobs_heartbeat_not_told", error=type(error).__name__)
            return False
        return True
