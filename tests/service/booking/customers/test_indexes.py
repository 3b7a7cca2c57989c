"""Under row-level security a search reaches its index: no operator of it is one that policies hold back."""

from typing import Any
from uuid import UUID

import asyncpg

from booking.customers.matching import _KNOWN
from booking.customers.rules import word_range
from booking.customers.search import _BOOKINGS_FOUND, _FOUND, _OF_BOOKINGS, _RAREST, BOOKINGS, BY_ID
from devstack.servers import Servers
from tests.service.booking.conftest import Tenant

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


_PEOPLE = """
    INSERT INTO customers (tenant_id, id, name, name_key, email, email_key, phone, version, created_at)
    SELECT CAST(:tenant AS uuid), CAST('01936c5e-7d80-7000-8000-' || lpad(n::text, 12, '0') AS uuid),
           'A', 'a', n::text, n::text, n::text, 1, now()
    FROM generate_series(1, 2000) n
"""
_WORDS = """
    INSERT INTO customer_words (tenant_id, customer_id, position, word)
    SELECT tenant_id, id, position, md5(phone || position::text) FROM customers, generate_series(1, 5) AS position
"""


# A planner that knows nothing of a small table takes any index that will do: only the one in question is left to it.
_LEAVE_ONLY = """
    UPDATE pg_index SET indisvalid = false
    WHERE indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = $1::text::regclass)
      AND indexrelid <> $1::text::regclass
"""


async def test_every_look_for_people_is_a_condition_of_an_index(tenant: Tenant, servers: Servers) -> None:
    await tenant.execute(_PEOPLE, tenant=str(tenant.id))
    await tenant.execute(_WORDS)
    low, high = word_range("ad")
    found = (_FOUND, (tenant.id, low, high, low, FIRST, 51, "false", ["lo"], ["lp"]))
    known = (_KNOWN, ([0], [tenant.id], [None], ["a@b.example"], ["+442079460018"], ["ada"]))
    looks: list[tuple[str, tuple[str, tuple[Any, ...]], str]] = [
        ("customer_words_word_idx", found, "word"),
        ("customer_words_word_idx", (_RAREST, (tenant.id, [low, "lo"], [high, "lp"])), "word"),
        ("bookings_pkey", (_OF_BOOKINGS, (tenant.id, FIRST, LAST, BY_ID)), "id"),
        (
            "bookings_customer_idx",
            (_BOOKINGS_FOUND, (tenant.id, [FIRST], BOOKINGS, FIRST, LAST, BOOKINGS)),
            "customer_id",
        ),
        ("customers_email_key", known, "email_key"),
        ("customers_phone_alone_key", known, "phone"),
        ("customers_phone_idx", known, "phone"),
    ]
    owner = await asyncpg.connect(servers.postgres.url)
    for index, (statement, values), column in looks:
        looking = owner.transaction()
        await looking.start()
        await owner.execute(_LEAVE_ONLY, f"booking.{index}")
        await owner.execute("SET LOCAL ROLE booking; SET LOCAL search_path = booking; SET LOCAL enable_seqscan = off")
        await owner.execute("SELECT set_config('app.tenant_ids', $1, true)", str(tenant.id))
        plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {statement}", *values))
        await looking.rollback()
        # What policies hold back is filtered row by row behind the index: of what is looked for nothing is.
        conditions = [part.partition("\n")[0] for part in plan.partition(index)[2].split("Index Cond: ")[1:]]
        assert any(f"({column} " in condition for condition in conditions), f"{index}: {plan}"
    await owner.close()
