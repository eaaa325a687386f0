"""`deploy migrate adopt`: a database that Prisma has migrated."""

import pytest

from tests.migrations.app import POSTS, App

PRISMA = (
    # As Prisma makes it: prisma-engines, schema-engine/connectors/sql-schema-connector/src/flavour/postgres.rs.
    """
    CREATE TABLE _prisma_migrations (
        id                  VARCHAR(36) PRIMARY KEY NOT NULL,
        checksum            VARCHAR(64) NOT NULL,
        finished_at         TIMESTAMPTZ,
        migration_name      VARCHAR(255) NOT NULL,
        logs                TEXT,
        rolled_back_at      TIMESTAMPTZ,
        started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
        applied_steps_count INTEGER NOT NULL DEFAULT 0
    )
    """,
    'CREATE TABLE "users" ("id" SERIAL NOT NULL, "email" TEXT NOT NULL, CONSTRAINT "users_pkey" PRIMARY KEY ("id"))',
    'CREATE UNIQUE INDEX "users_email_key" ON "users"("email")',
    'ALTER TABLE "posts" ADD COLUMN "authorId" INTEGER REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE',
    "INSERT INTO users (email) VALUES ('alice@prisma.io')",
)


def prisma_row(name: str, *, finished: bool = True, rolled_back: bool = False) -> str:
    at = "now()"
    return (
        "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, "
        f"applied_steps_count) VALUES (gen_random_uuid()::text, repeat('a', 64), {at if finished else 'NULL'}, "
        f"'{name}', {'NULL' if finished else repr('it failed')}, {at if rolled_back else 'NULL'}, {at}, 1)"
    )


@pytest.fixture
def prisma(app: App) -> App:
    """An app whose database Prisma has migrated twice."""
    app.execute(*PRISMA, prisma_row("20240101000000_init"), prisma_row("20240301000000_add_users"))
    return app


def tables(app: App) -> set[str]:
    return {name for (name,) in app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def assert_at(app: App, *revisions: str, state: str = "adopted") -> None:
    """Files, ledger and Alembic's table say that the database has these revisions."""
    status = app.status()
    assert (status["agrees"], status["at"]) == (True, revisions[-1] if revisions else "")
    assert [row["revision"] for row in status["revisions"] if row["state"] == state] == list(revisions)


def test_a_database_of_prismas_is_adopted_before_the_first_revision_and_then_migrated(prisma: App) -> None:
    revision = prisma.use_example()
    ended = prisma.succeed("adopt", "--json")
    assert ended.document["before"] == ["Prisma"]
    assert ended.document["prisma"] == {
        "finished": ["20240101000000_init", "20240301000000_add_users"],
        "rolled_back": [],
    }
    assert "before the first revision; before, Prisma (2 migrations) migrated it" in ended.document["message"]
    assert_at(prisma)
    assert prisma.succeed("up", "--json").document["applied"] == [revision]
    assert prisma.execute("SELECT count(*) FROM posts") == [(POSTS,)]
    assert prisma.execute("SELECT email FROM users") == [("alice@prisma.io",)]
    assert prisma.execute("SELECT count(*) FROM _prisma_migrations") == [(2,)]


def test_what_prisma_has_done_already_is_adopted_and_not_done_again(prisma: App) -> None:
    revision = prisma.use_example()
    prisma.execute(
        "ALTER TABLE posts ADD COLUMN affiliate_revenue numeric(10, 2) DEFAULT 0",
        "ALTER TABLE posts ADD COLUMN conversion_rate numeric(5, 4) DEFAULT 0",
        "UPDATE posts SET affiliate_revenue = 5",
        prisma_row("20240501000000_revenue"),
    )
    ended = prisma.succeed("adopt", f"--at={revision}", "--json")
    assert ended.document["adopted"] == [revision]
    assert_at(prisma, revision)
    assert prisma.succeed("up", "--json").document["applied"] == []
    assert prisma.execute("SELECT sum(affiliate_revenue) FROM posts") == [(5 * POSTS,)]
    assert prisma.attempts(revision) == 0


def test_nothing_of_the_schema_is_changed(prisma: App) -> None:
    prisma.use_example()
    before = prisma.execute("SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2")
    prisma.succeed("adopt")
    assert tables(prisma) - {"deploy_migrations", "alembic_version"} == {"posts", "users", "_prisma_migrations"}
    after = prisma.execute("SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2")
    assert [row for row in after if row[0] not in ("deploy_migrations", "alembic_version")] == [
        row for row in before if row[0] != "deploy_migrations"
    ]


def test_a_schema_that_prisma_left_half_done_is_refused(prisma: App) -> None:
    prisma.use_example()
    prisma.execute(prisma_row("20240601000000_broken", finished=False))
    ended = prisma.migrate("adopt")
    assert ended.code == 1
    assert "Prisma began 20240601000000_broken and did not finish" in ended.err
    assert "prisma migrate resolve" in ended.err
    assert "deploy_migrations" not in tables(prisma)


def test_what_prisma_was_told_is_taken_back_does_not_count(prisma: App) -> None:
    prisma.use_example()
    prisma.execute(prisma_row("20240601000000_broken", finished=False, rolled_back=True))
    ended = prisma.succeed("adopt", "--json")
    assert ended.document["prisma"]["rolled_back"] == ["20240601000000_broken"]
    assert "20240601000000_broken failed and was declared as taken back" in ended.err
