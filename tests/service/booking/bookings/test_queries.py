"""Lists of bookings, page by page."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.contracts.booking.bookings import ListBookings
from shared.contracts.booking.catalog import ListServices
from shared.messaging import rpc
from shared.persistence.paging import PAGE_BYTES
from tests.service.booking.conftest import Tenant, booking_id

# Of bookings with 50 members of metadata of 500 characters.
FITTING = PAGE_BYTES // 25_000


async def test_pages_neither_skip_nor_repeat(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=30)
    await tenant.resource(service)
    made = [booking_id(await tenant.book(service, soon + timedelta(hours=n))) for n in range(9)]
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, limit=4, cursor=cursor))
        seen += [b.id for b in page.bookings]
        if len(seen) == 4:
            await tenant.book(service, soon + timedelta(hours=20))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    first = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, limit=4))
    assert first.next_cursor
    of_another_list = first.next_cursor
    forged = ("", "x", "bnVsbA==", "WzEsMl0=", "é", of_another_list, of_another_list[:-2])
    for wrong in forged:
        with pytest.raises(rpc.Rejected) as rejected:
            await rpc.call(tenant.broker, ListServices(tenant_id=tenant.id, cursor=wrong))
        assert rejected.value.refusal.code == "invalid_cursor"
    with pytest.raises(rpc.Rejected):
        await rpc.call(tenant.broker, ListBookings(tenant_id=uuid4(), cursor=first.next_cursor))
    stranger = await rpc.call(tenant.broker, ListBookings(tenant_id=uuid4()))
    assert stranger.bookings == []


async def test_a_page_of_large_bookings_is_shorter_and_goes_on(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=30)
    await tenant.resource(service)
    large = {f"key-{n:02}": random.Random(n).randbytes(250).hex() for n in range(50)}
    made = [
        booking_id(await tenant.book(service, soon + timedelta(hours=n), metadata=large)) for n in range(2 * FITTING)
    ]
    seen: list[UUID] = []
    sizes = []
    cursor = None
    while True:
        page = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, cursor=cursor))
        seen += [b.id for b in page.bookings]
        sizes.append(len(page.bookings))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    assert max(sizes) <= FITTING
    assert len(sizes) <= 3
