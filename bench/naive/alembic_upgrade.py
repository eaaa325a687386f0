"""`alembic upgrade head` as it comes: `python3 alembic_upgrade.py FOLDER`, with its default of one transaction."""

import os
import sys
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory


def main(folder: str) -> None:
    """Upgrade to the head."""
    script = ScriptDirectory(folder, version_locations=[folder])
    for each in script.walk_revisions():
        vars(each.module)["upgrade"] = vars(each.module)["up"]

    def to_head(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic.command.upgrade does

    engine = sa.create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
    with (
        engine.connect() as connection,
        EnvironmentContext(Config(), script, fn=to_head) as context,
    ):
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


if __name__ == "__main__":
    main(sys.argv[1])
