"""What changes the registry of customers."""

from typing import Any, NoReturn

from sqlalchemy.exc import IntegrityError

from booking.customers.model import Customer, customer_like, locked_customer, stored_consents, write_words
from booking.errors import CustomerExists, InvalidCommand
from shared.clock import utc_now
from shared.contracts.booking import customers as contracts
from shared.contracts.booking.customers import (
    CONSENTS_LIMIT,
    ArchiveCustomer,
    ChangeCustomer,
    Consent,
    CreateCustomer,
    CustomerChange,
    CustomerChanged,
    RestoreCustomer,
)
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")

UNIQUE = {"customers_email_key": "address", "customers_phone_alone_key": "number"}
"""What no two customers share, by the index that says so."""
_CLEARABLE: dict[str, Any] = {"email": None, "phone": None, "notes": None}
"""The members that can be taken away, with what is left then."""


@handlers.command(CreateCustomer)
async def create_customer(command: CreateCustomer, tx: Transaction) -> contracts.CustomerRecord:
    """A person is written down, before the first booking perhaps."""
    if made := await tx.session.get(Customer, (command.tenant_id, command.subject_id)):
        return made.snapshot()  # by this very command, whose key nobody remembers any more
    _check_consents(command.consents)
    customer = Customer.of(command, utc_now())
    try:
        async with tx.session.begin_nested():
            tx.session.add(customer)
    except IntegrityError as error:
        await _refuse_known(tx, customer, error)
    await write_words(tx.session, customer)
    return customer.snapshot()


@handlers.command(ChangeCustomer)
async def change_customer(command: ChangeCustomer, tx: Transaction) -> contracts.CustomerRecord:
    """A person has another name, address or number. Bookings keep what they were made under."""
    customer = await _locked(tx, command)
    given: dict[str, Any] = command.model_dump(include={"name", "email", "phone", "notes"}, exclude_none=True)
    if command.metadata is not None:
        given["labels"] = command.metadata
    if command.consents is not None:
        _check_consents(command.consents)
        given["consents"] = stored_consents(command.consents)
    for name in command.cleared:
        if name not in _CLEARABLE:
            raise InvalidCommand(name, "can't be taken away")
        given[name] = _CLEARABLE[name]
    email, phone = given.get("email", customer.email), given.get("phone", customer.phone)
    try:
        async with tx.session.begin_nested():
            changed = customer.rewrite(**given)
            await tx.session.flush()
    except IntegrityError as error:
        await _refuse_known(tx, Customer(tenant_id=command.tenant_id, email=email, phone=phone), error)
    await write_words(tx.session, customer)
    return _told(tx, customer, changed=changed)


@handlers.command(ArchiveCustomer)
async def archive_customer(command: ArchiveCustomer, tx: Transaction) -> contracts.CustomerRecord:
    """A person is shown in lists no more. Nothing else changes."""
    customer = await _locked(tx, command)
    return await _tell(tx, customer, changed=customer.archive(utc_now()))


@handlers.command(RestoreCustomer)
async def restore_customer(command: RestoreCustomer, tx: Transaction) -> contracts.CustomerRecord:
    """A person is shown in lists again."""
    customer = await _locked(tx, command)
    return await _tell(tx, customer, changed=customer.archive(None))


async def _locked(tx: Transaction, command: CustomerChange) -> Customer:
    """The customer that a change is about, at one of the versions that it expects. Raises `DomainError`."""
    customer = await locked_customer(tx.session, command.tenant_id, command.subject_id)
    customer.check(command.expected_versions)
    return customer


async def _tell(tx: Transaction, customer: Customer, *, changed: bool) -> contracts.CustomerRecord:
    """The customer as it stands now, announced if it has changed."""
    await tx.session.flush()
    return _told(tx, customer, changed=changed)


def _told(tx: Transaction, customer: Customer, *, changed: bool) -> contracts.CustomerRecord:
    snapshot = customer.snapshot()
    if changed:
        tx.emit(CustomerChanged(tenant_id=customer.tenant_id, customer=snapshot))
    return snapshot


async def _refuse_known(tx: Transaction, wanted: Customer, error: IntegrityError) -> NoReturn:
    """Say whose the address or the number is; what the database refused for another reason goes on."""
    cause = error.orig.__cause__ if error.orig else None
    what = UNIQUE.get(getattr(cause, "constraint_name", None) or "")
    if what is None:
        raise error
    known = await customer_like(tx.session, wanted.tenant_id, wanted.email, wanted.phone)
    raise CustomerExists(f"there is a customer of that {what}", {"customer_id": str(known)} if known else {})


def _check_consents(consents: list[Consent]) -> None:
    """Raises `InvalidCommand` for too many, and for two of one name."""
    if len(consents) > CONSENTS_LIMIT:
        raise InvalidCommand("consents", f"must be at most {CONSENTS_LIMIT}")
    names = [consent.name for consent in consents]
    if len(set(names)) < len(names):
        raise InvalidCommand("consents", "must not name one twice")
