"""Customers: what is stored of them, and what can be done with the record."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import SmallInteger, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.model import Versioned
from booking.customers.rules import email_key, name_key, words_of
from booking.errors import CustomerErased, CustomerNotFound
from shared.contracts.booking import customers as contracts
from shared.contracts.booking.customers import ERASED_DOMAIN, ERASED_NAME, CreateCustomer
from shared.persistence.database import Base

_WRITE_WORDS = text("""
    INSERT INTO customer_words (tenant_id, customer_id, position, word)
    SELECT :tenant, :customer, position, word
    FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS given (word, position)
    ON CONFLICT (tenant_id, customer_id, position) DO UPDATE SET word = excluded.word
""")
_FORGET_WORDS = text("""
    UPDATE customer_words SET word = NULL
    WHERE tenant_id = :tenant AND customer_id = :customer AND position > :kept AND word IS NOT NULL
""")


class Customer(Versioned, Base):
    """A person, or a household, that books with a business."""

    __tablename__ = "customers"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    """The address as two of them are compared; unique in the tenant."""
    phone: Mapped[str | None]
    notes: Mapped[str | None]
    consents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    # "metadata" is SQLAlchemy's own name on a mapped class.
    labels: Mapped[dict[str, str]] = mapped_column("metadata", JSONB)
    erased_at: Mapped[datetime | None]
    copies_erased: Mapped[bool]
    """Whether nothing of the person is left in the events and answers that are kept for a while."""
    copies_erased_to: Mapped[UUID | None]
    """Up to which event that is so."""
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, command: CreateCustomer, now: datetime) -> Self:
        """The customer that a command writes down."""
        return cls(
            tenant_id=command.tenant_id,
            id=command.subject_id,
            name=command.name,
            name_key=name_key(command.name),
            email=command.email,
            email_key=email_key(command.email),
            phone=command.phone,
            notes=command.notes or None,
            consents=stored_consents(command.consents),
            labels=command.metadata,
            version=1,
            archived_at=None,
            erased_at=None,
            copies_erased=True,
            copies_erased_to=None,
            created_at=now,
        )

    def rewrite(self, **members: Any) -> bool:
        """Give the person these members, their keys with them. Whether that changes anything."""
        if "name" in members:
            members["name_key"] = name_key(members["name"])
        if "email" in members:
            members["email_key"] = email_key(members["email"])
        return self.change(**members)

    def erase(self, now: datetime) -> None:
        """Leave nothing of the person but the id, for good."""
        self.change(
            name=ERASED_NAME,
            name_key="",
            email=None,
            email_key=None,
            phone=None,
            notes=None,
            consents=[],
            labels={},
            erased_at=now,
            archived_at=self.archived_at or now,
            copies_erased=False,
        )

    @property
    def pseudonym(self) -> contracts.Pseudonym:
        """What bookings call the person once erased: nobody's name, and an address that mail can't go to."""
        return contracts.Pseudonym(name=ERASED_NAME, email=f"{self.id.hex}@{ERASED_DOMAIN}")

    def snapshot(self) -> contracts.CustomerRecord:
        """The customer as the other processes see it."""
        return contracts.CustomerRecord(
            id=self.id,
            name=self.name,
            email=self.email,
            phone=self.phone,
            notes=self.notes,
            consents=[contracts.Consent.model_validate(consent) for consent in self.consents],
            metadata=self.labels,
            version=self.version,
            archived_at=self.archived_at,
            erased_at=self.erased_at,
            created_at=self.created_at,
        )


class CustomerWord(Base):
    """A word that a customer is found by; null once there is none in its place any more."""

    __tablename__ = "customer_words"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    word: Mapped[str | None]


def stored_consents(consents: list[contracts.Consent]) -> list[dict[str, Any]]:
    """Consents as they are stored, by name."""
    return [consent.model_dump(mode="json") for consent in sorted(consents, key=lambda consent: consent.name)]


async def write_words(session: AsyncSession, customer: Customer) -> None:
    """Let searches find a customer by what it is called now, and by nothing else."""
    words = [] if customer.erased_at else words_of(customer.name, customer.email, customer.phone)
    place = {"tenant": customer.tenant_id, "customer": customer.id}
    await session.execute(_WRITE_WORDS, {**place, "words": words})
    await session.execute(_FORGET_WORDS, {**place, "kept": len(words)})


async def locked_customer(session: AsyncSession, tenant_id: UUID, customer_id: UUID) -> Customer:
    """The customer, locked until the transaction ends. Raises `CustomerNotFound`, `CustomerErased`."""
    customer = await session.get(Customer, (tenant_id, customer_id), with_for_update=True)
    if customer is None:
        raise CustomerNotFound("no such customer")
    if customer.erased_at is not None:
        raise CustomerErased("the customer was erased")
    return customer


async def customer_like(session: AsyncSession, tenant_id: UUID, email: str | None, phone: str | None) -> UUID | None:
    """Whose an address is, or without one a number."""
    own = select(Customer.id).where(Customer.tenant_id == tenant_id)
    if email is not None:
        return await session.scalar(own.where(Customer.email_key == email_key(email)))
    if phone is not None:
        return await session.scalar(own.where(Customer.phone == phone, Customer.email_key.is_(None)))
    return None
