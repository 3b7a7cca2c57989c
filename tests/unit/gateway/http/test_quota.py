"""Quotas: the arithmetic, in memory, and in a real Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from devstack.servers import Servers
from gateway.http.quota import PERIOD, Bucket, MemoryLimiter, QuotaDecision, RedisLimiter
from tests.support.eventually import allowed, eventually

limits = st.integers(1, 5000)
steps = st.lists(st.tuples(st.integers(0, PERIOD), st.integers(1, 50)), max_size=40)


@given(limits, steps)
def test_a_bucket_never_gives_more_than_its_size_and_its_refill(limit: int, asked: list[tuple[int, int]]) -> None:
    bucket, now, full_at, given_out = Bucket(limit), 10**15, 0, 0
    started = now
    for pause, wanted in asked:
        now += pause
        passed, full_at = bucket.take(full_at, now, wanted)
        assert 0 <= passed <= wanted
        given_out += passed
        assert given_out <= limit + (now - started) // bucket.interval
        assert full_at - now <= bucket.interval * limit


@given(limits, st.integers(1, 100), st.integers(0, 10**9))
def test_many_at_once_are_as_many_one_by_one(limit: int, wanted: int, full_at: int) -> None:
    bucket, now = Bucket(limit), 10**9
    together = bucket.take(full_at, now, wanted)
    passed = 0
    for _ in range(wanted):
        one, full_at = bucket.take(full_at, now, 1)
        passed += one
    assert together == (passed, max(full_at, now))


@given(limits)
def test_who_waits_as_told_passes(limit: int) -> None:
    bucket, now = Bucket(limit), 10**15
    _, full_at = bucket.take(0, now, limit)
    refused = bucket.decide(allowed=False, backlog=full_at - now)
    assert (refused.remaining, refused.limit) == (0, limit)
    assert bucket.take(full_at, now, 1)[0] == 0
    assert bucket.take(full_at, now + refused.retry_seconds * 1_000_000, 1)[0] == 1
    assert bucket.take(full_at, now + refused.reset_seconds * 1_000_000, limit)[0] == limit


@given(limits, st.lists(st.tuples(st.integers(0, PERIOD), st.integers(1, 10_000)), min_size=1, max_size=20))
def test_who_is_charged_owes_a_minute_at_the_most(limit: int, charges: list[tuple[int, int]]) -> None:
    bucket, now, full_at, owed = Bucket(limit), 10**15, 0, 0
    for pause, requests in charges:
        now, owed = now + pause, max(0, owed - pause)
        full_at = bucket.charge(full_at, now, requests)
        owed = min(owed + requests * bucket.interval, 2 * limit * bucket.interval)
        assert full_at - now == owed
    assert bucket.take(full_at, now + owed, limit)[0] == limit


async def test_in_memory_a_charge_is_owed() -> None:
    limiter, tenant = MemoryLimiter(10), uuid4()
    assert (await limiter.charge(tenant, 7)).remaining == 3
    assert (await limiter.take(tenant)).remaining == 2
    owing = await limiter.charge(tenant, 5)
    assert (owing.remaining, owing.reset_seconds) == (0, 78)
    refused = await limiter.take(tenant)
    assert not refused.allowed
    assert refused.retry_seconds == 24


async def test_in_memory_tenants_have_quotas_of_their_own() -> None:
    limiter = MemoryLimiter(3)
    one, other = uuid4(), uuid4()
    assert [(await limiter.take(one)).allowed for _ in range(4)] == [True, True, True, False]
    assert (await limiter.take(other)).remaining == 2
    await limiter.clean_up()
    assert not (await limiter.take(one)).allowed


@pytest.fixture
async def shared(servers: Servers) -> AsyncIterator[tuple[RedisLimiter, RedisLimiter]]:
    """Two gateways' limiters on one store."""
    pair = (RedisLimiter(servers.valkey.url, 20), RedisLimiter(servers.valkey.url, 20))
    yield pair
    for limiter in pair:
        await limiter.close()


async def test_gateways_share_a_quota(shared: tuple[RedisLimiter, RedisLimiter]) -> None:
    async def decided() -> list[QuotaDecision] | None:
        """Both gateways' decisions for one tenant, then one for another and one more for the first.

        None if the store, on a busy machine, took longer for one of them than a request waits for it.
        """
        tenant, other = uuid4(), uuid4()
        first = await asyncio.gather(*(limiter.take(tenant) for limiter in shared for _ in range(20)))
        then = await asyncio.gather(shared[0].take(other), shared[0].take(tenant))
        decisions = [decision for decision in (*first, *then) if decision]
        return decisions if len(decisions) == 42 else None

    decisions = await eventually(decided)
    assert decisions
    *both, mine, theirs = decisions
    passed = [decision for decision in both if decision.allowed]
    assert len(passed) == 20
    assert sorted(decision.remaining for decision in passed) == list(range(20))
    assert all(decision.retry_seconds in (1, 2, 3) for decision in both if not decision.allowed)
    assert mine.allowed
    assert not theirs.allowed


async def test_gateways_share_what_is_owed(shared: tuple[RedisLimiter, RedisLimiter]) -> None:
    async def decided() -> list[QuotaDecision] | None:
        """One passes while the other gateway charges more than there is; then nobody passes."""
        tenant = uuid4()
        first = await asyncio.gather(shared[0].take(tenant), shared[0].charge(tenant, 25), shared[1].take(tenant))
        then = await asyncio.gather(*(limiter.take(tenant) for limiter in shared))
        decisions = [decision for decision in (*first, *then, await shared[1].charge(tenant, 1000)) if decision]
        return decisions if len(decisions) == 6 else None

    decisions = await eventually(decided)
    assert decisions
    mine, charged, _, *refused, owing = decisions
    assert mine.allowed
    assert charged.remaining == 0
    assert not any(decision.allowed for decision in refused)
    assert all(15 <= decision.retry_seconds <= 24 for decision in refused), "six or seven requests of three seconds"
    assert owing.reset_seconds == 120


async def test_what_is_stored_of_a_quota_expires(shared: tuple[RedisLimiter, RedisLimiter], servers: Servers) -> None:
    tenant = uuid4()

    async def counted() -> bool:  # unless the store, on a busy machine, was too late
        return await shared[0].take(tenant) is not None

    await eventually(counted)
    async with Redis.from_url(servers.valkey.url) as store:
        assert 0 < await store.pttl(f"quota:{tenant}") <= 61_000


async def test_a_store_that_refuses_lets_requests_pass() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0", 5)
    started = time.monotonic()
    assert [await limiter.take(uuid4()) for _ in range(10)] == [None] * 10
    assert limiter.broken
    assert time.monotonic() - started < allowed(0.5)
    await limiter.close()
