"""A dump of an older code's databases, brought back as if the upgrade had begun a few minutes ago."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from devstack.stack import Stack
from devstack.stripe.store import Store
from shared.clock import utc_now

DUMPS = Path(__file__).with_name("dumps")
SCHEMAS = ("gateway", "booking", "billing", "notifier")
UPGRADE = timedelta(minutes=8)
"""How long ago the old services stopped: enough for a short hold to run out and a short appointment to end."""

# Times as PostgreSQL and JSON write them, up to the minute: the rest stays as it is.
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d)(?=[:Z+-])")
# Times as Stripe writes them, in JSON.
_EPOCH_SECONDS = re.compile(r'("[a-z_]+": ?)(1\d{9})(?=[\s,}])')

Json = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Dump:
    """Two files of one name, with every time in them moved by the same whole number of minutes.

    Whole minutes because appointments begin on one; in the text of the files because times stand in
    columns, ranges and JSON alike.
    """

    name: str
    age: timedelta = field(init=False)

    def __post_init__(self) -> None:
        taken_at = datetime.fromisoformat(json.loads(self._text("json"))["taken_at"])
        minutes = (utc_now() - UPGRADE - taken_at) // timedelta(minutes=1)
        object.__setattr__(self, "age", timedelta(minutes=minutes))

    @property
    def sql(self) -> str:
        """The databases, as one script for an empty one."""
        return self._moved(self._text("sql"))

    @property
    def stripe(self) -> list[Json]:
        """What Stripe knew: its objects, oldest first."""
        kept: list[Json] = json.loads(self._moved(self._text("json")))["stripe"]
        return kept

    @property
    def facts(self) -> Json:
        """Keys of the API, and what was sent with an Idempotency-Key: unmoved, as only the same text is the same."""
        known: Json = json.loads(self._text("json"))
        return known

    async def restore(self, stack: Stack) -> None:
        """Into the running PostgreSQL of a stack, whose database must be empty."""
        connection = await asyncpg.connect(stack.servers.postgres.url)
        try:
            await connection.execute(self.sql)
        finally:
            await connection.close()

    def remind_stripe(self, stack: Stack) -> None:
        """Let the fake Stripe know what it knew; before it is started."""
        store = Store(stack.directory / "stripe" / "state.sqlite")
        for thing in self.stripe:
            store.put(thing["object"], thing["id"], thing)
        store.close()

    def _text(self, kind: str) -> str:
        return (DUMPS / f"{self.name}.{kind}").read_text()

    def _moved(self, text: str) -> str:
        def time(found: re.Match[str]) -> str:
            moved = datetime.fromisoformat(f"{found[1]} {found[3]}") + self.age
            return f"{moved:%Y-%m-%d}{found[2]}{moved:%H:%M}"

        def seconds(found: re.Match[str]) -> str:
            return f"{found[1]}{int(found[2]) + int(self.age.total_seconds())}"

        return _EPOCH_SECONDS.sub(seconds, _TIME.sub(time, text))


@dataclass(frozen=True)
class Table:
    """A table and what was in it."""

    key: tuple[str, ...]
    """The columns of its primary key."""
    rows: list[Row]

    def by_key(self, columns: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
        """Its rows by the values of these columns."""
        return {tuple(row[column] for column in columns): row for row in self.rows}

    @property
    def by_status(self) -> Counter[str | None]:
        """How many rows there are in each state; all in one where there are no states."""
        return Counter(row.get("status", row.get("state")) for row in self.rows)


async def census(url: str) -> dict[str, Table]:
    """Every row of the four schemas, as JSON, by table (`booking.bookings`)."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            """
            SELECT c.oid, n.nspname || '.' || c.relname AS name,
                   array(SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                         JOIN pg_attribute a ON a.attnum = k.number
                         WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place) AS key
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname = ANY($1::text[]) AND c.relname <> 'alembic_version'
            """,
            list(SCHEMAS),
        )
        return {
            table["name"]: Table(
                tuple(table["key"]),
                [json.loads(row[0]) for row in await connection.fetch(f"SELECT to_jsonb(t) FROM {table['name']} t")],
            )
            for table in tables
        }
    finally:
        await connection.close()
