"""The table of locks that `deploy migrate plan` shows says what PostgreSQL does."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from deploy.migrations.database import Database
from deploy.migrations.locks import BLOCKS, locks
from deploy.migrations.measured import locks_held, tables_of
from sandbox.postgres import Server
from tests.migrations.app import App, until

PREPARED = (
    "CREATE TABLE posts (id bigint PRIMARY KEY, title text NOT NULL, views integer DEFAULT 0, author bigint)",
    "CREATE TABLE authors (id bigint PRIMARY KEY, name text)",
    'CREATE TABLE "Odd Name" (id bigint)',
    "CREATE TABLE logs (id bigint) PARTITION BY RANGE (id)",
    "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE logs_2 (id bigint)",
    "CREATE INDEX posts_views ON posts (views)",
    "ALTER TABLE posts ADD CONSTRAINT positive CHECK (views >= 0) NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT by_author FOREIGN KEY (author) REFERENCES authors (id) NOT VALID",
    'CREATE VIEW titles AS SELECT id FROM "Odd Name"',
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS number FROM authors",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER t BEFORE INSERT ON authors FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE POLICY p ON authors",
)
STATEMENTS = (
    "ALTER TABLE posts ADD COLUMN a text",
    "ALTER TABLE IF EXISTS ONLY public.posts ADD COLUMN a numeric(10, 2) DEFAULT 0, ALTER views SET STATISTICS 5",
    'ALTER TABLE "Odd Name" DROP COLUMN id CASCADE',
    "ALTER TABLE posts RENAME COLUMN title TO name",
    "ALTER TABLE posts ADD COLUMN editor bigint REFERENCES authors (id)",
    "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES authors (id) NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views < 9) NOT VALID",
    "ALTER TABLE posts VALIDATE CONSTRAINT positive",
    "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL",
    "ALTER TABLE posts ALTER COLUMN views SET DEFAULT 3",
    "ALTER TABLE posts ALTER COLUMN views SET STATISTICS 100",
    "ALTER TABLE posts ALTER COLUMN views SET (n_distinct = 5)",
    "ALTER TABLE posts SET (fillfactor = 70)",
    "ALTER TABLE posts RESET (fillfactor)",
    "ALTER TABLE posts CLUSTER ON posts_views",
    "ALTER TABLE posts SET WITHOUT CLUSTER",
    "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE authors DISABLE TRIGGER t",
    "ALTER TABLE logs ATTACH PARTITION logs_2 FOR VALUES FROM (10) TO (20)",
    "ALTER TABLE logs DETACH PARTITION logs_1",
    "CREATE TABLE logs_3 PARTITION OF logs FOR VALUES FROM (30) TO (40)",
    "CREATE TABLE comments (id bigint PRIMARY KEY, post bigint REFERENCES posts (id))",
    "CREATE TABLE comments (id bigint PRIMARY KEY, parent bigint REFERENCES comments (id))",
    "CREATE INDEX i ON posts (title)",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON public.posts (title)",
    "CREATE TRIGGER u BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()",
    "DROP TRIGGER t ON authors",
    "CREATE POLICY q ON posts",
    "DROP POLICY p ON authors",
    "COMMENT ON TABLE posts IS 'a; DROP TABLE authors'",
    "CREATE STATISTICS s ON title, views FROM posts",
    "UPDATE posts SET views = 1",
    "DELETE FROM ONLY posts",
    "INSERT INTO posts (id, title) VALUES (1, 'x')",
    "WITH old AS (SELECT 1) UPDATE posts SET views = 2",
    "SELECT id FROM posts WHERE views > 3 FOR UPDATE",
    "SELECT count(*) FROM posts",
    'TRUNCATE logs_2, "Odd Name"',
    "LOCK TABLE posts IN SHARE MODE",
    "LOCK posts, authors",
    "REFRESH MATERIALIZED VIEW counted",
    "REINDEX TABLE posts",
    "ANALYZE posts",
    "CREATE VIEW v AS SELECT id FROM posts",
    "DROP VIEW titles",
    "ALTER VIEW titles RENAME TO names",
    "DROP MATERIALIZED VIEW counted",
    'DROP TABLE logs_2, "Odd Name" CASCADE',
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET statement_timeout = '1s'",
    "GRANT SELECT ON posts TO CURRENT_USER",
)
ALSO_LOCKED = {
    # What hangs on the table that is named, a view's sources, and what PostgreSQL 18 looks at more closely.
    "GRANT SELECT ON posts TO CURRENT_USER": {"posts": "ACCESS SHARE"},
    "REFRESH MATERIALIZED VIEW counted": {"authors": "ACCESS SHARE"},
    'DROP TABLE logs_2, "Odd Name" CASCADE': {"titles": "ACCESS EXCLUSIVE"},
    'ALTER TABLE "Odd Name" DROP COLUMN id CASCADE': {"titles": "ACCESS EXCLUSIVE"},
}


@pytest.fixture(scope="module")
def prepared(postgres: Server) -> Iterator[str]:
    """The address of a database with what the statements name."""
    url = postgres.create_database("locks")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in PREPARED:
            connection.execute(statement.encode())
    yield url
    postgres.drop_database("locks")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_locks_that_are_shown_are_the_ones_that_postgresql_takes(prepared: str, statement: str) -> None:
    with Database(prepared, application="test").connect() as connection:
        tables = tables_of(connection)
        names = {name: plain(connection, name) for name in (lock.table for lock in locks(statement))}
        before = {lock.table for lock in locks_held(connection, tables)}
        connection.exec_driver_sql(statement)
        held = {lock.table: lock.mode for lock in locks_held(connection, tables) if lock.table not in before}
        connection.rollback()
    also = ALSO_LOCKED.get(statement, {})
    assert {names[lock.table]: lock.mode for lock in locks(statement)} | also == held


def plain(connection: sa.Connection, name: str) -> str:
    return connection.scalar(sa.text("SELECT to_regclass(:name)::text"), {"name": name}) or name


@pytest.mark.parametrize("statement", ["CREATE INDEX CONCURRENTLY i ON posts (title)", "DROP INDEX CONCURRENTLY i"])
def test_what_has_no_transaction_locks_what_is_shown(app: App, statement: str) -> None:
    if statement.startswith("DROP"):
        app.execute("CREATE INDEX i ON posts (title)")
    with psycopg.connect(app.environ["DATABASE_URL"]) as writer:
        writer.execute("UPDATE posts SET views = 1 WHERE id = 1")
        builder = threading.Thread(target=app.execute, args=(statement,))
        builder.start()
        held = (
            "SELECT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            f"WHERE a.query = '{statement}' AND l.relation = 'posts'::regclass AND l.granted"
        )
        until(lambda: app.execute(held), "the statement has its lock")
        modes = {mode for (mode,) in app.execute(held)}
        writer.commit()
        builder.join()
    assert modes == {"ShareUpdateExclusiveLock"}
    assert [lock.mode for lock in locks(statement)] == ["SHARE UPDATE EXCLUSIVE"]


def test_what_nobody_knows_is_not_said_to_be_harmless() -> None:
    (lock,) = locks("IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z")
    assert (lock.table, lock.mode) == ("", "unknown")


@given(st.text() | st.lists(st.sampled_from(" ".join(STATEMENTS).split())).map(" ".join))
def test_any_text_has_locks_of_known_modes(text: str) -> None:
    assert {lock.mode for lock in locks(text)} <= BLOCKS.keys()


@given(st.permutations([statement for statement in STATEMENTS if ";" not in statement]).map(lambda each: each[:3]))
def test_each_table_has_the_strongest_of_its_locks(statements: list[str]) -> None:
    order = list(BLOCKS)
    apart = [lock for statement in statements for lock in locks(statement)]
    together = locks("; ".join(statements))
    assert {lock.table: order.index(lock.mode) for lock in together} == {
        table: max(order.index(lock.mode) for lock in apart if lock.table == table)
        for table in {lock.table for lock in apart}
    }
