"""Under row-level security a search reaches its index: no operator of it is one that policies hold back."""

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


async def test_every_look_for_people_is_a_condition_of_an_index(tenant: Tenant, servers: Servers) -> None:
    await tenant.execute(_PEOPLE, tenant=str(tenant.id))
    await tenant.execute(_WORDS)
    owner = await asyncpg.connect(servers.postgres.url)
    await owner.execute("ANALYZE booking.customers, booking.customer_words")
    await owner.close()
    low, high = word_range("ad")
    looks = {
        "customer_words_word_idx": (_FOUND, (tenant.id, low, high, low, FIRST, 51, "false", ["lo"], ["lp"])),
        "customer_words_pkey": (_FOUND, (tenant.id, low, high, low, FIRST, 51, "false", ["lo"], ["lp"])),
        "customer_words_word_idx on customer_words": (_RAREST, (tenant.id, [low, "lo"], [high, "lp"])),
        "bookings_pkey": (_OF_BOOKINGS, (tenant.id, FIRST, LAST, BY_ID)),
        "customers_email_key": (_KNOWN, ([0], [tenant.id], [None], ["a@b.example"], ["+442079460018"], ["ada"])),
        "customers_phone_alone_key": (_KNOWN, ([0], [tenant.id], [None], ["a@b.example"], ["+442079460018"], ["ada"])),
        "customers_phone_idx": (_KNOWN, ([0], [tenant.id], [None], ["a@b.example"], ["+442079460018"], ["ada"])),
    }
    async with tenant.database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver
        await driver.execute("SELECT set_config('app.tenant_ids', $1, false)", str(tenant.id))
        await driver.execute("SET enable_seqscan = off")
        for index, (statement, values) in looks.items():
            plan = "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN {statement}", *values))
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
            # What policies hold back is filtered row by row behind the index: of words nothing is.
            assert "Filter: ((word" not in plan, plan
        await connection.rollback()


async def test_the_bookings_of_people_are_a_condition_of_an_index(tenant: Tenant, servers: Servers) -> None:
    """Of a tenant that has none the list's own index would do as well, so it is taken away for this look."""
    owner = await asyncpg.connect(servers.postgres.url)
    looking = owner.transaction()
    await looking.start()
    await owner.execute("DROP INDEX booking.bookings_list_idx")
    await owner.execute("SET LOCAL ROLE booking; SET LOCAL search_path = booking; SET LOCAL enable_seqscan = off")
    await owner.execute("SELECT set_config('app.tenant_ids', $1, true)", str(tenant.id))
    values = (tenant.id, [FIRST], BOOKINGS, FIRST, LAST, BOOKINGS)
    plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {_BOOKINGS_FOUND}", *values))
    await looking.rollback()
    await owner.close()
    assert "bookings_customer_idx" in plan, plan
    assert "customer_id = person.id" in plan.partition("bookings_customer_idx")[2].partition("->")[0], plan
