"""What happens to customers by the clock: the copies of who was erased go as well."""

from typing import Any

from sqlalchemy import select

from booking.customers.erasing import erase_copies
from booking.customers.model import Customer
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime


def schedule(service: ServiceRuntime) -> None:
    """Let a service do this work."""

    async def erase_copies_of_customers() -> None:
        async with service.context().transaction(EVERY_TENANT) as tx:
            statement: Any = select(Customer).where(~Customer.copies_erased).order_by(Customer.erased_at).limit(1)
            for customer in await tx.session.scalars(statement.with_for_update(skip_locked=True)):
                await erase_copies(tx, customer)

    service.every(1, "erase-copies", erase_copies_of_customers)
