"""What a gateway does when more comes than it can serve: it refuses the rest at once, with `Retry-After` (ADR 0019).

Bounded are the requests under way in this process, and the writes that wait on COMMANDS to be carried
out. Not here: quotas, which keep one tenant from taking what belongs to all (`limits`).
"""

import time

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Counter, Gauge

from gateway.problems import Problem
from shared.errors import Unavailable
from shared.messaging.broker import Broker

SHED = Counter("requests_shed_total", "Requests refused because too many are under way or wait.", ["reason"])
UNDER_WAY = Gauge("requests_under_way", "Requests that hold a place in this gateway.")
PLACES = Gauge("requests_places", "API requests that this gateway lets in at once; fewer while they take long.")
BACKLOG = Gauge("requests_backlog", "Stored writes that booking-service has not begun.")

API = "/v1/"
RETRY_SECONDS = 1
BACKLOG_RETRY_SECONDS = 5
LOOK_SECONDS = 0.25
"""How often places are adjusted."""
BACKLOG_LOOK_SECONDS = 1.0
FEWEST = 32
"""Places that are always there: enough to keep booking-service's batches full."""
SHRINK = 0.7
GROW = 4


class Place:
    """One request's place; leaving it twice is leaving it once."""

    __slots__ = ("_entered_at", "_hall")

    def __init__(self, hall: "Hall") -> None:
        self._hall: Hall | None = hall
        self._entered_at = time.perf_counter()

    def leave(self) -> None:
        """Let another request in: this one is answered, or does nothing but wait."""
        if self._hall is not None:
            self._hall.left(time.perf_counter() - self._entered_at)
            self._hall = None


class Hall:
    """Room for so many requests at once: for fewer while they take long, for all again when they are quick."""

    def __init__(self, most: int, slow_seconds: float) -> None:
        self.places = most
        self.taken = 0
        self._most = most
        self._slow_seconds = slow_seconds
        self._left = 0
        self._seconds = 0.0

    def enter(self) -> Place:
        """A place. Raises 503 `overloaded` if all are taken."""
        if self.taken >= self.places:
            SHED.labels("concurrency").inc()
            raise _overloaded("More requests are under way than this gateway can serve.", RETRY_SECONDS)
        self.taken += 1
        return Place(self)

    def left(self, seconds: float) -> None:
        """A request has left its place after so long."""
        self.taken -= 1
        self._left += 1
        self._seconds += seconds

    def adjust(self) -> None:
        """Draw the conclusion from those that left since the last time."""
        if not self._left:
            return
        if self._seconds / self._left > self._slow_seconds:
            self.places = max(min(FEWEST, self._most), int(self.places * SHRINK))
        else:
            self.places = min(self._most, self.places + GROW)
        self._left, self._seconds = 0, 0.0


class Doors:
    """Which requests need a place. Stripe's webhooks have a hall of their own, so that money is
    heard of while the API is flooded; health, metrics and documents always answer."""

    def __init__(self, most: int, slow_seconds: float, webhook_path: str) -> None:
        self._api = Hall(most, slow_seconds)
        self._webhooks = Hall(most, slow_seconds)
        self._webhook_path = webhook_path
        UNDER_WAY.set_function(lambda: self._api.taken + self._webhooks.taken)
        PLACES.set_function(lambda: self._api.places)

    def enter(self, path: str) -> Place | None:
        """The place of a request to this path, if it needs one. Raises 503 `overloaded` if there is none."""
        if path.startswith(API):
            return self._api.enter()
        return self._webhooks.enter() if path == self._webhook_path else None

    async def adjust(self) -> None:
        """Let more or fewer in, by how long those who left took."""
        self._api.adjust()
        self._webhooks.adjust()


class Backlog:
    """How many stored writes wait for booking-service, looked at every now and then."""

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
        """Raises 503 `overloaded` if so many writes wait that another would wait for minutes."""
        if self._waiting >= self._limit:
            SHED.labels("backlog").inc()
            raise _overloaded("More writes wait to be carried out than is sensible.", BACKLOG_RETRY_SECONDS)


def _overloaded(detail: str, retry_seconds: int) -> Problem:
    return Problem(503, f"{detail} Please try again shortly.", "overloaded", {"Retry-After": str(retry_seconds)})
