"""The registry of customers: one record a person, changed at a version, and whose each booking is."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.base import Outcome
from shared.contracts.booking.bookings import Customer, GetBooking, ListBookings
from shared.contracts.booking.catalog import Archived
from shared.contracts.booking.customers import (
    ArchiveCustomer,
    ChangeCustomer,
    Consent,
    CreateCustomer,
    CustomerRecord,
    GetCustomer,
    ListCustomers,
    RestoreCustomer,
)
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code

HOUR = timedelta(hours=1)


async def made(tenant: Tenant, name: str = "Ada Lovelace", **members: Any) -> UUID:
    """A customer of that name."""
    return booking_id(await tenant.ask(CreateCustomer, name=name, **members))


async def shown(tenant: Tenant, customer_id: UUID) -> CustomerRecord:
    return await rpc.call(tenant.broker, GetCustomer(tenant_id=tenant.id, customer_id=customer_id))


async def registry(tenant: Tenant, **members: Any) -> list[CustomerRecord]:
    """Everybody whom a list shows, page by page."""
    found: list[CustomerRecord] = []
    cursor = None
    while True:
        page = await rpc.call(tenant.broker, ListCustomers(tenant_id=tenant.id, cursor=cursor, **members))
        found += page.customers
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


async def booked(tenant: Tenant, service: UUID, start: datetime, customer: Customer | None, **members: Any) -> Outcome:
    command = tenant.command(service, start).model_copy(update={"customer": customer, **members})
    return await tenant.send(command)


def whose(outcome: Outcome) -> UUID:
    assert outcome.result, outcome
    return UUID(outcome.result["customer_id"])


def names(found: Iterable[CustomerRecord]) -> list[str]:
    return [customer.name for customer in found]


async def test_a_customer_is_made_shown_changed_put_away_and_brought_back(tenant: Tenant, soon: datetime) -> None:
    said = Consent(name="marketing", granted=True, source="web form", at=soon)
    ada = await made(tenant, email="Ada@Example.org", phone="+442079460018", consents=[said], metadata={"vip": "yes"})
    before = await shown(tenant, ada)
    assert (before.version, before.email, before.consents, before.metadata) == (
        *(1, "Ada@Example.org", [said]),
        {"vip": "yes"},
    )
    changed = await tenant.ask(ChangeCustomer, ada, notes="Rings twice", cleared=["phone"], expected_versions=[1])
    assert changed.status == 200, changed
    after = await shown(tenant, ada)
    assert (after.version, after.phone, after.notes) == (2, None, "Rings twice")
    assert code(await tenant.ask(ChangeCustomer, ada, notes="Rings once", expected_versions=[1])) == "version_conflict"
    same = await tenant.ask(ChangeCustomer, ada, notes="Rings twice")
    assert same.result
    assert same.result["version"] == 2
    for kind, there in ((ArchiveCustomer, []), (RestoreCustomer, ["Ada Lovelace"])):
        for _ in range(2):
            assert code(await tenant.ask(kind, ada)) == "200"
        assert names(await registry(tenant)) == there
        assert names(await registry(tenant, archived=Archived.ALL)) == ["Ada Lovelace"]
    facts = [body["customer"]["version"] for kind, body in await tenant.events() if "customer_changed" in kind]
    assert facts == [2, 3, 4]


async def test_no_two_share_an_address_and_without_one_no_two_a_number(tenant: Tenant) -> None:
    ada = await made(tenant, email="ada@example.org", phone="+442079460018")
    again = await tenant.ask(CreateCustomer, name="Ada", email="ADA@example.org")
    assert again.refusal
    assert (again.refusal.code, again.refusal.extra) == ("customer_exists", {"customer_id": str(ada)})
    await made(tenant, "Her son", phone="+442079460018")  # a number in common, and an address of his own perhaps
    assert code(await tenant.ask(CreateCustomer, name="Somebody", phone="+442079460018")) == "customer_exists"
    bob = await made(tenant, "Bob", email="bob@example.org")
    taken = await tenant.ask(ChangeCustomer, bob, email="Ada@Example.org")
    assert taken.refusal
    assert taken.refusal.extra == {"customer_id": str(ada)}
    assert (await shown(tenant, bob)).email == "bob@example.org"


async def test_whoever_may_not_be_changed(tenant: Tenant, soon: datetime) -> None:
    nobody = uuid4()
    for kind in (ChangeCustomer, ArchiveCustomer, RestoreCustomer):
        assert code(await tenant.ask(kind, nobody)) == "customer_not_found"
    twice = [Consent(name="sms", granted=granted, source="phone", at=soon) for granted in (True, False)]
    assert code(await tenant.ask(CreateCustomer, name="Ada", consents=twice)) == "validation_error"
    ada = await made(tenant)
    assert code(await tenant.ask(ChangeCustomer, ada, consents=twice)) == "validation_error"
    assert code(await tenant.ask(ChangeCustomer, ada, cleared=["name"])) == "validation_error"


async def test_bookings_are_of_the_customer_of_their_address_then_of_their_number(
    tenant: Tenant, soon: datetime
) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    people = [
        Customer(name="Ada Lovelace", email="ada@example.org", phone="+442079460018"),
        Customer(name="A. Lovelace", email="ADA@example.org"),  # the same mailbox
        Customer(name="lovelace, Áda", email="ada@work.example", phone="+442079460018"),  # the same name and number
        Customer(name="Byron", email="byron@example.org", phone="+442079460018"),  # the number alone: of one household
        Customer(name="Charles", email="charles@example.org"),
    ]
    first, mailbox, number, household, other = [
        whose(await booked(tenant, service, soon + n * HOUR, who)) for n, who in enumerate(people)
    ]
    assert first == mailbox == number
    assert len({first, household, other}) == 3
    ada = await shown(tenant, first)
    assert (ada.name, ada.email, ada.phone, ada.version) == ("Ada Lovelace", "ada@example.org", "+442079460018", 1)
    theirs = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, customer_id=first))
    assert [booking.customer.name for booking in theirs.bookings] == ["lovelace, Áda", "A. Lovelace", "Ada Lovelace"]


async def test_who_had_a_number_alone_is_given_the_address_of_the_booking(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    known = await made(tenant, "Ada Lovelace", phone="+442079460018")
    byron = Customer(name="Ada Byron", email="ada@example.org", phone="+442079460018")
    assert whose(await booked(tenant, service, soon, byron)) == known
    ada = await shown(tenant, known)
    assert (ada.name, ada.email, ada.version) == ("Ada Lovelace", "ada@example.org", 2)
    assert names(await registry(tenant, q="ada@exam")) == ["Ada Lovelace"]
    without = byron.model_copy(update={"phone": None})
    assert whose(await booked(tenant, service, soon + HOUR, without)) == known


async def test_a_booking_is_made_for_a_customer_of_the_registry(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    ada = await made(tenant, "Ada Lovelace", email="ada@example.org", phone="+442079460018")
    outcome = await booked(tenant, service, soon, None, customer_id=ada)
    assert whose(outcome) == ada
    assert outcome.result
    assert outcome.result["customer"] == {
        "name": "Ada Lovelace", "email": "ada@example.org", "phone": "+442079460018"
    }  # fmt: skip
    stored = await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booking_id(outcome)))
    assert stored.customer_id == ada
    silent = await made(tenant, "Silent")
    assert code(await booked(tenant, service, soon + HOUR, None, customer_id=silent)) == "validation_error"
    assert code(await booked(tenant, service, soon + HOUR, None, customer_id=uuid4())) == "customer_not_found"


async def test_many_first_bookings_of_one_person_make_one_customer(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    rooms = [await tenant.resource(service) for _ in range(3)]
    outcomes = await asyncio.gather(
        *(tenant.book(service, soon + n * HOUR, rooms[n % 3]) for n in range(60)),
        *(tenant.book(service, soon + n * HOUR, rooms[n % 3]) for n in range(60)),  # half of them are refused
    )
    codes = [code(outcome) for outcome in outcomes]
    assert (codes.count("201"), codes.count("slot_taken")) == (60, 60)
    assert len({whose(outcome) for outcome in outcomes if outcome.result}) == 1
    assert names(await registry(tenant)) == ["Ada"]
    rows = await tenant.execute("SELECT DISTINCT customer_id FROM bookings")
    assert len(rows.all()) == 1


async def test_who_is_refused_is_not_written_down(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    assert code(await booked(tenant, service, soon, Customer(name="Ada", email="ada@example.org"))) == "201"
    assert code(await booked(tenant, service, soon, Customer(name="Bob", email="bob@example.org"))) == "slot_taken"
    assert names(await registry(tenant)) == ["Ada"]


async def test_people_are_found_by_the_beginnings_of_words(tenant: Tenant, soon: datetime) -> None:
    await made(tenant, "Zoë Müller-Straße", email="zoe@firma.example", phone="+4917012345678")
    await made(tenant, "Anna Muller", email="anna@example.org")
    await made(tenant, "Anneliese Ødegård", phone="02079460018")
    found = {
        "mull": {"Zoë Müller-Straße", "Anna Muller"},
        "MÜLLER zo": {"Zoë Müller-Straße"},
        "strasse": {"Zoë Müller-Straße"},
        "ann": {"Anna Muller", "Anneliese Ødegård"},
        "odegard": {"Anneliese Ødegård"},
        "zoe@firma.example": {"Zoë Müller-Straße"},
        "firma": {"Zoë Müller-Straße"},
        "+49 170 12": {"Zoë Müller-Straße"},
        "0170 1234": {"Zoë Müller-Straße"},
        "020 7946": {"Anneliese Ødegård"},
        "anna zoe": set(),
        "%": set(),
        "ann%": {"Anna Muller", "Anneliese Ødegård"},
        "''": set(),
    }
    for search, expected in found.items():
        assert set(names(await registry(tenant, q=search))) == expected, search
        assert set(names(await registry(tenant, q=search, limit=1))) == expected, search


async def test_a_search_is_in_the_order_of_words_and_each_is_shown_once(tenant: Tenant) -> None:
    for name in ("Annabel", "Ann", "Anna Annable", "Annie"):
        await made(tenant, name, email=f"{name.replace(' ', '.').lower()}@example.org")
    for limit in (1, 2, 3, 50):
        assert names(await registry(tenant, q="ann", limit=limit)) == ["Ann", "Anna Annable", "Annabel", "Annie"]
    [ann] = await registry(tenant, q="ann@")
    await tenant.ask(ArchiveCustomer, ann.id)
    assert names(await registry(tenant, q="ann", limit=2)) == ["Anna Annable", "Annabel", "Annie"]
    assert names(await registry(tenant, q="ann", archived=Archived.YES)) == ["Ann"]


async def test_who_is_called_otherwise_is_found_by_that_alone(tenant: Tenant) -> None:
    ada = await made(tenant, "Ada Augusta Byron", phone="+442079460018")
    await tenant.ask(ChangeCustomer, ada, name="Countess Lovelace", cleared=["phone"])
    assert names(await registry(tenant, q="lovel")) == ["Countess Lovelace"]
    for gone in ("ada", "byron", "augusta", "2079"):
        assert await registry(tenant, q=gone) == []


async def test_bookings_and_their_customers_are_found(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    people = [Customer(name=name, email=f"{name}@example.org") for name in ("Ada", "Bob", "Ada")]
    ids = [booking_id(await booked(tenant, service, soon + n * HOUR, who)) for n, who in enumerate(people)]

    async def found(**members: Any) -> list[UUID]:
        page = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, **members))
        return [booking.id for booking in page.bookings]

    assert await found(q="ad") == [ids[2], ids[0]]
    assert await found(q="bob@example") == [ids[1]]
    assert await found(q="nobody") == []
    assert await found(q="ad", starts_from=soon + HOUR) == [ids[2]]
    assert ids[1] in await found(q=str(ids[1])[:13].upper())
    assert await found(q=str(ids[1])) == [ids[1]]
    assert names(await registry(tenant, q=str(ids[1]))) == ["Bob"]
    other = Tenant(tenant.broker, tenant.database)
    assert await registry(other, q="ada") == []
    assert (await rpc.call(other.broker, ListBookings(tenant_id=other.id, q="ada"))).bookings == []
