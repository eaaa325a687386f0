"""The seed's runner, scripts/migrate.ts, with its own logic: check, up, check, and down when anything fails.

`python3 migrate.py UP DOWN [COLUMN …]`: SQL each, and the columns that it looks for, the first of them beforehand and
all of them afterwards. No timeouts, no lock.
"""

import os
import sys
from collections.abc import Sequence

import psycopg


def main(up: str, down: str, columns: Sequence[str]) -> None:
    """Run one migration step."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        if columns and _present(connection, columns[:1]):
            return
        try:
            connection.execute(up.encode())
            _validate(connection, columns)
        except (psycopg.Error, SystemExit):
            connection.execute(down.encode())
            raise


def _validate(connection: psycopg.Connection, columns: Sequence[str]) -> None:
    if _present(connection, columns) != len(columns):
        raise SystemExit("Migration validation failed")


def _present(connection: psycopg.Connection, columns: Sequence[str]) -> int:
    query = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'posts' AND column_name = ANY(%s)"
    found = connection.execute(query, (list(columns),)).fetchone()
    return found[0] if found else 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
