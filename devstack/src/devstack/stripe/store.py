"""Everything the fake remembers: in memory in order of creation, and in an SQLite file if asked.

SQLite because a commit is atomic and costs what changed, not what is there: a fake that is killed
in the middle of a run comes back with every answer it gave.
"""

import json
import sqlite3
from pathlib import Path

from devstack.stripe.objects import Resource

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS documents (
        kind TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    )
"""
_UPSERT = """
    INSERT INTO documents (kind, id, position, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body
"""


class Store:
    """Documents by kind and id. What was put is durable after `commit`, if there is a file.

    Documents are live: whoever changes one puts it again.
    """

    def __init__(self, path: Path | None) -> None:
        """Raises `sqlite3.Error` if `path` is not a file that the fake wrote."""
        self._documents: dict[str, dict[str, Resource]] = {}
        self._dirty: dict[tuple[str, str], Resource] = {}
        self._position = 0
        self._database: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            self._database.execute("PRAGMA journal_mode = WAL")
            # A commit survives the death of the process, not that of the machine: enough here.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(_SCHEMA)
            self._load(self._database)

    def all(self, kind: str) -> dict[str, Resource]:
        """Every document of a kind by id, oldest first."""
        return self._documents.setdefault(kind, {})

    def newest(self, kind: str) -> list[Resource]:
        """Every document of a kind, newest first."""
        return list(reversed(self.all(kind).values()))

    def find(self, kind: str, identifier: str) -> Resource | None:
        """The live document, or None."""
        return self.all(kind).get(identifier)

    def put(self, kind: str, identifier: str, document: Resource) -> None:
        """Remembers a document, or that it was changed."""
        self.all(kind)[identifier] = document
        if self._database is not None:
            self._dirty[kind, identifier] = document

    def commit(self) -> None:
        """Writes what was put since the last time, all of it or nothing."""
        if self._database is None or not self._dirty:
            return
        rows = []
        for (kind, identifier), document in self._dirty.items():
            self._position += 1
            rows.append((kind, identifier, self._position, json.dumps(document)))
        with self._database:
            self._database.executemany(_UPSERT, rows)
        self._dirty.clear()

    def close(self) -> None:
        """Commits and lets go of the file."""
        self.commit()
        if self._database is not None:
            self._database.close()

    def _load(self, database: sqlite3.Connection) -> None:
        rows = database.execute("SELECT kind, id, position, body FROM documents ORDER BY position")
        for kind, identifier, position, body in rows:
            self.all(kind)[identifier] = json.loads(body)
            self._position = position
