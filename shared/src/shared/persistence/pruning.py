"""Forgetting what is old, at the pace at which it comes: a round removes batches until none is full."""

from collections.abc import Awaitable, Callable

BATCH = 5000
"""Rows in one statement, which takes a fraction of the statement time-out."""
MOST_BATCHES = 20
"""A round's bound: by the minute more than 1,600 rows a second."""


async def prune_in_batches(remove: Callable[[], Awaitable[int]]) -> int:
    """Let `remove` delete batch after batch, each in a transaction of its own; returns how many rows went."""
    removed = 0
    for _ in range(MOST_BATCHES):
        gone = await remove()
        removed += gone
        if gone < BATCH:
            break
    return removed
