"""Waiting for something to become true, instead of sleeping and hoping."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

SLOWER = 3
"""How many times slower than a quiet machine of two cores the tests must bear: an older one, or one with other work."""


def allowed(seconds: float) -> float:
    """How long something may take that takes at most `seconds` on a quiet machine of two cores.

    The one place where a test's patience is decided: what should be true sooner is waited for no longer than needed.
    """
    return seconds * SLOWER


async def eventually(
    look: Callable[[], Awaitable[T]], within: float = 10, every: float = 0.05, before: float = math.inf
) -> T:
    """What `look` returns, as soon as it is truthy and raises no AssertionError.

    Raises AssertionError with the last look after `within` seconds, `allowed` for; at the latest after `before`, which
    is never stretched: when it would be true for a wrong reason, such as the end of a lease.
    """
    seconds = min(allowed(within), before)
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            seen = await look()
            problem = f"saw {seen!r}"
        except AssertionError as error:
            seen, problem = None, str(error)
        if seen:
            return seen
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {seconds:g} s: {problem}")
        await asyncio.sleep(every)
