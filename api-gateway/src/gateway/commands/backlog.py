"""How many stored writes wait to be carried out: with too many, another would wait for minutes (ADR 0019)."""

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Gauge

from gateway.http.load_shedding import SHED, overloaded
from shared.errors import Unavailable
from shared.messaging.broker import Broker

BACKLOG = Gauge("requests_backlog", "Stored writes that booking-service has not begun.")

RETRY_SECONDS = 5
LOOK_SECONDS = 1.0


class Backlog:
    """The stored writes that wait, looked at every now and then."""

    def __init__(self, broker: Broker, stream: str, limit: int) -> None:
        self._broker = broker
        self._stream = stream
        self._limit = limit
        self._waiting = 0

    async def look(self) -> None:
        """Count anew; while NATS does not answer the last count stands, since nothing is stored either."""
        try:
            consumers = await self._broker.js.consumers_info(self._stream)
        except (Unavailable, NatsError, JetStreamError, OSError, TimeoutError):
            return
        self._waiting = sum(consumer.num_pending or 0 for consumer in consumers)
        BACKLOG.set(self._waiting)

    def check(self) -> None:
        """Raises 503 `overloaded` if too many writes wait."""
        if self._waiting >= self._limit:
            SHED.labels("backlog").inc()
            raise overloaded("More writes wait to be carried out than is sensible.", RETRY_SECONDS)
