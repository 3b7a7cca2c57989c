"""Customers: who a business works for, one record a person, found again by e-mail address and phone number."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Command, Contract, Event, ListQuery, Page, Query
from shared.contracts.booking.catalog import Archived

CONSENTS_LIMIT = 20
"""How many consents a customer may have given or taken back."""
ERASED_NAME = "Erased customer"
ERASED_DOMAIN = "erased.invalid"
"""Where the addresses are of people who were erased; no mail goes there (RFC 2606)."""
SEARCH_LIMIT = 100
"""How long a search may be, in characters."""


class Consent(Contract):
    """What a person has agreed to, or has taken back: which, when, and where that was said."""

    name: str
    """What for, such as `marketing`."""
    granted: bool
    source: str
    """Where it was said, such as `web form`."""
    at: datetime


class CustomerRecord(Contract):
    """A customer as the registry has it."""

    id: UUID
    name: str
    email: str | None = None
    phone: str | None = None
    notes: str | None = None
    consents: list[Consent] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    version: int
    archived_at: datetime | None = None
    erased_at: datetime | None = None
    """When everything about the person was erased; what is left bears a pseudonym."""
    created_at: datetime


class Pseudonym(Contract):
    """What stands in the place of a person who was erased; the same on all of the person's bookings."""

    name: str
    email: str


class CreateCustomer(Command):
    """Write a customer down; `subject_id` becomes the id. Refused `customer_exists` if there is one of that address,
    or without an address of that number."""

    TYPE: ClassVar[str] = "command.booking.create_customer.v1"
    CREATES: ClassVar[bool] = True

    name: str
    email: str | None = None
    phone: str | None = None
    notes: str | None = None
    consents: list[Consent] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)


class CustomerChange(Command):
    """What is done with a customer that there is: `subject_id` names it."""

    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class ChangeCustomer(CustomerChange):
    """Give a customer other members; those that are null stay, those named in `cleared` are taken away."""

    TYPE: ClassVar[str] = "command.booking.change_customer.v1"

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    notes: str | None = None
    consents: list[Consent] | None = None
    metadata: dict[str, str] | None = None
    cleared: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)


class ArchiveCustomer(CustomerChange):
    """Keep a customer out of lists. Who books again is found all the same."""

    TYPE: ClassVar[str] = "command.booking.archive_customer.v1"


class RestoreCustomer(CustomerChange):
    """Show an archived customer in lists again."""

    TYPE: ClassVar[str] = "command.booking.restore_customer.v1"


class ErasurePart(Contract):
    """A kind of thing that an erasure is about, how many of it there are, and why it goes or stays."""

    what: str
    count: int | None = None
    """Null where nobody counts: copies on their way, which end by themselves."""
    why: str


class Erasure(Contract):
    """What is erased of a person, or would be, and what stays."""

    id: UUID
    """The customer's."""
    preview: bool
    open_bookings: int
    """Bookings that are not over yet: they must be cancelled or done first."""
    erased_at: datetime | None = None
    erased: list[ErasurePart]
    kept: list[ErasurePart]


class EraseCustomer(CustomerChange):
    """Erase everything about a person, for good; answered with an `Erasure`. Refused `bookings_open` while there are
    bookings that are not over."""

    TYPE: ClassVar[str] = "command.booking.erase_customer.v1"


class GetErasure(Query[Erasure]):
    """What erasing a customer would do. Refused `customer_not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_erasure.v1"

    customer_id: UUID


class CustomerList(Page):
    """Customers, newest first; those of a search in the order of the words found."""

    customers: list[CustomerRecord]


class GetCustomer(Query[CustomerRecord]):
    """One customer. Refused `customer_not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_customer.v1"

    customer_id: UUID


class ListCustomers(ListQuery[CustomerList]):
    """A page of a tenant's customers."""

    TYPE: ClassVar[str] = "rpc.booking.list_customers.v1"

    archived: Archived = Archived.NO
    q: str | None = None
    """Beginnings of words of the name, the address or the number, all of which must be found; or of a booking's id."""


class CustomerChanged(Event):
    """A customer has other members, was archived or brought back."""

    TYPE: ClassVar[str] = "booking.customer_changed.v1"

    customer: CustomerRecord


class CustomerErased(Event):
    """Everything about a person is erased: whoever keeps a copy forgets the person behind these bookings too.

    One event names at most a thousand bookings; a customer with more is told of by several.
    """

    TYPE: ClassVar[str] = "booking.customer_erased.v1"

    customer_id: UUID
    booking_ids: list[UUID]
    """The person's bookings, which keep time, service and money."""
    pseudonym: Pseudonym
