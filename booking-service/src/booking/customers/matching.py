"""Whose a booking is: the customer of its address, or else of its number, or a new one. A batch at a time.

Looking takes one statement. Those who are new are written down with another one, once it is known which bookings
there are: who was refused is not in the registry.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from booking.customers.rules import email_key, name_key, words_of
from booking.errors import CustomerNotFound, InvalidCommand
from shared.contracts.booking.bookings import CreateBooking
from shared.errors import DomainError
from shared.identifiers import new_id

# A row that is found can't be erased until the booking is there (erasing takes the whole lock): no name comes back
# behind an erasure. Of a number alone: whoever shares it is the same person if nothing says otherwise (an address of
# their own, and another name).
_KNOWN = """
    SELECT w.n, coalesce(named.id, known.id, alone.id, namesake.id) AS id, named.id IS NOT NULL AS named,
           coalesce(named.name, alone.name) AS name, named.email, coalesce(named.phone, alone.phone) AS phone,
           alone.id IS NOT NULL AND alone.email_key IS NULL AS lacks_address
    FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
         AS w (n, tenant_id, customer_id, email_key, phone, name_key)
    LEFT JOIN LATERAL (
        SELECT id, name, email, phone FROM customers c
        WHERE c.tenant_id = w.tenant_id AND c.id = w.customer_id AND c.erased_at IS NULL FOR KEY SHARE
    ) AS named ON true
    LEFT JOIN LATERAL (
        SELECT id FROM customers c WHERE c.tenant_id = w.tenant_id AND c.email_key = w.email_key FOR KEY SHARE
    ) AS known ON true
    LEFT JOIN LATERAL (
        SELECT id, name, phone, email_key FROM customers c
        WHERE known.id IS NULL AND c.tenant_id = w.tenant_id AND c.phone = w.phone AND c.email_key IS NULL
        FOR UPDATE
    ) AS alone ON true
    LEFT JOIN LATERAL (
        SELECT id FROM customers c
        WHERE known.id IS NULL AND alone.id IS NULL
          AND c.tenant_id = w.tenant_id AND c.phone = w.phone AND c.name_key = w.name_key
        ORDER BY created_at LIMIT 1 FOR KEY SHARE
    ) AS namesake ON true
"""
# Sorted, so that replicas that write the same people down wait in one order. Who was written down by another one in the
# meantime is returned with the id that was given there.
_WRITE = """
    WITH written AS (
        INSERT INTO customers (tenant_id, id, name, name_key, email, email_key, phone, version, created_at)
        SELECT tenant_id, id, name, name_key, email, email_key, phone, 1, $8
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
             AS given (tenant_id, id, name, name_key, email, email_key, phone)
        ORDER BY tenant_id, email_key COLLATE "C"
        ON CONFLICT (tenant_id, email_key) DO UPDATE SET email_key = customers.email_key
        RETURNING tenant_id, id, email_key
    ), words AS (
        INSERT INTO customer_words (tenant_id, customer_id, position, word)
        SELECT written.tenant_id, written.id, given.position, given.word
        FROM unnest($9::uuid[], $10::smallint[], $11::text[]) AS given (customer_id, position, word)
        JOIN written ON written.id = given.customer_id
    )
    SELECT tenant_id, id, email_key FROM written
"""
_GIVE_ADDRESS = """
    UPDATE customers SET email = given.email, email_key = given.email_key, version = version + 1
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS given (tenant_id, id, email, email_key)
    WHERE customers.tenant_id = given.tenant_id AND customers.id = given.id AND customers.email_key IS NULL
"""
_REWRITE_WORDS = """
    INSERT INTO customer_words (tenant_id, customer_id, position, word)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[])
    ON CONFLICT (tenant_id, customer_id, position) DO UPDATE SET word = excluded.word
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who comes to an appointment, and whose it is in the registry."""

    id: UUID
    name: str
    email: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody to be written down, or to be given an address."""

    tenant_id: UUID
    id: UUID
    name: str
    email: str
    phone: str | None


@dataclass(slots=True)
class Guests:
    """The guests of a batch of bookings, by the commands that want these."""

    of: dict[UUID, Guest] = field(default_factory=dict)
    """By the command's id."""
    refused: dict[UUID, DomainError] = field(default_factory=dict)
    """The commands that name a customer for whom nothing can be booked."""
    _new: dict[UUID, _Person] = field(default_factory=dict)
    _without_address: dict[UUID, _Person] = field(default_factory=dict)

    @classmethod
    async def find(cls, driver: Any, commands: Sequence[CreateBooking]) -> "Guests":
        """Who the guests of these commands are; with one statement."""
        guests = cls()
        columns = list(zip(*(_wanted(n, command) for n, command in enumerate(commands)), strict=True))
        rows = {row["n"]: row for row in await driver.fetch(_KNOWN, *columns)}
        planned: dict[tuple[UUID, ...] | tuple[UUID, str, str], UUID] = {}
        for n, command in enumerate(commands):
            try:
                guests.of[command.id] = guests._guest(command, rows[n], planned)
            except DomainError as refusal:
                guests.refused[command.id] = refusal
        return guests

    async def write_down(self, driver: Any, ids: Collection[UUID], now: datetime) -> dict[UUID, UUID]:
        """Write those of these customers down who are new: they have bookings now. Returns the customers whom another
        replica has written down in the meantime: the id that was meant for each, and the one that it has."""
        new = [person for id_, person in self._new.items() if id_ in ids]
        found = [person for id_, person in self._without_address.items() if id_ in ids]
        if found:
            await self._give_addresses(driver, found)
        if not new:
            return {}
        worded = [(p.id, n, word) for p in new for n, word in enumerate(words_of(p.name, p.email, p.phone), 1)]
        rows = await driver.fetch(
            _WRITE,
            *([p.tenant_id for p in new], [p.id for p in new], [p.name for p in new], [name_key(p.name) for p in new]),
            *([p.email for p in new], [email_key(p.email) for p in new], [p.phone for p in new], now),
            *_columns(worded),
        )
        written = {(row["tenant_id"], row["email_key"]): row["id"] for row in rows}
        kept = {person.id: written[person.tenant_id, email_key(person.email)] for person in new}
        return {meant: has for meant, has in kept.items() if meant != has}

    async def _give_addresses(self, driver: Any, found: list[_Person]) -> None:
        """Customers who had a number alone have an address now, and are found by it."""
        members = [(p.tenant_id, p.id, p.email, email_key(p.email)) for p in found]
        await driver.execute(_GIVE_ADDRESS, *_columns(members))
        words = [
            (p.tenant_id, p.id, n, word) for p in found for n, word in enumerate(words_of(p.name, p.email, p.phone), 1)
        ]
        await driver.execute(_REWRITE_WORDS, *_columns(words))

    def _guest(self, command: CreateBooking, row: Any, planned: dict[Any, UUID]) -> Guest:
        who = command.customer
        if who is None:
            if not row["named"]:
                raise CustomerNotFound("no such customer")
            if row["email"] is None:
                raise InvalidCommand("customer_id", "is of a customer without an e-mail address: give it one first")
            return Guest(row["id"], row["name"], row["email"], row["phone"])
        tenant, key = command.tenant_id, email_key(who.email)
        called = (tenant, who.phone, name_key(who.name)) if who.phone else (tenant, key)
        customer_id = row["id"] or planned.get((tenant, key)) or planned.get(called)
        if customer_id is None:
            customer_id = new_id()
            self._new[customer_id] = _Person(tenant, customer_id, who.name, who.email, who.phone)
            planned[tenant, key] = planned[called] = customer_id
        elif row["lacks_address"] and customer_id not in self._without_address:
            person = _Person(tenant, customer_id, row["name"], who.email, row["phone"])
            self._without_address[customer_id] = person
        return Guest(customer_id, who.name, who.email, who.phone)


def _wanted(n: int, command: CreateBooking) -> tuple[Any, ...]:
    """A row of what a command says of its guest."""
    who = command.customer
    if who is None:
        return n, command.tenant_id, command.customer_id, None, None, None
    return n, command.tenant_id, None, email_key(who.email), who.phone, name_key(who.name)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
