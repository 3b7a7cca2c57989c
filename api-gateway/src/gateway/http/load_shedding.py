"""What a gateway does when more comes than it can serve: it refuses the rest at once, with `Retry-After` (ADR 0019).

Bounded here are the requests under way in this process. Not here: the writes that wait to be carried out
(`gateway.commands.backlog`), and quotas, which keep one tenant from taking what belongs to all.
"""

import time

from prometheus_client import Counter, Gauge

from gateway.http.problems import Problem

SHED = Counter("requests_shed_total", "Requests refused because too many are under way or wait.", ["reason"])
UNDER_WAY = Gauge("requests_under_way", "Requests that hold a place in this gateway.")
PLACES = Gauge("requests_places", "API requests that this gateway lets in at once; fewer while they take long.")

API = "/v1/"
RETRY_SECONDS = 1
ADJUST_SECONDS = 0.25
"""How often limits are adjusted."""
FEWEST = 32
"""Requests that are always let in: enough to keep booking-service's batches full."""
SHRINK = 0.7
GROW = 4


class Permit:
    """One request's permission to be under way; releasing it twice is releasing it once."""

    __slots__ = ("_acquired_at", "_limit")

    def __init__(self, limit: "ConcurrencyLimit") -> None:
        self._limit: ConcurrencyLimit | None = limit
        self._acquired_at = time.perf_counter()

    def release(self) -> None:
        """Let another request in: this one is answered, or does nothing but wait."""
        if self._limit is not None:
            self._limit.released(time.perf_counter() - self._acquired_at)
            self._limit = None


class ConcurrencyLimit:
    """So many requests at once: fewer while they take long, all again when they are quick."""

    def __init__(self, most: int, slow_seconds: float) -> None:
        self.limit = most
        self.taken = 0
        self._most = most
        self._slow_seconds = slow_seconds
        self._released = 0
        self._seconds = 0.0

    def acquire(self) -> Permit:
        """A permit. Raises 503 `overloaded` if all are taken."""
        if self.taken >= self.limit:
            SHED.labels("concurrency").inc()
            raise overloaded("More requests are under way than this gateway can serve.", RETRY_SECONDS)
        self.taken += 1
        return Permit(self)

    def released(self, seconds: float) -> None:
        """A permit has come back after so long."""
        self.taken -= 1
        self._released += 1
        self._seconds += seconds

    def adjust(self) -> None:
        """Draw the conclusion from the permits that came back since the last time."""
        if not self._released:
            return
        if self._seconds / self._released > self._slow_seconds:
            self.limit = max(min(FEWEST, self._most), int(self.limit * SHRINK))
        else:
            self.limit = min(self._most, self.limit + GROW)
        self._released, self._seconds = 0, 0.0


class LoadShedder:
    """Which requests need a permit. Stripe's webhooks have a limit of their own, so that money is
    heard of while the API is flooded; health, metrics and documents always answer."""

    def __init__(self, most: int, slow_seconds: float, webhook_path: str) -> None:
        self._api = ConcurrencyLimit(most, slow_seconds)
        self._webhooks = ConcurrencyLimit(most, slow_seconds)
        self._webhook_path = webhook_path
        UNDER_WAY.set_function(lambda: self._api.taken + self._webhooks.taken)
        PLACES.set_function(lambda: self._api.limit)

    def admit(self, path: str) -> Permit | None:
        """The permit of a request to this path, if it needs one. Raises 503 `overloaded` if there is none."""
        if path.startswith(API):
            return self._api.acquire()
        return self._webhooks.acquire() if path == self._webhook_path else None

    async def adjust(self) -> None:
        """Let more or fewer in, by how long those took that have ended."""
        self._api.adjust()
        self._webhooks.adjust()


def overloaded(detail: str, retry_seconds: int) -> Problem:
    """503 `overloaded`."""
    return Problem(503, f"{detail} Please try again shortly.", "overloaded", {"Retry-After": str(retry_seconds)})
