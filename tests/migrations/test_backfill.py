"""Backfills: which rows are reached, by which names, and what of the SQL is a parameter."""

from typing import Any

import pytest

from tests.migrations.app import POSTS, App


def write(app: App, up: str, *, table: str = "posts", key: str = "id") -> None:
    app.write("0001_fill", "", kind="backfill", table=table, key=key, batch_rows=100, up=up)


def count(app: App, condition: str, table: str = "posts") -> int:
    return app.execute(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]


def test_rows_whose_key_is_null_are_refused_and_nothing_is_written(app: App) -> None:
    app.execute("ALTER TABLE posts ADD code integer, ADD slug text", "UPDATE posts SET code = nullif(id, 7)")
    write(app, "UPDATE posts SET slug = 'x' WHERE code BETWEEN :first AND :last", key="code")
    ended = app.migrate("up")
    assert (ended.code, "There are rows of posts whose code is NULL" in ended.err) == (1, True), str(ended)
    assert (count(app, "slug IS NOT NULL"), app.states()) == (0, {"0001_fill": "failed"})
    app.execute("UPDATE posts SET code = 7 WHERE code IS NULL")
    app.succeed("up")
    assert count(app, "slug = 'x'") == POSTS


def test_a_backfill_that_failed_before_its_first_row_begins_anew_when_it_is_mended(app: App) -> None:
    app.execute("ALTER TABLE posts ADD slug text", "CREATE TABLE big (id integer PRIMARY KEY, slug text)")
    app.execute("INSERT INTO big SELECT generate_series(1, 5000)")
    write(app, "UPDATE posts SET slug = (1 / 0)::text WHERE id BETWEEN :first AND :last")
    assert app.migrate("up").code == 1
    write(app, "UPDATE big SET slug = 'x' WHERE id BETWEEN :first AND :last", table="big")
    app.succeed("up")
    assert count(app, "slug = 'x'", "big") == 5000


@pytest.mark.parametrize(("table", "key"), [("big", "id"), ("posts", "views")])
def test_a_backfill_that_has_written_rows_does_not_go_on_with_another_table_or_key(
    app: App, table: str, key: str
) -> None:
    app.execute("ALTER TABLE posts ADD slug text", "CREATE TABLE big (id integer PRIMARY KEY, slug text)")
    write(app, "UPDATE posts SET slug = (1 / (id - 350))::text WHERE id BETWEEN :first AND :last")
    assert app.migrate("up").code == 1
    write(app, f"UPDATE {table} SET slug = 'x' WHERE {key} BETWEEN :first AND :last", table=table, key=key)
    ended = app.migrate("up")
    assert (ended.code, "rows were written as it was" in ended.err) == (1, True), str(ended)


@pytest.mark.parametrize(
    ("table", "key", "sql_table", "sql_key"),
    [
        ("User", "userId", '"User"', '"userId"'),
        ("order", "select", '"order"', '"select"'),
        ("My Schema.Line-Item", "the id", '"My Schema"."Line-Item"', '"the id"'),
        ("public.User", "userId", '"User"', '"userId"'),
        ("public.plain", "id", "plain", "id"),
    ],
)
def test_names_are_taken_as_they_are_written(app: App, table: str, key: str, sql_table: str, sql_key: str) -> None:
    app.execute(
        'CREATE SCHEMA "My Schema"',
        f"CREATE TABLE {sql_table} ({sql_key} integer PRIMARY KEY, slug text)",
        f"INSERT INTO {sql_table} SELECT generate_series(1, 300)",
    )
    write(app, f"UPDATE {sql_table} SET slug = 'x' WHERE {sql_key} BETWEEN :first AND :last", table=table, key=key)
    app.succeed("up")
    assert count(app, "slug = 'x'", sql_table) == 300


def test_a_name_in_other_capitals_is_another_name(app: App) -> None:
    write(app, "UPDATE posts SET views = 1 WHERE id BETWEEN :first AND :last", table="Posts")
    ended = app.migrate("up")
    assert (ended.code, "There is no id in Posts" in ended.err, "capitals too" in ended.err) == (1, True, True)


@pytest.mark.parametrize(
    "names",
    [{"table": '"User"'}, {"key": '"userId"'}, {"table": "a.b.c"}, {"key": "a.b"}, {"table": ""}, {"key": "a;b"}],
    ids=str,
)
def test_names_with_quotation_marks_are_refused(app: App, names: dict[str, Any]) -> None:
    write(app, "UPDATE posts SET views = 1 WHERE id BETWEEN :first AND :last", **names)
    ended = app.migrate("up")
    assert (ended.code, "without quotation marks" in ended.err) == (2, True), str(ended)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("""'{"a":1}'""", '{"a":1}'),
        ("':foo :first ' || 'it''s :last'", ":foo :first it's :last"),
        (r"E'\':first\\'", r"':first" + "\\"),
        ("$$ :first $$ || $a$:last$a$", " :first :last"),
        ("/* :first */ 'x' -- :last it's\n", "x"),
        ("(7 % 4)::text || '%' || '%s %(first)s'", "3%%s %(first)s"),
        ("(ARRAY['a', 'b'])[1:1]::text", "{a}"),
        ('(SELECT ":first"::text FROM (SELECT 1 AS ":first") AS one)', "1"),
        ("((:first)::bigint <= :last::bigint)::text", "true"),
    ],
)
def test_only_what_postgresql_reads_as_a_parameter_is_one(app: App, expression: str, value: str) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    write(app, f"UPDATE posts SET slug = {expression} WHERE id BETWEEN :first AND :last")
    app.succeed("up")
    assert app.execute("SELECT DISTINCT slug FROM posts") == [(value,)]
