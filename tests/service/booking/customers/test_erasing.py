"""Who is erased is found nowhere any more: a canary name goes through every feature, then every table is read."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.contracts.booking.bookings import CreateBooking, Customer, GetBooking
from shared.contracts.booking.customers import (
    ChangeCustomer,
    Consent,
    CreateCustomer,
    CustomerErased,
    EraseCustomer,
    Erasure,
    GetCustomer,
    GetErasure,
    ListCustomers,
)
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually

HOUR = timedelta(hours=1)
CANARY = "Quetzalcanary"


async def traces(tenant: Tenant) -> list[str]:
    """The tables of booking-service in which the canary is seen, in whatever column."""
    found = []
    async with tenant.database.system.connect() as connection:
        tables = await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'booking' AND tablename <> 'alembic_version'")
        )
        for table in tables.all():
            seen = text(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE :canary")
            if await connection.scalar(seen, {"canary": f"%{CANARY}%"}):
                found.append(table)
    return sorted(found)


async def test_a_canary_is_found_nowhere_after_it(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    email = f"{CANARY}@example.org"
    consent = Consent(name="sms", granted=True, source=f"told {CANARY}'s aunt", at=soon)
    known = {"email": email, "notes": f"{CANARY} rings", "consents": [consent], "metadata": {"nick": CANARY}}
    customer = booking_id(
        await tenant.send(
            CreateCustomer(**tenant._envelope(), name=CANARY, **known, idempotency_key=str(uuid4()), fingerprint="a")
        )
    )
    await tenant.ask(ChangeCustomer, customer, notes=f"{CANARY} rings twice")
    ids = []
    for hour in range(3):
        command = tenant.command(service, soon + hour * HOUR, idempotency_key=str(uuid4()), fingerprint="a")
        who = Customer(name=f"{CANARY} Lovelace", email=email, phone="+442079460018")
        details: dict[str, Any] = {"customer": who, "notes": f"for {CANARY}", "metadata": {"for": CANARY}}
        ids.append(booking_id(await tenant.send(command.model_copy(update=details))))
    refused = await tenant.ask(EraseCustomer, customer)
    assert refused.refusal
    assert (refused.refusal.code, refused.refusal.extra) == ("bookings_open", {"open_bookings": 3})
    for id_ in ids:
        await tenant.cancel(id_, reason=f"{CANARY} is ill")
    assert {"bookings", "customers", "customer_words", "outbox", "commands"} <= set(await traces(tenant))

    preview = await rpc.call(tenant.broker, GetErasure(tenant_id=tenant.id, customer_id=customer))
    assert (preview.preview, preview.open_bookings, preview.erased_at) == (True, 0, None)
    assert [(part.what, part.count) for part in preview.kept if part.count] == [("bookings", 3)]
    outcome = await tenant.ask(EraseCustomer, customer)
    assert outcome.status == 200, outcome
    erasure = Erasure.model_validate(outcome.result)
    assert (erasure.preview, erasure.erased_at is not None) == (False, True)
    assert erasure.erased == preview.erased

    async def nowhere() -> bool:
        return await traces(tenant) == []

    await eventually(nowhere)
    left = await rpc.call(tenant.broker, GetCustomer(tenant_id=tenant.id, customer_id=customer))
    assert (left.name, left.email, left.notes, left.consents) == ("Erased customer", None, None, [])
    for hour, id_ in enumerate(ids):
        booking = await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=id_))
        assert booking.customer == Customer(name="Erased customer", email=f"{customer.hex}@erased.invalid")
        assert (booking.starts_at, booking.price.amount, booking.customer_id) == (soon + hour * HOUR, 9000, customer)
        assert (booking.notes, booking.metadata, booking.cancellation_reason) == (None, {}, None)
    [fact] = [body for kind, body in await tenant.events() if kind == CustomerErased.TYPE]
    assert (fact["customer_id"], set(fact["booking_ids"])) == (str(customer), {str(id_) for id_ in ids})

    again = await tenant.ask(EraseCustomer, customer)
    assert again.status == 200
    assert len([kind for kind, _ in await tenant.events() if kind == CustomerErased.TYPE]) == 1
    assert code(await tenant.ask(ChangeCustomer, customer, name="Back")) == "customer_erased"
    assert code(await tenant.ask(EraseCustomer, uuid4())) == "customer_not_found"
    found = await rpc.call(tenant.broker, ListCustomers(tenant_id=tenant.id, q=CANARY))
    assert found.customers == []


async def test_who_comes_back_is_somebody_new(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    ada: CreateBooking = tenant.command(service, soon)
    first = await tenant.send(ada)
    await tenant.cancel(booking_id(first))
    assert first.result
    customer = first.result["customer_id"]
    assert code(await tenant.ask(EraseCustomer, customer, expected_versions=[7])) == "version_conflict"
    assert code(await tenant.ask(EraseCustomer, customer)) == "200"
    second = await tenant.book(service, soon)
    assert second.result
    assert second.result["customer_id"] != customer
    assert second.result["customer"]["name"] == "Ada"
    by_id = tenant.command(service, soon + HOUR).model_copy(update={"customer": None, "customer_id": UUID(customer)})
    assert code(await tenant.send(by_id)) == "customer_not_found"
