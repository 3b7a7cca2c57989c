"""Attacks on a running stack beside a quiet tenant's load: whatever strangers do, the quiet tenant is served.

`make hostile MINUTES=5` gives each attack its share of the time, prints what a quiet tenant's requests took without
and with it, and fails if one of them was not answered as it should be. What holds against whom: docs/security.md.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bench.machine import resident_megabytes
from bench.open_loop import Observed, OpenLoop
from bench.shop import Shop, open_shop
from bench.webhooks import signed_events
from devstack.stack import Stack
from tests.load.attacks import ATTACKS, Tally
from tests.support.stack import throwaway_stack

pytestmark = [pytest.mark.load, pytest.mark.timeout(3600)]

MINUTES = float(os.environ.get("MINUTES", "5"))
RATE = 15
QUOTA = "900"
"""Half as much again as the quiet tenant needs."""
QUIET_SHARE = 0.2
"""Of each attack's time, before it: what the quiet tenant sees alone."""


def quiet_requests(stack: Stack, shop: Shop) -> Iterator[bytes]:
    """A booking, a list, a genuine event of Stripe's, and again."""
    booking, reading = shop.requests(100_000), itertools.repeat(shop.get("/v1/bookings?limit=5"))
    while True:
        yield next(booking)
        yield next(reading)
        yield from signed_events(stack, 1)


async def quiet(stack: Stack, requests: Iterator[bytes], seconds: float) -> Observed:
    """The quiet tenant's requests for so long."""
    loop = OpenLoop(stack.ports.gateway)
    seen = await loop.run(requests, RATE, seconds)
    loop.close()
    return seen


async def test_whatever_strangers_do_the_quiet_tenant_is_served() -> None:
    seconds = MINUTES * 60 / len(ATTACKS)
    failed: list[str] = []
    print(f"\n{len(ATTACKS)} attacks of {seconds * (1 - QUIET_SHARE):.0f} s, {RATE} quiet requests a second\n")
    print(
        "| attack | tries | ended, refused | quiet requests | not served | p50 ms, alone | p99 ms, alone | gateway MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with throwaway_stack(settings={"RATE_LIMIT_PER_MINUTE": QUOTA}) as stack:
        shop = await open_shop(stack, teams=4)
        requests = quiet_requests(stack, shop)
        await quiet(stack, requests, 3)
        for attack in ATTACKS:
            alone = await quiet(stack, requests, seconds * QUIET_SHARE)
            tally = Tally()
            attacking = asyncio.create_task(attack(stack, tally))
            beside = await quiet(stack, requests, seconds * (1 - QUIET_SHARE))
            if attacking.done():
                failed.append(f"{attack.__name__} ended by itself: {attacking.exception()!r}")
            attacking.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await attacking
            unserved = beside.offered - beside.statuses[200] - beside.statuses[201]
            if unserved or set(alone.statuses) - {200, 201}:
                failed.append(f"{attack.__name__}: {dict(beside.statuses)}, before it {dict(alone.statuses)}")
            p50, p50_alone, p99, p99_alone = (
                seen.percentile(share, 200, 201) * 1000 for share in (0.5, 0.99) for seen in (beside, alone)
            )
            megabytes = resident_megabytes(stack.processes["gateway-1"].pid)
            print(
                f"| {attack.__name__.replace('_', ' ')} | {tally.tries:,} | {tally.ended:,} | {beside.offered:,} "
                f"| {unserved} | {p50:.0f}, {p50_alone:.0f} | {p99:.0f}, {p99_alone:.0f} | {megabytes:.0f} |",
                flush=True,
            )
            assert stack.processes["gateway-1"].running
        started = time.monotonic()
        after = await quiet(stack, requests, 5)
        assert set(after.statuses) <= {200, 201}, "and afterwards all is as before"
        assert time.monotonic() - started < 60
    assert not failed, "\n".join(failed)
