"""Who is written down, or erased, in the very moment in which they book."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from booking.customers.matching import Guests
from shared.contracts.booking.bookings import Customer
from shared.contracts.booking.customers import CreateCustomer, EraseCustomer
from shared.identifiers import new_id
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually

_WRITTEN = """
    INSERT INTO customers (tenant_id, id, name, name_key, email, email_key, version, created_at)
    VALUES ($1, $2, 'Ada', 'ada', 'ada@customer.example', 'ada@customer.example', 1, now())
"""


@asynccontextmanager
async def another_replica(tenant: Tenant) -> AsyncIterator[Any]:
    """A transaction of another process, which commits at the end."""
    async with tenant.database.engine.begin() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver
        await connection.exec_driver_sql(f"SELECT set_config('app.tenant_ids', '{tenant.id}', true)")
        yield driver


async def somebody_waits_for(driver: Any) -> None:
    """Wait until another transaction waits for this one."""
    pid = driver.get_server_pid()

    async def waits() -> bool:
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))"
        return bool(await driver.fetchval(blocked, pid))

    await eventually(waits)


async def test_who_was_written_down_meanwhile_is_the_same_person(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    known = new_id()
    async with another_replica(tenant) as driver:
        await driver.execute(_WRITTEN, tenant.id, known)
        booking = asyncio.create_task(tenant.book(service, soon))
        await somebody_waits_for(driver)
    outcome = await booking
    assert outcome.result, outcome
    assert outcome.result["customer_id"] == str(known)
    rows = (await tenant.execute("SELECT customer_id FROM bookings")).all()
    assert [row.customer_id for row in rows] == [known]
    [fact] = [body for kind, body in await tenant.events() if kind == "booking.confirmed.v1"]
    assert fact["booking"]["customer_id"] == str(known)


async def test_nobody_is_erased_for_whom_a_booking_is_being_made(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    who = Customer(name="Ada", email="ada@customer.example")
    customer: UUID = booking_id(await tenant.ask(CreateCustomer, name=who.name, email=who.email))
    async with another_replica(tenant) as driver:
        command = tenant.command(service, soon)
        assert (await Guests.find(driver, [command])).of[command.id].id == customer
        erasing = asyncio.create_task(tenant.ask(EraseCustomer, customer))
        await somebody_waits_for(driver)
    assert code(await erasing) == "200"
    async with another_replica(tenant) as driver:
        again = tenant.command(service, soon)
        assert (await Guests.find(driver, [again])).of[again.id].id != customer
