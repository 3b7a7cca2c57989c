"""What a gateway does when more comes than it can serve: it refuses the rest at once, with `Retry-After` (ADR 0019).

Bounded here are the requests under way in this process. Not here: the writes that wait to be carried out
(`gateway.commands.backlog`), and quotas, which keep one tenant from taking what belongs to all.
"""

import asyncio
import time
from typing import Any, TypeVar
from uuid import UUID

from prometheus_client import Counter, Gauge

from gateway.http.problems import Problem

SHED = Counter("requests_shed_total", "Requests refused because too many are under way or wait.", ["reason"])
UNDER_WAY = Gauge("requests_under_way", "Requests that hold a place in this gateway.")
PLACES = Gauge("requests_places", "API requests that this gateway lets in at once; fewer while they take long.")

API = "/v1/"
RETRY_SECONDS = 1
ADJUST_SECONDS = 0.25
"""How often limits are adjusted."""
FEWEST = 64
"""Requests that are always let in: half of them, a tenant's share, keep booking-service's batches full."""
SHRINK = 0.7
GROW = 4

K = TypeVar("K")


class Permit:
    """One request's permission to be under way; releasing it twice is releasing it once.

    Only our own time counts: while a request waits for its client, or for the store of keys, it gives its place back.
    """

    __slots__ = ("_acquired_at", "_limit", "_seconds", "tenant_id")

    def __init__(self, limit: "ConcurrencyLimit") -> None:
        self._limit: ConcurrencyLimit | None = limit
        self._seconds = 0.0
        self._acquired_at: float | None = time.perf_counter()
        self.tenant_id: UUID | None = None

    def belongs_to(self, tenant_id: UUID) -> None:
        """It is known now whose request this is. Raises 503 `overloaded` if this tenant has its share already."""
        if self._limit is not None:
            self._limit.count(tenant_id)
            self.tenant_id = tenant_id

    def pause(self) -> None:
        """Give the place back for a while."""
        if self._limit is not None and self._acquired_at is not None:
            self._seconds += time.perf_counter() - self._acquired_at
            self._acquired_at = None
            self._limit.leave(self.tenant_id)

    def resume(self) -> None:
        """Take a place again. Raises 503 `overloaded` if there is none."""
        if self._limit is not None and self._acquired_at is None:
            self._limit.enter(self.tenant_id)
            self._acquired_at = time.perf_counter()

    def reading(self, seconds: float) -> "Reading":
        """A block that waits for the client's body, in which no place is held."""
        return Reading(self, self._limit.readers if self._limit else None, seconds)

    def release(self) -> None:
        """Let another request in: this one is answered, or does nothing but wait."""
        if self._limit is not None:
            self.pause()
            self._limit.took(self._seconds)
            self._limit = None


class Reading:
    """Waiting for a client's body. Raises TimeoutError when it takes too long, or somebody else needs to be read."""

    __slots__ = ("_permit", "_readers", "_timeout")

    def __init__(self, permit: Permit, readers: "Readers | None", seconds: float) -> None:
        self._permit = permit
        self._readers = readers
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        self._permit.pause()
        if self._readers:
            self._readers.add(self._timeout, self._permit.tenant_id)
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        if self._readers:
            self._readers.remove(self._timeout)
        await self._timeout.__aexit__(*error)
        if error[0] is None:
            self._permit.resume()


class Readers:
    """The requests whose body is on its way. When there are too many, or too many of one tenant, the one that has
    been waited for longest is given up: a body that is there already is never kept out by those that don't come."""

    def __init__(self, most: int, share: float) -> None:
        self._most = most
        self._most_of_one = max(1, int(most * share))
        self._reading: dict[asyncio.Timeout, UUID | None] = {}
        self._of: Counted[UUID] = Counted()

    def add(self, timeout: asyncio.Timeout, tenant_id: UUID | None) -> None:
        """One more."""
        if tenant_id is not None and self._of[tenant_id] >= self._most_of_one:
            self._give_up(next(other for other, owner in self._reading.items() if owner == tenant_id))
        elif len(self._reading) >= self._most:
            self._give_up(next(iter(self._reading)))
        self._reading[timeout] = tenant_id
        self._of.add(tenant_id)

    def remove(self, timeout: asyncio.Timeout) -> None:
        """Its body is there, or nobody waits for it any more."""
        if timeout in self._reading:
            self._of.remove(self._reading.pop(timeout))

    def _give_up(self, timeout: asyncio.Timeout) -> None:
        self.remove(timeout)
        if not timeout.expired():  # just now, by itself: then it can't be told any more
            timeout.reschedule(0)
        SHED.labels("slow_bodies").inc()


class Counted(dict[K, int]):
    """How many there are of each; what there is none of takes no room."""

    def __missing__(self, key: K) -> int:
        return 0

    def add(self, key: K | None) -> None:
        """One more."""
        if key is not None:
            self[key] += 1

    def remove(self, key: K | None) -> None:
        """One less."""
        if key is not None:
            if self[key] > 1:
                self[key] -= 1
            else:
                self.pop(key, None)


class ConcurrencyLimit:
    """So many requests at once: fewer while they take long, all again when they are quick.

    No tenant has more than its share of them, one at the least.
    """

    def __init__(self, most: int, slow_seconds: float, share: float = 1.0) -> None:
        self.limit = most
        self.taken = 0
        self.readers = Readers(most, share)
        self._of: Counted[UUID] = Counted()
        self._most = most
        self._share = share
        self._slow_seconds = slow_seconds
        self._released = 0
        self._seconds = 0.0

    def acquire(self) -> Permit:
        """A permit. Raises 503 `overloaded` if all are taken."""
        self.enter(None)
        return Permit(self)

    def enter(self, tenant_id: UUID | None) -> None:
        """Take a place. Raises 503 `overloaded` if there is none, or none for this tenant."""
        if self.taken >= self.limit:
            SHED.labels("concurrency").inc()
            raise overloaded("More requests are under way than this gateway can serve.", RETRY_SECONDS)
        if tenant_id is not None:
            self.count(tenant_id)
        self.taken += 1

    def count(self, tenant_id: UUID) -> None:
        """A place is this tenant's. Raises 503 `overloaded` if it has its share already."""
        if self._of[tenant_id] >= max(1, int(self.limit * self._share)):
            SHED.labels("tenant").inc()
            raise overloaded("More requests of yours are under way than one tenant may have.", RETRY_SECONDS)
        self._of.add(tenant_id)

    def leave(self, tenant_id: UUID | None) -> None:
        """Give a place back."""
        self.taken -= 1
        self._of.remove(tenant_id)

    def took(self, seconds: float) -> None:
        """A request is over, or only waits; it kept us busy for so long."""
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

    def __init__(self, most: int, slow_seconds: float, webhook_path: str, tenant_share: float) -> None:
        self._api = ConcurrencyLimit(most, slow_seconds, tenant_share)
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
