"""A process among NATS's services: `nats micro ls` shows it, `nats micro info` every question that it answers.

The protocol is NATS's own (ADR-32 of nats-architecture-and-design). Its library would listen for the questions too, one
after the other; ours takes turns by tenant and is drained in order, so that only the listing is the library's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nats.aio.client import Client
from nats.micro.service import EndpointInfo, EndpointStats, Service, ServiceConfig, ServiceInfo, ServiceStats

from shared.contracts.base import Query
from shared.messaging.rpc import Tally


class Announcement(Service):
    """Answers `$SRV.PING`, `INFO` and `STATS` for one process."""

    def __init__(
        self, client: Client, config: ServiceConfig, queue: str, tallies: Mapping[type[Query[Any]], Tally]
    ) -> None:
        """`tallies` are those of the questions that the process answers in this queue group."""
        super().__init__(client, config)
        self._queue = queue
        self._tallies = tallies

    def info(self) -> ServiceInfo:
        """What it is, with its questions."""
        endpoints = [
            EndpointInfo(
                name=_name(query),
                subject=f"{query.TYPE}.*",
                queue_group=self._queue,
                metadata={"question": query.__name__, "reply": query.reply_type().__name__, "last_token": "tenant_id"},
            )
            for query in self._tallies
        ]
        return replace(super().info(), endpoints=endpoints)

    def stats(self) -> ServiceStats:
        """How its questions went since it began; times in nanoseconds, waiting left out."""
        endpoints = [
            EndpointStats(
                name=_name(query),
                subject=f"{query.TYPE}.*",
                queue_group=self._queue,
                num_requests=tally.asked,
                num_errors=tally.failed,
                last_error=tally.last_failure,
                processing_time=tally.nanoseconds,
                average_processing_time=tally.nanoseconds // max(tally.asked, 1),
            )
            for query, tally in self._tallies.items()
        ]
        return replace(super().stats(), endpoints=endpoints)


def _name(query: type[Query[Any]]) -> str:
    """`get_booking` for `rpc.booking.get_booking.v1`."""
    return query.TYPE.split(".")[2]
