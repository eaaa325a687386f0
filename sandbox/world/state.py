"""What the world remembers: named collections of JSON documents in one SQLite file, so that a kill loses nothing."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, MutableMapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Document = dict[str, Any]
_AT_ONCE = 200


class Collection(MutableMapping[str, Document]):
    """The documents of one kind by key, in the order they were first written.

    Reading gives a copy: a change lasts only once it is assigned back (`collection[key] = document`), so a handler that
    fails half-way has changed nothing it did not mean to.
    """

    def __init__(self, database: sqlite3.Connection, name: str) -> None:
        self._database = database
        self._name = name

    def __getitem__(self, key: str) -> Document:
        row = self._database.execute(
            "SELECT body FROM documents WHERE collection = ? AND key = ?", (self._name, key)
        ).fetchone()
        if row is None:
            raise KeyError(key)
        return json.loads(row[0])

    def __setitem__(self, key: str, document: Document) -> None:
        self._database.execute(
            "INSERT INTO documents (collection, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body",
            (self._name, key, json.dumps(document)),
        )

    def __delitem__(self, key: str) -> None:
        cursor = self._database.execute("DELETE FROM documents WHERE collection = ? AND key = ?", (self._name, key))
        if cursor.rowcount == 0:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        rows = self._database.execute(
            "SELECT key FROM documents WHERE collection = ? ORDER BY position", (self._name,)
        ).fetchall()
        return iter([row[0] for row in rows])

    def __len__(self) -> int:
        return self._database.execute("SELECT count(*) FROM documents WHERE collection = ?", (self._name,)).fetchone()[
            0
        ]

    def add(self, document: Document) -> str:
        """Store a document under the next free number, as services number what they create, and return that key."""
        key = str(self._database.execute("SELECT coalesce(max(position), 0) + 1 FROM documents").fetchone()[0])
        self[key] = document
        return key

    def fill(self, documents: Iterable[tuple[str, Document]]) -> None:
        """Store many documents by key, none where one is already: 200 in a statement, which is written whole or not."""
        rows = iter(documents)
        while part := list(islice(rows, _AT_ONCE)):
            values = [value for key, document in part for value in (self._name, key, json.dumps(document))]
            places = ", ".join(["(?, ?, ?)"] * len(part))
            self._database.execute(
                f"INSERT OR IGNORE INTO documents (collection, key, body) VALUES {places}",  # noqa: S608  # no value
                values,
            )


class State:
    """All collections of one world. Safe to open from several processes; each write is durable when it returns."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the world's file, or keep everything in memory when `path` is None."""
        self.folder = None if path is None else path.parent
        """Where the world's other files may be kept; None where it is in memory."""
        self._temporary: TemporaryDirectory[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # It holds tokens; what SQLite writes beside it has the same mode.
            path.touch(mode=0o600)
        # The one server thread is not always the thread that opened the file (tests run the server in the background).
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=10)
        self._database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "CREATE TABLE IF NOT EXISTS documents (position INTEGER PRIMARY KEY AUTOINCREMENT,"
            " collection TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (collection, key));"
        )

    def collection(self, name: str) -> Collection:
        """The collection of that name, `<service>.<plural>` by convention (`github.environments`)."""
        return Collection(self._database, name)

    def files(self) -> Path:
        """A folder for the world's other files: its own, or for one in memory one that lasts until it is closed."""
        if self.folder is not None:
            return self.folder
        self._temporary = self._temporary or TemporaryDirectory(prefix="sandbox-world-")
        return Path(self._temporary.name)

    def version(self) -> tuple[int, int]:
        """What changes whenever a document does, here or in another process: cheap enough to ask many times a second.

        Source: https://www.sqlite.org/pragma.html#pragma_data_version, which tells of every connection but this one.
        """
        return self._database.execute("PRAGMA data_version").fetchone()[0], self._database.total_changes

    def close(self) -> None:
        """Release the file."""
        if self._temporary is not None:
            self._temporary.cleanup()
        self._database.close()
