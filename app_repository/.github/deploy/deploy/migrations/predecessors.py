"""What has migrated a database before this program did, by the tables that it left."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from deploy.errors import FailedError

_TABLES = {
    "_prisma_migrations": "Prisma",
    "alembic_version": "Alembic",
    "flyway_schema_history": "Flyway",
    "databasechangelog": "Liquibase",
    "knex_migrations": "Knex",
    "SequelizeMeta": "Sequelize",
    "typeorm_metadata": "TypeORM",
    "django_migrations": "Django",
    "schema_migrations": "Rails, dbmate or golang-migrate",
}
_PRESENT = sa.text(
    """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY (:names) AND c.relkind = 'r'
    """
)
# https://github.com/prisma/prisma-engines/blob/main/schema-engine/ARCHITECTURE.md, "The _prisma_migrations table".
_OF_PRISMA = sa.text(
    """
    SELECT migration_name AS name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
    FROM _prisma_migrations ORDER BY started_at, migration_name
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Predecessors:
    """Who migrated the database.

    Attributes:
        names: the tools whose tables are there.
        finished: Prisma's migrations that the database has, first to last.
        rolled_back: those that failed and were declared as taken back.
    """

    names: Sequence[str]
    finished: Sequence[str]
    rolled_back: Sequence[str]

    def __str__(self) -> str:
        return ", ".join(
            f"{name} ({len(self.finished)} migrations)" if name == "Prisma" else name for name in self.names
        )


def of(connection: sa.Connection) -> Predecessors:
    """Look, in the open transaction.

    Raises:
        FailedError: when Prisma began a migration and did not finish it: then nobody knows what the database has.
    """
    present = set(connection.scalars(_PRESENT, {"names": list(_TABLES)}))
    names = [name for table, name in _TABLES.items() if table in present]
    made = list(connection.execute(_OF_PRISMA).mappings()) if "_prisma_migrations" in present else []
    unfinished = [row["name"] for row in made if not row["finished"] and not row["rolled_back"]]
    if unfinished:
        raise FailedError(
            f"Prisma began {', '.join(unfinished)} and did not finish, so nobody knows what the database has.",
            state="Nothing was changed.",
            following="mend it, tell Prisma with `prisma migrate resolve --applied NAME` or `--rolled-back NAME`, then "
            "run the same again.",
        )
    return Predecessors(
        names=names,
        finished=[row["name"] for row in made if row["finished"] and not row["rolled_back"]],
        rolled_back=[row["name"] for row in made if row["rolled_back"]],
    )
