"""The seed's runner, scripts/migrate.ts, with its own logic: check, up, check, and down when anything fails.

`python3 migrate.py UP DOWN COLUMN`: SQL each, and the column that says whether it is needed. No timeouts, no lock.
"""

import os
import sys

import psycopg


def main(up: str, down: str, column: str) -> None:
    """Run one migration step."""
    query = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'posts' AND column_name = %s"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        needed = connection.execute(query, (column,)).fetchone() == (0,)
        if column and not needed:
            return
        try:
            connection.execute(up.encode())
        except psycopg.Error:
            connection.execute(down.encode())
            raise


if __name__ == "__main__":
    main(*sys.argv[1:])
