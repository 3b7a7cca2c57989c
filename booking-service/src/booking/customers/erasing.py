"""Erasing a person: what goes, what stays and why; and the copies that events and answers hold for a while."""

import json
from typing import Any
from uuid import UUID

from booking.customers.model import Customer, write_words
from booking.errors import BookingsOpen, CustomerNotFound
from shared.clock import utc_now
from shared.contracts.booking import customers as contracts
from shared.contracts.booking.bookings import STANDING
from shared.contracts.booking.customers import (
    CustomerErased,
    EraseCustomer,
    Erasure,
    ErasurePart,
    GetErasure,
    Pseudonym,
)
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")

TOLD_AT_ONCE = 1_000
"""How many bookings one event names."""

_COUNT = """
    SELECT count(*) AS all, count(*) FILTER (WHERE status = ANY($3::text[])) AS open
    FROM bookings WHERE tenant_id = $1 AND customer_id = $2
"""
_ERASE = """
    UPDATE bookings
    SET customer_name = $3, customer_email = $4, customer_phone = NULL, notes = NULL, metadata = '{}',
        cancellation_reason = NULL, version = version + 1
    WHERE tenant_id = $1 AND customer_id = $2
    RETURNING id
"""


@handlers.command(EraseCustomer)
async def erase_customer(command: EraseCustomer, tx: Transaction) -> contracts.Erasure:
    """Nothing is left of a person but a pseudonym on bookings that are over. Doing so twice changes nothing."""
    place = command.tenant_id, command.subject_id
    # The whole lock: no booking is made for the person meanwhile (`booking.customers.matching`).
    customer = await tx.session.get(Customer, place, with_for_update=True)
    if customer is None:
        raise CustomerNotFound("no such customer")
    counted = await tx.driver.fetchrow(_COUNT, *place, STANDING)
    if customer.erased_at is not None:
        return _erasure(customer, counted, preview=False)
    customer.check(command.expected_versions)
    if counted["open"]:
        raise BookingsOpen("the customer has bookings that are not over", {"open_bookings": counted["open"]})
    customer.erase(utc_now())
    await tx.session.flush()
    await write_words(tx.session, customer)
    pseudonym = customer.pseudonym
    ids = [row["id"] for row in await tx.driver.fetch(_ERASE, *place, pseudonym.name, pseudonym.email)]
    for start in range(0, len(ids) or 1, TOLD_AT_ONCE):
        tx.emit(
            CustomerErased(
                tenant_id=customer.tenant_id,
                customer_id=customer.id,
                booking_ids=ids[start : start + TOLD_AT_ONCE],
                pseudonym=pseudonym,
            )
        )
    return _erasure(customer, counted, preview=False)


@handlers.query(GetErasure)
async def get_erasure(query: GetErasure, tx: Transaction) -> contracts.Erasure:
    """What erasing would do, told without doing it."""
    customer = await tx.session.get(Customer, (query.tenant_id, query.customer_id))
    if customer is None:
        raise CustomerNotFound("no such customer")
    counted = await tx.driver.fetchrow(_COUNT, query.tenant_id, query.customer_id, STANDING)
    return _erasure(customer, counted, preview=True)


def _erasure(customer: Customer, counted: Any, *, preview: bool) -> Erasure:
    return Erasure(
        id=customer.id,
        preview=preview,
        open_bookings=counted["open"],
        erased_at=customer.erased_at,
        erased=[
            ErasurePart(
                what="customer", count=1, why="name, address, number, notes, consents and metadata belong to the person"
            ),
            ErasurePart(
                what="booking_details",
                count=counted["all"],
                why="name, address, number, notes, metadata and reasons on bookings belong to the person",
            ),
            ErasurePart(what="messages", why="mails that were written or planned name the person"),
            ErasurePart(what="stored_events_and_answers", why="copies of the above, gone within minutes"),
        ],
        kept=[
            ErasurePart(
                what="bookings",
                count=counted["all"],
                why="time, service and money are the business's own records; they bear a pseudonym",
            ),
            ErasurePart(what="events_on_streams", why="copies that end by themselves, within 7 days"),
            ErasurePart(what="dead_letters", why="copies that end by themselves, within 30 days, or when discarded"),
        ],
    )


def without_person(document: str, pseudonym: Pseudonym) -> str:
    """A stored event or answer about a person, with the pseudonym in the person's place."""
    return json.dumps(_without(json.loads(document), pseudonym), ensure_ascii=False, separators=(",", ":"))


_FREE_TEXT: dict[str, Any] = {
    "notes": None,
    "cancellation_reason": None,
    "reason": None,
    "metadata": {},
    "consents": [],
}
"""Members in which anything may stand, with what is left of them."""


def _without(node: Any, pseudonym: Pseudonym) -> Any:
    if isinstance(node, list):
        return [_without(item, pseudonym) for item in node]
    if not isinstance(node, dict):
        return node
    left = {name: _FREE_TEXT.get(name, _without(value, pseudonym)) for name, value in node.items()}
    if "name" in left and "email" in left:
        left |= {"name": pseudonym.name, "email": pseudonym.email, "phone": None}
    return left


async def erase_copies(tx: Transaction, customer: Customer) -> None:
    """Take a person out of the next piece of what was announced and answered; in the scope of every tenant.

    Whatever is about the person names the customer's id.
    """
    mark = f"%{customer.id}%"
    rows = await tx.driver.fetch(_EVENTS, customer.copies_erased_to or UUID(int=0), f"%.{customer.tenant_id}", mark)
    found = [row for row in rows if row["payload"] is not None]
    if found:
        payloads = [without_person(row["payload"], customer.pseudonym) for row in found]
        await tx.driver.execute(_SET_EVENTS, [row["id"] for row in found], payloads)
    if rows:
        customer.copies_erased_to = rows[-1]["id"]
    if len(rows) == PIECE:
        return
    answers = await tx.driver.fetch(_ANSWERS, customer.tenant_id, mark)
    if answers:
        outcomes = [without_person(row["outcome"], customer.pseudonym) for row in answers]
        await tx.driver.execute(_SET_ANSWERS, customer.tenant_id, [row["id"] for row in answers], outcomes)
    customer.copies_erased = True


PIECE = 20_000
"""How many events are read at a time; ids are in the order of time."""
_EVENTS = f"""
    SELECT id, CASE WHEN subject LIKE $2 AND payload LIKE $3 THEN payload END AS payload
    FROM outbox WHERE id > $1 ORDER BY id LIMIT {PIECE}
"""  # noqa: S608 - a number of our own
_SET_EVENTS = """
    UPDATE outbox SET payload = given.payload
    FROM unnest($1::uuid[], $2::text[]) AS given (id, payload) WHERE outbox.id = given.id
"""
_ANSWERS = "SELECT id, outcome::text AS outcome FROM commands WHERE tenant_id = $1 AND outcome::text LIKE $2"
_SET_ANSWERS = """
    UPDATE commands SET outcome = given.outcome::json
    FROM unnest($2::uuid[], $3::text[]) AS given (id, outcome)
    WHERE commands.tenant_id = $1 AND commands.id = given.id
"""
