"""`deploy migrate plan` with a database: what is pending, its locks, its tables, and when it fails."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from tests.deploy.ended import Ended
from tests.migrations.app import App

DROP = "def up():\n    op.drop_column('posts', 'views')\n"
FILL = "UPDATE posts SET slug = lower(title) WHERE id BETWEEN :first AND :last"


def pending(ended: Ended) -> list[str]:
    return [entry["revision"] for entry in ended.document["pending"]]


def of(ended: Ended, revision: str) -> Mapping[str, Any]:
    return next(entry for entry in ended.document["pending"] if entry["revision"] == revision)


# With a database.


def test_it_shows_each_pending_revision_with_its_sql_locks_and_tables(app: App) -> None:
    revision = app.use_example()
    ended = app.succeed("plan", "--json")
    assert pending(ended) == [revision]
    entry = of(ended, revision)
    assert (entry["kind"], entry["description"]) == ("expand", "Add revenue tracking fields to posts table")
    assert [statement["sql"] for statement in entry["statements"]] == [
        "ALTER TABLE posts ADD COLUMN affiliate_revenue NUMERIC(10, 2) DEFAULT 0",
        "ALTER TABLE posts ADD COLUMN conversion_rate NUMERIC(5, 4) DEFAULT 0",
    ]
    lock = {"table": "posts", "mode": "ACCESS EXCLUSIVE", "blocks": "reads and writes"}
    assert [statement["locks"] for statement in entry["statements"]] == [[lock], [lock]]
    (table,) = entry["tables"]
    assert (table["table"], table["rows"]) == ("posts", 500)
    assert table["bytes"] > 0


def test_people_read_the_same(app: App) -> None:
    app.use_example()
    ended = app.succeed("plan")
    assert ended.out == "Pending: 0001_add_revenue_tracking (expand).\n"
    assert "ALTER TABLE posts ADD COLUMN affiliate_revenue NUMERIC(10, 2) DEFAULT 0;" in ended.err
    assert "lock: ACCESS EXCLUSIVE on posts, which blocks reads and writes" in ended.err
    assert "posts: about 500 rows, 0." in ended.err


def test_it_changes_nothing_and_makes_no_ledger(app: App) -> None:
    app.use_example()
    app.succeed("plan")
    assert app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("posts",)]


def test_what_is_applied_is_not_pending(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    app.add_backfill("0002_fill", FILL, after="0001_x")
    ended = app.succeed("plan", "--json")
    assert pending(ended) == ["0002_fill"]
    assert of(ended, "0002_fill")["batch_rows"] == 100
    (statement,) = of(ended, "0002_fill")["statements"]
    assert (statement["sql"], statement["locks"][0]["mode"]) == (FILL, "ROW EXCLUSIVE")


def test_nothing_pending_is_said(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    assert app.succeed("plan").out == "Pending: nothing.\n"


def test_it_waits_for_no_other_run(app: App) -> None:
    app.use_example()
    with psycopg.connect(app.environ["DATABASE_URL"]) as other:
        other.execute("SELECT pg_advisory_lock(7310575183421604722)")
        app.succeed("plan")


def test_a_contract_says_what_it_waits_for(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.write("0002_drop", DROP, after="0001_x", kind="contract", compatible_with="0001_x", reversible=False)
    ended = app.succeed("plan")
    assert "waits until no deployment is older than 0001_x" in ended.err


def test_a_database_that_does_not_agree_with_the_files_fails_it(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    app.add_column("0001_x", "other")
    ended = app.migrate("plan")
    assert ended.code == 1
    assert "The file of 0001_x has changed since it was applied" in ended.err


def test_a_blocking_finding_fails_it_and_everything_is_still_printed(app: App) -> None:
    app.write("0001_drop", DROP, reversible=False)
    ended = app.migrate("plan", "--json")
    assert ended.code == 1
    assert pending(ended) == ["0001_drop"]
    (finding,) = ended.document["findings"]
    assert (finding["rule"], finding["blocking"]) == ("ban-drop-column", True)
    assert "BLOCKING: 0001_drop: ban-drop-column" in ended.err
    assert ended.document["done"] is False


def test_a_warning_fails_nothing(app: App) -> None:
    app.write("0001_x", "def up():\n    op.get_bind().close()\n", reversible=False)
    ended = app.succeed("plan", "--json")
    assert [finding["rule"] for finding in ended.document["findings"]] == ["not-rendered"]
    assert of(ended, "0001_x")["not_rendered"] != ""


def test_a_table_that_was_never_analysed_has_no_known_rows(app: App) -> None:
    app.execute('CREATE TABLE "Odd Name" (id bigint)')
    statement = 'ALTER TABLE "Odd Name" ADD COLUMN a text'
    app.write("0001_x", f"def up():\n    op.execute({statement!r})\n", reversible=False)
    ended = app.succeed("plan", "--json")
    assert of(ended, "0001_x")["tables"] == [{"table": '"Odd Name"', "rows": None, "bytes": 0}]
    assert '"Odd Name": nobody has counted its rows' in app.succeed("plan").err


def test_the_size_of_a_partitioned_table_is_that_of_its_partitions(app: App) -> None:
    app.execute(
        "CREATE TABLE logs (id bigint) PARTITION BY RANGE (id)",
        "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (1000)",
        "INSERT INTO logs SELECT generate_series(0, 999)",
        "ANALYZE logs_1",
    )
    app.write("0001_x", 'def up():\n    op.add_column("logs", sa.Column("a", sa.Text))\n', reversible=False)
    (table,) = of(app.succeed("plan", "--json"), "0001_x")["tables"]
    assert (table["table"], table["rows"]) == ("logs", 1000)
    assert table["bytes"] > 0


def test_with_neither_a_database_nor_a_commit_it_says_what_is_missing(app: App) -> None:
    app.use_example()
    ended = app.migrate("plan", DATABASE_URL="")
    assert ended.code == 2
    assert "There is no DATABASE_URL" in ended.err
    assert "--since=COMMIT" in ended.err


# Measured locks.


def test_measured_are_the_locks_that_are_held_and_nothing_stays(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.add_column("0002_y", "other", after="0001_x")
    app.execute("CREATE TABLE authors (id bigint PRIMARY KEY)")
    statement = "ALTER TABLE posts ADD FOREIGN KEY (id) REFERENCES authors (id) NOT VALID"
    app.write("0003_z", f"def up():\n    op.execute({statement!r})\n", after="0002_y", reversible=False)
    ended = app.succeed("plan", "--json", "--measure-locks")
    exclusive = {"table": "posts", "mode": "ACCESS EXCLUSIVE", "blocks": "reads and writes"}
    assert of(ended, "0001_x")["measured"]["locks"] == [exclusive]
    assert of(ended, "0002_y")["measured"] == {
        "locks": [],  # those of the one before are held
        "seconds": pytest.approx(0, abs=1),
        "why_not": "",
    }
    measured = {lock["table"]: lock["mode"] for lock in of(ended, "0003_z")["measured"]["locks"]}
    assert measured == {"authors": "SHARE ROW EXCLUSIVE"}
    assert app.columns() == {"id", "title", "views"}
    assert app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1") == [
        ("authors",),
        ("posts",),
    ]


def test_measuring_makes_nobody_wait_for_long(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.add_column("0002_y", "other", after="0001_x")
    with psycopg.connect(app.environ["DATABASE_URL"]) as reader:
        reader.execute("SELECT count(*) FROM posts")
        ended = app.succeed("plan", "--json", "--measure-locks")
    assert of(ended, "0001_x")["measured"]["why_not"] == "canceling statement due to lock timeout"
    assert of(ended, "0002_y")["measured"]["why_not"] == "0001_x before it was not measured"


def test_what_is_no_transaction_is_not_measured(app: App) -> None:
    app.add_index("0001_i")
    ended = app.succeed("plan", "--json", "--measure-locks")
    assert of(ended, "0001_i")["measured"]["why_not"] == "a concurrent is no transaction"
    assert app.index() is None


def test_without_a_database_nothing_can_be_measured(app: App) -> None:
    app.use_example()
    ended = app.migrate("plan", "--since=HEAD", "--measure-locks")
    assert (ended.code, "--measure-locks needs a database" in ended.err) == (2, True)


def test_the_document_is_one_line_of_json(app: App) -> None:
    app.use_example()
    (line,) = app.succeed("plan", "--json").out.splitlines()
    assert json.loads(line)["done"] is True
