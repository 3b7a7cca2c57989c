"""How many requests a tenant may make: a token bucket a tenant, in this process or shared in Redis.

The bucket is kept as one number, the instant at which it will be full again (the generic cell rate
algorithm): it holds a minute's requests and refills evenly. Lost Redis is never an outage: requests
pass within `ANSWER_SECONDS`, and a counter says so (ADR 0013).
"""

import asyncio
import time
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger()

PERIOD = 60_000_000
"""The quota's period in microseconds: a minute."""
ANSWER_SECONDS = 0.05
FAILURES_TO_OPEN = 3
PROBE_SECONDS = 1.0

DECISIONS = Counter(
    "rate_limiter_decisions_total", "Quota decisions: allowed, limited, failed_open (Redis silent).", ["decision"]
)
_ALLOWED = DECISIONS.labels("allowed")
_LIMITED = DECISIONS.labels("limited")
_FAILED_OPEN = DECISIONS.labels("failed_open")


@dataclass(frozen=True, slots=True)
class QuotaDecision:
    """Whether one request may pass, and what the tenant has left. Seconds are rounded up."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    """Until the whole quota is there again."""
    retry_seconds: int = 0
    """Until the next request can pass; 0 if this one has."""


class Limiter(Protocol):
    """Counts a tenant's requests."""

    async def take(self, tenant_id: UUID) -> QuotaDecision | None:
        """Count one request; None if it could not be counted and passes for that reason."""

    async def charge(self, tenant_id: UUID, requests: int) -> QuotaDecision | None:
        """Count what has been served already as so many requests more; None if it could not be counted.

        The tenant may come to owe them, a minute's worth at the most, and waits until that is made good.
        """


class Bucket(NamedTuple):
    """The arithmetic of one quota: `limit` requests a minute, in microseconds."""

    limit: int

    @property
    def interval(self) -> int:
        """Between two requests at the steady rate."""
        return PERIOD // self.limit

    def take(self, full_at: int, now: int, wanted: int) -> tuple[int, int]:
        """How many of `wanted` requests pass, and when the bucket will be full again after them."""
        start = max(full_at, now)
        passed = max(0, min(wanted, (now + self.interval * self.limit - start) // self.interval))
        return passed, start + passed * self.interval

    def charge(self, full_at: int, now: int, requests: int) -> int:
        """When the bucket will be full again once these requests are counted, whether there is room or not."""
        return min(max(full_at, now) + requests * self.interval, now + 2 * self.limit * self.interval)

    def decide(self, *, allowed: bool, backlog: int) -> QuotaDecision:
        """The decision for one request that leaves the bucket `backlog` microseconds from full."""
        capacity = self.interval * self.limit
        return QuotaDecision(
            allowed=allowed,
            limit=self.limit,
            remaining=max(0, (capacity - backlog) // self.interval),
            reset_seconds=_seconds(backlog),
            retry_seconds=0 if allowed else max(1, _seconds(backlog + self.interval - capacity)),
        )


def _seconds(microseconds: int) -> int:
    return -(-microseconds // 1_000_000)


class MemoryLimiter:
    """Quotas of this process alone."""

    def __init__(self, limit: int) -> None:
        self._bucket = Bucket(limit)
        self._full_at: dict[UUID, int] = {}

    async def take(self, tenant_id: UUID) -> QuotaDecision:
        """Count one request of this tenant."""
        now = time.monotonic_ns() // 1000
        passed, full_at = self._bucket.take(self._full_at.get(tenant_id, 0), now, 1)
        self._full_at[tenant_id] = full_at
        (_ALLOWED if passed else _LIMITED).inc()
        return self._bucket.decide(allowed=bool(passed), backlog=full_at - now)

    async def charge(self, tenant_id: UUID, requests: int) -> QuotaDecision:
        """Count so many requests more, whether they are left or not."""
        now = time.monotonic_ns() // 1000
        full_at = self._full_at[tenant_id] = self._bucket.charge(self._full_at.get(tenant_id, 0), now, requests)
        return self._bucket.decide(allowed=True, backlog=full_at - now)

    async def clean_up(self) -> None:
        """Forget tenants whose quota is whole again."""
        now = time.monotonic_ns() // 1000
        self._full_at = {tenant: full_at for tenant, full_at in self._full_at.items() if full_at > now}


# Bucket.take and then Bucket.charge for several tenants at once, by Redis's clock, so that gateways' clocks
# need not agree.
_TAKE = """
local interval, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local answers = {}
for i, key in ipairs(KEYS) do
    local start = math.max(tonumber(redis.call('GET', key) or '0'), now)
    local wanted, charged = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
    local passed = math.max(0, math.min(wanted, math.floor((now + interval * limit - start) / interval)))
    local full_at = start + passed * interval
    if charged > 0 then
        full_at = math.min(full_at + charged * interval, now + 2 * interval * limit)
    end
    if passed + charged > 0 then
        redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1000)
    end
    answers[2 * i - 1] = passed
    answers[2 * i] = full_at - now
end
return answers
"""


class _Waiting(NamedTuple):
    tenant_id: UUID
    charged: int
    """0: wants to pass."""
    since: float
    decided: asyncio.Future[QuotaDecision | None]


class RedisLimiter:
    """Quotas shared by all gateways.

    One script call decides for every request that came while the last call was under way: alone a
    request costs one round trip, under load a fraction of one.
    """

    def __init__(self, url: str, limit: int) -> None:
        self._bucket = Bucket(limit)
        self._redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = self._redis.register_script(_TAKE)
        self._queue: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._failures = 0

    @property
    def broken(self) -> bool:
        """Whether Redis has failed so often that nobody waits for it any more."""
        return self._failures >= FAILURES_TO_OPEN

    async def take(self, tenant_id: UUID) -> QuotaDecision | None:
        """Count one request of this tenant; None, within `ANSWER_SECONDS`, if Redis does not answer."""
        decision = await self._ask(tenant_id, 0)
        (_FAILED_OPEN if decision is None else _ALLOWED if decision.allowed else _LIMITED).inc()
        return decision

    async def charge(self, tenant_id: UUID, requests: int) -> QuotaDecision | None:
        """Count so many requests more, whether they are left or not; None, as above, if Redis does not answer."""
        return await self._ask(tenant_id, requests)

    async def _ask(self, tenant_id: UUID, charged: int) -> QuotaDecision | None:
        if self.broken:
            return None
        loop = asyncio.get_running_loop()
        waiting = _Waiting(tenant_id, charged, loop.time(), loop.create_future())
        self._queue.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await waiting.decided

    async def close(self) -> None:
        """Give the connection back."""
        await self._redis.aclose()

    async def _work(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            try:
                await self._decide(batch)
                self._failures = 0
            except (RedisError, OSError, TimeoutError) as error:
                self._failures += 1
                batch += self._queue
                self._queue = []
                if self._failures == 1 or self.broken:
                    log.warning("quota_store_silent", error=type(error).__name__, failures=self._failures)
            finally:
                # Nobody waits on, whatever happened: without a decision a request passes.
                for waiting in batch:
                    _settle(waiting, None)
            while self.broken:
                await asyncio.sleep(PROBE_SECONDS)
                await self._probe()

    async def _decide(self, batch: list[_Waiting]) -> None:
        wanted: dict[UUID, list[_Waiting]] = {}
        for waiting in batch:
            wanted.setdefault(waiting.tenant_id, []).append(waiting)
        counts: list[int] = []
        for group in wanted.values():
            counts += (sum(not waiting.charged for waiting in group), sum(waiting.charged for waiting in group))
        async with asyncio.timeout_at(max(batch[0].since + ANSWER_SECONDS, asyncio.get_running_loop().time() + 0.01)):
            answers = await self._script(
                keys=[f"quota:{tenant}" for tenant in wanted],
                args=[self._bucket.interval, self._bucket.limit, *counts],
            )
        for number, group in enumerate(wanted.values()):
            passed, backlog = answers[2 * number], answers[2 * number + 1]
            place = 0
            for waiting in group:
                place += not waiting.charged
                behind = max(0, passed - place) * self._bucket.interval
                _settle(waiting, self._bucket.decide(allowed=place <= passed, backlog=backlog - behind))

    async def _probe(self) -> None:
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return
        self._failures = 0
        log.info("quota_store_back")


def _settle(waiting: _Waiting, decision: QuotaDecision | None) -> None:
    if not waiting.decided.done():
        waiting.decided.set_result(decision)
