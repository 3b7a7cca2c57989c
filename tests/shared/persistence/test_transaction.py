"""One transaction: its tenants and nobody else's, its events after its commit and never without it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.errors import AlreadyHandled, Unavailable
from shared.identifiers import new_id
from shared.persistence import inbox
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import EVERY_TENANT, Tenants, transaction
from shared.runtime.context import Context
from tests.chaos.proxy import Direction, Link
from tests.support.databases import open_database
from tests.support.eventually import allowed, eventually
from tests.support.kernel import Kernel, ignore, leave_effect
from tests.support.messages import Noted, event_type, random_name


async def visible(kernel: Kernel, tenants: Tenants, among: list[UUID]) -> list[UUID]:
    async with transaction(kernel.database, tenants, ignore) as tx:
        found = await tx.session.scalars(
            text("SELECT tenant_id FROM effects WHERE tenant_id = ANY(CAST(:among AS uuid[]))"), {"among": among}
        )
        return sorted(found)


async def outbox_rows(kernel: Kernel, event: Noted) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(kernel.admin_url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch("SELECT * FROM booking.outbox WHERE id = $1", event.id)
        return rows
    finally:
        await connection.close()


@pytest.fixture
async def two_tenants(kernel: Kernel) -> list[UUID]:
    """Two tenants with an effect each."""
    events = [event_type()(tenant_id=uuid4()) for _ in range(2)]
    async with transaction(kernel.database, EVERY_TENANT, ignore) as tx:
        for event in events:
            await leave_effect(tx, event)
    return sorted(e.tenant_id for e in events)


async def test_a_transaction_sees_the_tenants_it_names(kernel: Kernel, two_tenants: list[UUID]) -> None:
    first, second = two_tenants
    assert await visible(kernel, {first}, two_tenants) == [first]
    assert await visible(kernel, {second}, two_tenants) == [second]
    assert await visible(kernel, two_tenants, two_tenants) == two_tenants
    assert await visible(kernel, EVERY_TENANT, two_tenants) == two_tenants
    assert await visible(kernel, set(), two_tenants) == []
    assert await visible(kernel, {uuid4()}, two_tenants) == []


async def test_without_tenants_nothing_is_seen_or_changed(kernel: Kernel, two_tenants: list[UUID]) -> None:
    fresh = open_database(kernel.url, "booking", pool_size=1)
    async with fresh.engine.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM effects")) == 0
        assert (await connection.execute(text("UPDATE effects SET note = 'x'"))).rowcount == 0
    await fresh.close()
    assert await visible(kernel, EVERY_TENANT, two_tenants) == two_tenants


async def test_tenants_do_not_leak_through_the_pool(kernel: Kernel, two_tenants: list[UUID]) -> None:
    single = open_database(kernel.url, "booking", pool_size=1)
    async with transaction(single, two_tenants, ignore) as tx:
        before = await tx.session.scalar(text("SELECT pg_backend_pid()"))
        assert await tx.session.scalar(text("SELECT count(*) FROM effects")) == 2
    async with single.engine.begin() as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) == before, "the test needs the same session"
        assert await connection.scalar(text("SELECT count(*) FROM effects")) == 0
    await single.close()


async def test_writing_for_another_tenant_is_refused(kernel: Kernel, two_tenants: list[UUID]) -> None:
    first, second = two_tenants
    foreign = event_type()(tenant_id=second)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with transaction(kernel.database, {first}, ignore) as tx:
            await leave_effect(tx, foreign)
    async with transaction(kernel.database, {first}, ignore) as tx:
        moved = await tx.session.execute(text("UPDATE effects SET note = 'x' WHERE tenant_id = :t"), {"t": second})
        assert moved.rowcount == 0  # type: ignore[attr-defined]
    assert await kernel.effects(foreign.id) == 0


async def test_the_application_role_is_bound_by_the_policies(kernel: Kernel) -> None:
    async with kernel.database.system.connect() as connection:
        role = (
            await connection.execute(
                text(
                    "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
                    " WHERE rolname = current_user"
                )
            )
        ).one()
        owned = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
            )
        )
        member = await connection.scalar(text("SELECT pg_has_role(current_user, 'booking_owner', 'MEMBER')"))
        tables = await connection.execute(
            text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class c JOIN pg_attribute a"
                " ON a.attrelid = c.oid WHERE relkind = 'r' AND attname = 'tenant_id'"
                " AND relnamespace = 'booking'::regnamespace"
            )
        )
        protected = {str(name): bool(on) for name, on in tables}
    assert tuple(role) == (False, False, False, False)
    assert (owned, member) == (0, False)
    assert len(protected) >= 5
    assert all(protected.values()), protected


@pytest.mark.parametrize("statement", ["DROP TABLE effects", "CREATE TABLE t (a int)", "ALTER TABLE effects ADD a int"])
async def test_the_application_role_changes_no_schema(kernel: Kernel, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
        async with transaction(kernel.database, EVERY_TENANT, ignore) as tx:
            await tx.session.execute(text(statement))


async def test_a_rollback_emits_nothing(kernel: Kernel) -> None:
    event = event_type()(tenant_id=uuid4())
    committed: list[OutboxRow] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the transaction
        async with transaction(kernel.database, {event.tenant_id}, committed.extend) as tx:
            tx.emit(event)
            await leave_effect(tx, event)
            raise ZeroDivisionError
    assert (committed, await outbox_rows(kernel, event), await kernel.effects(event.id)) == ([], [], 0)


async def test_a_refused_commit_emits_nothing(kernel: Kernel) -> None:
    event = event_type()(tenant_id=uuid4())
    committed: list[OutboxRow] = []
    with pytest.raises(ProgrammingError):  # noqa: PT012 - the block is the transaction
        async with transaction(kernel.database, set(), committed.extend) as tx:
            tx.emit(event)
            await leave_effect(tx, event)
    assert (committed, await outbox_rows(kernel, event)) == ([], [])


async def test_a_fact_about_a_tenant_that_was_not_named_is_refused(kernel: Kernel) -> None:
    named, other = event_type()(tenant_id=uuid4()), event_type()(tenant_id=uuid4())

    async def announce_both() -> None:
        async with transaction(kernel.database, {named.tenant_id}, ignore) as tx:
            tx.emit(named)
            tx.emit(other)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await announce_both()
    assert [await outbox_rows(kernel, event) for event in (named, other)] == [[], []]


async def test_a_commit_writes_the_outbox_with_its_causes(kernel: Kernel) -> None:
    kind = event_type()
    tenant, correlation = uuid4(), uuid4()
    cause = kind(tenant_id=tenant, correlation_id=correlation)
    effect = kind(tenant_id=tenant, note="größer")
    committed: list[OutboxRow] = []
    ctx = Context(kernel.database, committed.extend, [cause], random_name())
    async with ctx.transaction() as tx:
        tx.emit(effect)
        assert committed == [], "nobody hears of it before the commit"
    (row,) = await outbox_rows(kernel, effect)
    assert (row["type"], row["subject"]) == (kind.TYPE, f"{kind.TYPE}.{tenant}")
    assert (row["correlation_id"], row["causation_id"]) == (correlation, cause.id)
    assert row["occurred_at"] == effect.occurred_at
    assert row["published_at"] is None
    body = json.loads(row["payload"])
    assert (body["note"], body["correlation_id"], body["causation_id"]) == ("größer", str(correlation), str(cause.id))
    assert [r.id for r in committed] == [effect.id]
    assert committed[0].payload == row["payload"]


async def test_the_first_cause_of_a_chain_is_its_message(kernel: Kernel) -> None:
    kind = event_type()
    tenant = uuid4()
    cause, effect = kind(tenant_id=tenant), kind(tenant_id=tenant)
    async with Context(kernel.database, ignore, [cause], random_name()).transaction() as tx:
        tx.emit(effect)
    (row,) = await outbox_rows(kernel, effect)
    assert (row["correlation_id"], row["causation_id"]) == (cause.id, cause.id)


@pytest.mark.parametrize("count", [0, 2])
async def test_without_one_message_an_event_starts_its_own_chain(kernel: Kernel, count: int) -> None:
    kind = event_type()
    tenant = uuid4()
    causes = [kind(tenant_id=tenant) for _ in range(count)]
    effect = kind(tenant_id=tenant)
    async with Context(kernel.database, ignore, causes, random_name()).transaction({tenant}) as tx:
        tx.emit(effect)
    (row,) = await outbox_rows(kernel, effect)
    assert (row["correlation_id"], row["causation_id"]) == (effect.id, None)


async def test_a_message_is_claimed_once(kernel: Kernel) -> None:
    consumer, ids = random_name(), [new_id() for _ in range(3)]
    async with transaction(kernel.database, set(), ignore) as tx:
        assert await inbox.claim(tx.driver, consumer, [ids[0], ids[0], ids[1]]) == {ids[0], ids[1]}
    async with transaction(kernel.database, set(), ignore) as tx:
        assert await inbox.claim(tx.driver, consumer, ids) == {ids[2]}
        assert await inbox.claim(tx.driver, random_name(), ids) == set(ids), "each consumer has its own claims"
    async with kernel.database.system.connect() as connection:
        assert await inbox.handled(connection, consumer, [*ids, new_id()]) == set(ids)


async def test_a_claim_is_given_up_with_its_transaction(kernel: Kernel) -> None:
    event, consumer = event_type()(tenant_id=uuid4()), random_name()
    with pytest.raises(ZeroDivisionError):
        async with Context(kernel.database, ignore, [event], consumer).transaction():
            raise ZeroDivisionError
    ctx = Context(kernel.database, ignore, [event], consumer)
    async with ctx.transaction() as tx:
        assert ctx.fresh == {event.id}
        await leave_effect(tx, event)
    with pytest.raises(AlreadyHandled):
        async with Context(kernel.database, ignore, [event], consumer).transaction():
            pytest.fail("it has been handled")
    assert await kernel.effects(event.id) == 1


async def test_concurrent_claims_have_one_effect(kernel: Kernel) -> None:
    event, consumer, replicas = event_type()(tenant_id=uuid4()), random_name(), 10
    claimed = asyncio.Event()

    async def handle(first: bool) -> str:
        if not first:
            await claimed.wait()
        try:
            async with Context(kernel.database, ignore, [event], consumer).transaction() as tx:
                claimed.set()
                await tx.session.execute(text("SELECT pg_sleep(0.2)"))  # the others wait on the claim meanwhile
                await leave_effect(tx, event)
        except AlreadyHandled:
            return "duplicate"
        return "handled"

    outcomes = await asyncio.gather(*(handle(n == 0) for n in range(replicas)))
    effects = await kernel.effects(event.id)
    print(f"operations {replicas}, duplicates {outcomes.count('duplicate')}, effects {effects}")
    assert (outcomes.count("handled"), effects) == (1, 1)


async def test_a_batch_handles_only_what_is_fresh(kernel: Kernel) -> None:
    kind, consumer = event_type(), random_name()
    events = [kind(tenant_id=uuid4()) for _ in range(5)]
    async with Context(kernel.database, ignore, events[:2], consumer).transaction():
        pass
    ctx = Context(kernel.database, ignore, events, consumer)
    async with ctx.transaction():
        assert ctx.fresh == {e.id for e in events[2:]}


@asynccontextmanager
async def a_server(*, answer: bytes | None) -> AsyncIterator[Database]:
    """A database server that says `answer` to every session, or takes connections and says nothing."""
    connections: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        if answer is None:
            return
        while body := await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4):
            if int.from_bytes(body[:4]) != 80877103:  # a command for TLS; anything else starts the session
                break
            writer.write(b"N")
        writer.write(b"E" + (len(answer) + 4).to_bytes(4) + answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    database = open_database(f"postgresql://u:p@127.0.0.1:{server.sockets[0].getsockname()[1]}/x", "booking")
    yield database
    await database.close()
    server.close()
    for writer in connections:
        writer.close()


STARTING = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
FULL = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"


@pytest.mark.parametrize("answer", [None, STARTING, FULL], ids=["frozen", "starting", "full"])
async def test_a_database_that_does_not_serve_is_unavailable_soon(answer: bytes | None) -> None:
    async with a_server(answer=answer) as database:
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"^database: "):
            async with transaction(database, EVERY_TENANT, ignore):
                pytest.fail("there is no database")
        with pytest.raises(Unavailable, match=r"^database: "):
            await database.schema_revision()
        assert time.monotonic() - started < allowed(5.5)


async def test_a_session_cut_in_the_middle_is_unavailable_and_replaced(kernel: Kernel) -> None:
    single = open_database(kernel.url, "booking", pool_size=1)
    with pytest.raises(Unavailable):  # noqa: PT012 - the block is the transaction
        async with transaction(single, EVERY_TENANT, ignore) as tx:
            pid = await tx.session.scalar(text("SELECT pg_backend_pid()"))
            admin = await asyncpg.connect(kernel.admin_url)
            assert await admin.fetchval("SELECT pg_terminate_backend($1, 2000)", pid)
            await admin.close()
            await tx.session.execute(text("SELECT 1"))
    async with transaction(single, EVERY_TENANT, ignore) as tx:
        assert await tx.session.scalar(text("SELECT 1")) == 1
    await single.close()


async def test_a_session_that_was_told_to_end_and_has_not_ended_yet_is_replaced(kernel: Kernel) -> None:
    """As in a pool whose server restarts: the farewell is read, the end of the connection still under way."""
    parts = urlsplit(kernel.url)
    link = Link(parts.port or 0)
    through = parts.netloc.replace(str(parts.port), str(await link.listen()))
    single = open_database(parts._replace(netloc=through).geturl(), "booking", pool_size=1)
    async with transaction(single, EVERY_TENANT, ignore) as tx:
        pid = await tx.session.scalar(text("SELECT pg_backend_pid()"))
    admin = await asyncpg.connect(kernel.admin_url)
    heard = link.carried[Direction.TO_CLIENT]
    link.delay_seconds = 0.5  # the farewell comes after it, the end twice as late
    assert await admin.fetchval("SELECT pg_terminate_backend($1, 2000)", pid)

    async def told() -> bool:
        return link.carried[Direction.TO_CLIENT] > heard

    await eventually(told)
    link.heal()
    await admin.fetchval("SELECT 1")  # a turn of the loop, for the driver to read what has come
    async with transaction(single, EVERY_TENANT, ignore) as tx:
        assert await tx.session.scalar(text("SELECT pg_backend_pid()")) != pid
    await admin.close()
    await single.close()
    await link.close()


async def test_a_wrong_statement_is_a_bug_and_no_outage(kernel: Kernel) -> None:
    with pytest.raises(ProgrammingError):
        async with transaction(kernel.database, EVERY_TENANT, ignore) as tx:
            await tx.session.execute(text("SELECT nothing FROM nowhere"))


@pytest.mark.parametrize("error", [OSError("of a handler"), TimeoutError("of a handler"), OverflowError("too late")])
async def test_an_error_of_the_code_is_no_outage(kernel: Kernel, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        async with transaction(kernel.database, EVERY_TENANT, ignore):
            raise error
    assert raised.value is error


async def test_a_statement_that_takes_too_long_is_an_outage(kernel: Kernel) -> None:
    with pytest.raises(Unavailable):
        async with transaction(kernel.database, EVERY_TENANT, ignore) as tx:
            await tx.driver.execute("SELECT pg_sleep(20)")
