"""Searches: who is found by the beginnings of some words. Each reads a bounded part of an index, however many
customers there are.

The rarest word leads: its range of the index is read in order, and who has the other words too is found. That order is
the order of what is found: whole words before those that only begin so.
"""

from typing import Any, NamedTuple
from uuid import UUID

from booking.customers.rules import id_range, searched_words, word_range
from shared.contracts.booking.catalog import Archived
from shared.contracts.booking.customers import ListCustomers
from shared.persistence.paging import decode_cursor, encode_cursor
from shared.persistence.transaction import Transaction

READ = 1_000
"""About how many places of the index one page may take: it ends sooner then, and the next one goes on."""
RARE = 200
"""How many places of a word are counted to tell which one is the rarest."""
BY_ID = 50
"""How many bookings are looked at whose id begins so."""
PEOPLE = 200
BOOKINGS = 2_000
"""How many people and how many of their bookings, the newest of each, a search among bookings looks through."""

_WORD_INDEX = """
    SELECT word, customer_id FROM customer_words
    WHERE tenant_id = $1 AND word >= $2 AND word < $3 AND (word, customer_id) > ($4, $5)
    ORDER BY word, customer_id LIMIT $6
"""
# Who has the leading word's beginning twice (a name and its address) is met once: at the first of them. Which words
# they have is asked without a condition on words, or the planner might look for them in the leading word's range.
_FOUND = f"""
    WITH read AS MATERIALIZED ({_WORD_INDEX})
    SELECT r.word, r.customer_id, c.id IS NOT NULL AND own.first = r.word AND NOT EXISTS (
               SELECT FROM unnest($8::text[], $9::text[]) AS p (low, high)
               WHERE NOT EXISTS (
                   SELECT FROM unnest(own.words) AS has (word)
                   WHERE has.word COLLATE "C" >= p.low AND has.word COLLATE "C" < p.high)
           ) AS found
    FROM read r
    LEFT JOIN customers c ON c.tenant_id = $1 AND c.id = r.customer_id
         AND CASE $7 WHEN 'all' THEN true WHEN 'true' THEN c.archived_at IS NOT NULL ELSE c.archived_at IS NULL END
    CROSS JOIN LATERAL (
        SELECT min(w.word) FILTER (WHERE w.word >= $2 AND w.word < $3) AS first, array_agg(w.word) AS words
        FROM customer_words w WHERE w.tenant_id = $1 AND w.customer_id = r.customer_id
    ) AS own
    ORDER BY r.word, r.customer_id
"""  # noqa: S608 - a statement of our own, nothing from outside
_RAREST = f"""
    SELECT p.low FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS p (low, high, n)
    CROSS JOIN LATERAL (
        SELECT count(*) AS places FROM (
            SELECT FROM customer_words WHERE tenant_id = $1 AND word >= p.low AND word < p.high LIMIT {RARE}
        ) AS met
    ) AS counted
    ORDER BY counted.places, p.n LIMIT 1
"""  # noqa: S608 - a number of our own
_OF_BOOKINGS = """
    SELECT DISTINCT customer_id FROM (
        SELECT customer_id FROM bookings WHERE tenant_id = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT $4
    ) AS named
    WHERE customer_id IS NOT NULL
"""
_BOOKINGS_FOUND = """
    SELECT id FROM (
        SELECT b.id FROM unnest($2::uuid[]) AS person (id)
        CROSS JOIN LATERAL (
            SELECT id FROM bookings WHERE tenant_id = $1 AND customer_id = person.id
            ORDER BY created_at DESC, id DESC LIMIT $3
        ) AS b
    ) AS theirs
    UNION
    SELECT id FROM (
        SELECT id FROM bookings WHERE tenant_id = $1 AND id >= $4 AND id <= $5 ORDER BY id LIMIT $6
    ) AS named
"""
_NOBODY = UUID(int=0)


class _Place(NamedTuple):
    """A place in the index of words, in the range of the word that leads."""

    lead: str
    word: str
    id: UUID


async def customers_found(tx: Transaction, query: ListCustomers, search: str) -> tuple[list[UUID], str | None]:
    """The ids of a page of those whom a search finds, in its order, and the cursor of the next. Raises
    `InvalidCursor`.

    Those of bookings whose id begins so stand on the first page, and on no other.
    """
    named = await _of_bookings(tx, query.tenant_id, search)
    after = _Place(*decode_cursor(_scope(query, search), query.cursor, str, str, UUID)) if query.cursor else None
    shown = [] if after else named[: query.limit]
    people, place = await _people(
        tx, query.tenant_id, search, query.limit - len(shown), after, archived=query.archived, without=set(named)
    )
    cursor = encode_cursor(_scope(query, search), place.lead, place.word, str(place.id)) if place else None
    return shown + people, cursor


async def bookings_found(tx: Transaction, tenant_id: UUID, search: str) -> list[UUID]:
    """The ids of bookings, at most `BOOKINGS` and as many by id, of those whom a search finds first."""
    people, _ = await _people(tx, tenant_id, search, PEOPLE, None, archived=Archived.ALL, without=set())
    first, last = id_range(search) or (_NOBODY, _NOBODY)
    share = BOOKINGS // max(1, len(people))
    rows = await tx.driver.fetch(_BOOKINGS_FOUND, tenant_id, people, share, first, last, BOOKINGS)
    return [row["id"] for row in rows]


async def _people(
    tx: Transaction,
    tenant_id: UUID,
    search: str,
    limit: int,
    after: _Place | None,
    *,
    archived: Archived,
    without: set[UUID],
) -> tuple[list[UUID], _Place | None]:
    """Those who are found after a place in the index, and the place to go on from if there may be more."""
    words = searched_words(search)
    if not words:
        return [], None
    if after is None and len(words) > 1:
        ranges = [word_range(word) for word in words]
        lead = await tx.driver.fetchval(_RAREST, tenant_id, *zip(*ranges, strict=True))
    else:
        lead = after.lead if after else words[0]
    low, high = word_range(lead)
    others = [word_range(word) for word in words if word != lead]
    place = after or _Place(lead, low, _NOBODY)
    found: list[UUID] = []
    read, piece = 0, limit + 1
    while read < READ:
        rows: list[Any] = await tx.driver.fetch(
            _FOUND,
            *(tenant_id, low, high, place.word, place.id, piece, archived.value),
            *([one for one, _ in others], [other for _, other in others]),
        )
        for row in rows:
            if len(found) >= limit:
                return found, place
            place = _Place(lead, row["word"], row["customer_id"])
            if row["found"] and row["customer_id"] not in without:
                found.append(row["customer_id"])
        if len(rows) < piece:
            return found, None
        read, piece = read + piece, min(4 * piece, READ)
    return found, place


async def _of_bookings(tx: Transaction, tenant_id: UUID, search: str) -> list[UUID]:
    """Whose the bookings are that a search is the beginning of an id of."""
    ids = id_range(search)
    if ids is None:
        return []
    return [row["customer_id"] for row in await tx.driver.fetch(_OF_BOOKINGS, tenant_id, *ids, BY_ID)]


def _scope(query: ListCustomers, search: str) -> str:
    """A cursor of one search is none of another."""
    return f"{query.subject}?{query.archived}&{search}"
