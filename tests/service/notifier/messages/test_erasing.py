"""Who was erased is written to no more, and nothing that was written keeps their name."""

from sqlalchemy import text

from shared.contracts.booking import bookings as contracts
from shared.contracts.booking.customers import CustomerErased, Pseudonym
from shared.identifiers import new_id
from tests.service.notifier.conftest import Bookings, Customers, Inbox
from tests.support.eventually import eventually

NOBODY = Pseudonym(name="Erased customer", email="0@erased.invalid")


async def erased(customer: Customers) -> None:
    """The person behind the booking is erased, and that has been heard."""
    ids = [customer.booking_id]
    await customer.publish(
        CustomerErased(tenant_id=customer.tenant_id, customer_id=new_id(), booking_ids=ids, pseudonym=NOBODY)
    )

    async def heard() -> bool:
        return bool(
            await customer.rows("SELECT 1 FROM bookings WHERE booking_id = :id AND erased", id=customer.booking_id)
        )

    await eventually(heard)


async def traces(customer: Customers) -> list[str]:
    """The tables of notifier-service in which the address is seen, in whatever column."""
    found = []
    async with customer.database.system.connect() as connection:
        tables = await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'notifier' AND tablename <> 'alembic_version'")
        )
        for table in tables.all():
            seen = text(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE :address")
            if await connection.scalar(seen, {"address": f"%{customer.address}%"}):
                found.append(table)
    return sorted(found)


async def test_nothing_keeps_the_person_and_what_waits_is_not_sent(
    customer: Customers, inbox: Inbox, bookings: Bookings
) -> None:
    customer.minutes_ahead = 3 * 24 * 60
    customer.__post_init__()
    await customer.hear(contracts.BookingConfirmed, "confirmed", None, 1)
    await customer.has(confirmed="sent", reminder="planned")
    assert await traces(customer) == ["bookings", "messages"]
    await erased(customer)
    assert await traces(customer) == []
    assert await customer.statuses() == {"confirmed": "sent", "reminder": "skipped"}


async def test_news_that_comes_late_brings_nobody_back(customer: Customers, inbox: Inbox) -> None:
    await erased(customer)
    await customer.hear(contracts.BookingHeld, "pending_payment", "pending", 1)
    await customer.hear(contracts.BookingCancelled, "cancelled", "pending", 2, previous={"status": "pending_payment"})
    await customer.pay()
    other = Customers(customer.broker, customer.database)
    await other.hear(contracts.BookingConfirmed, "confirmed", None, 1)
    await other.pay()
    await other.has(confirmed="sent", payment_received="sent")  # behind them on the stream
    assert await traces(customer) == []
    assert await customer.statuses() == {}
    assert await inbox.mails(customer.address) == []
