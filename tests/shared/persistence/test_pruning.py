"""What is old is forgotten as fast as it comes."""

import time

from sqlalchemy import text

from shared.persistence import inbox, outbox
from shared.persistence.pruning import BATCH, MOST_BATCHES, prune_in_batches
from shared.relay import PRUNE_SECONDS
from tests.support.databases import open_database
from tests.support.eventually import allowed

OLD = 4 * BATCH
"""Twenty thousand."""


async def test_a_round_forgets_everything_that_is_old_and_nothing_else(database_url: str) -> None:
    database = open_database(database_url, "booking")
    ages = {"old": (OLD, "30 days"), "young": (7, "1 minute")}
    async with database.system.begin() as connection:
        for kind, (count, age) in ages.items():
            await connection.execute(
                text(f"""
                    INSERT INTO outbox (id, type, subject, payload, occurred_at, published_at)
                    SELECT gen_random_uuid(), '{kind}', 'x', '{{}}', now() - interval '{age}', now() - interval '{age}'
                    FROM generate_series(1, {count})
                """)
            )
            await connection.execute(
                text(f"""
                    INSERT INTO inbox (consumer, message_id, handled_at)
                    SELECT '{kind}', gen_random_uuid(), now() - interval '{age}' FROM generate_series(1, {count})
                """)
            )
        await connection.execute(
            text("""
                INSERT INTO outbox (id, type, subject, payload, occurred_at, claimed_at)
                VALUES (gen_random_uuid(), 'unpublished', 'x', '{}', now() - interval '30 days', now())
            """)
        )
    for prune in (outbox.prune, inbox.prune):

        async def forget_some() -> int:
            async with database.system.begin() as connection:
                return await prune(connection)  # noqa: B023 - called in this round alone

        started = time.monotonic()
        assert await prune_in_batches(forget_some) == OLD
        assert time.monotonic() - started < allowed(OLD / 1000), "a thousand rows a second at the least"
    async with database.system.begin() as connection:
        left = await connection.execute(text("SELECT type, count(*) FROM outbox GROUP BY 1 ORDER BY 1"))
        assert left.all() == [("unpublished", 1), ("young", 7)]
        left = await connection.execute(text("SELECT consumer, count(*) FROM inbox GROUP BY 1"))
        assert left.all() == [("young", 7)]
    await database.close()


async def test_a_round_has_an_end() -> None:
    rounds = []

    async def never_done() -> int:
        rounds.append(1)
        return BATCH

    assert await prune_in_batches(never_done) == len(rounds) * BATCH == MOST_BATCHES * BATCH
    assert MOST_BATCHES * BATCH / PRUNE_SECONDS > 1000, "by the second"
