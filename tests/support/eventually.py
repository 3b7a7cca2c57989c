"""Waiting for something to become true, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], within: float = 10, every: float = 0.05) -> T:
    """What `look` returns, as soon as it is truthy and raises no AssertionError.

    Raises AssertionError with the last look after `within` seconds.
    """
    give_up_at = time.monotonic() + within
    while True:
        try:
            seen = await look()
            problem = f"saw {seen!r}"
        except AssertionError as error:
            seen, problem = None, str(error)
        if seen:
            return seen
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {within} s: {problem}")
        await asyncio.sleep(every)
