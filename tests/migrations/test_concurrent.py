"""Revisions of one index: which spellings are understood, and which index that is there counts as the one meant."""

import pytest

from tests.migrations.app import App


def write(app: App, statement: str, *, down: str = "", after: str | None = None) -> None:
    """A concurrent revision of one statement, which goes down with another."""
    going_down = f"op.execute({down!r})" if down else "pass"
    body = f"def up():\n    op.execute({statement!r})\n\n\ndef down():\n    {going_down}\n"
    app.write("0002_index", body, after=after, kind="concurrent")


def valid(app: App, name: str) -> bool | None:
    """Whether an index is valid; None where it is not there."""
    rows = app.execute(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{name}')")
    return rows[0][0] if rows else None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY ix ON posts(views)",
        "-- why\nCREATE INDEX CONCURRENTLY ix ON posts (views)",
        "CREATE /* without a lock */ INDEX CONCURRENTLY ix ON posts (views) -- done",
        "create unique index concurrently if not exists IX on only public . posts using btree(id)",
        'CREATE INDEX CONCURRENTLY"ix"ON"posts"("views") WHERE title <> \'a;b\'',
        "CREATE INDEX CONCURRENTLY ix ON posts (views) WHERE views % 2 = 0 AND title <> ':title'",
    ],
)
def test_an_index_is_built_however_its_statement_is_spelled(app: App, statement: str) -> None:
    write(app, statement, down="/* away */ DROP INDEX CONCURRENTLY public . ix RESTRICT")
    app.succeed("plan")
    app.succeed("up")
    assert valid(app, "ix") is True
    app.succeed("down", "--to=base")
    assert valid(app, "ix") is None


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("CREATE INDEX CONCURRENTLY ON posts (views)", "its index has no name"),
        ("REINDEX INDEX CONCURRENTLY ix", "it is `REINDEX"),
        ("CREATE INDEX ix ON posts (views)", "it is `CREATE"),
        ("DROP INDEX CONCURRENTLY ix, iy", "it is `DROP"),
        ("CREATE INDEX CONCURRENTLY ix ON posts (views); SELECT 1", "it has 2 statements"),
    ],
)
def test_what_cannot_be_applied_is_refused_by_plan_and_by_up_before_anything_is(
    app: App, statement: str, says: str
) -> None:
    app.add_column("0001_slug", "slug")
    write(app, statement, after="0001_slug")
    planned, ended = app.migrate("plan"), app.migrate("up")
    assert (planned.code, says in planned.err) == (1, True), str(planned)
    assert (ended.code, says in ended.err) == (2, True), str(ended)
    assert "slug" not in app.columns()


def test_a_way_down_that_could_not_be_gone_is_refused_before_the_way_up_is(app: App) -> None:
    write(app, "CREATE INDEX CONCURRENTLY ix ON posts (views)", down="DROP INDEX ix")
    ended = app.migrate("up")
    assert (ended.code, "going down, it is `DROP INDEX ix`" in ended.err) == (2, True), str(ended)
    assert valid(app, "ix") is None


def test_names_that_need_quotation_marks_are_dropped(app: App) -> None:
    app.execute(
        'CREATE SCHEMA "My Schema"',
        'CREATE TABLE "My Schema".t (a integer)',
        'CREATE INDEX "Ix One" ON "My Schema".t (a)',
    )
    write(app, 'DROP INDEX CONCURRENTLY "My Schema"."Ix One"')
    app.succeed("plan")
    app.succeed("up")
    assert valid(app, '"My Schema"."Ix One"') is None


@pytest.mark.parametrize("schema", ["other", "Other One"])
def test_an_index_on_a_table_of_another_schema_is_built_and_found_again(app: App, schema: str) -> None:
    app.execute(f'CREATE SCHEMA "{schema}"', f'CREATE TABLE "{schema}".t (a integer)', "CREATE TABLE t (a integer)")
    app.execute("CREATE INDEX ix ON t (a)")
    app.write(
        "0001_index",
        f"""
        def up():
            op.create_index("ix", "t", ["a"], schema={schema!r}, postgresql_concurrently=True)


        def down():
            op.drop_index("ix", "t", schema={schema!r}, postgresql_concurrently=True)
        """,
        kind="concurrent",
    )
    app.succeed("up")
    assert valid(app, f'"{schema}".ix') is True
    app.succeed("down", "--to=base")
    assert (valid(app, f'"{schema}".ix'), valid(app, "ix")) == (None, True)


def test_a_broken_index_on_a_table_of_another_schema_is_built_anew(app: App) -> None:
    app.execute("CREATE SCHEMA other", "CREATE TABLE other.t (a integer)", "CREATE INDEX ix ON other.t (a)")
    app.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other.ix'::regclass")
    write(app, "CREATE INDEX CONCURRENTLY ix ON other.t (a)")
    app.succeed("up")
    assert valid(app, "other.ix") is True


@pytest.mark.parametrize(
    "there",
    [
        "CREATE INDEX ix ON posts (title) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON posts (views) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON posts (title)",
        "CREATE UNIQUE INDEX ix ON posts (title) WHERE views > 1",
        "CREATE UNIQUE INDEX ix ON posts (title DESC) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON posts (title text_pattern_ops) WHERE views > 0",
        'CREATE UNIQUE INDEX ix ON posts (title COLLATE "C") WHERE views > 0',
        "CREATE UNIQUE INDEX ix ON posts (lower(title)) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON posts (title) INCLUDE (views) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON posts (title) WITH (fillfactor = 50) WHERE views > 0",
        "CREATE INDEX ix ON posts USING hash (title) WHERE views > 0",
        "CREATE UNIQUE INDEX ix ON another (title) WHERE views > 0",
    ],
)
@pytest.mark.parametrize("unless", ["", "IF NOT EXISTS "])
def test_another_index_of_that_name_is_neither_accepted_nor_touched(app: App, there: str, unless: str) -> None:
    app.execute("CREATE TABLE another (LIKE posts)", there)
    write(app, f"CREATE UNIQUE INDEX CONCURRENTLY {unless}ix ON posts (title) WHERE views > 0")
    for _ in range(2):
        ended = app.migrate("up")
        assert (ended.code, "there is another index of that name already: CREATE" in ended.err) == (1, True), str(ended)
    assert (valid(app, "ix"), app.states()) == (True, {"0002_index": "failed"})
    app.execute("DROP INDEX ix")
    app.succeed("up")


def test_a_broken_index_of_another_table_is_left_as_it_is(app: App) -> None:
    app.execute("CREATE TABLE another (LIKE posts)", "CREATE INDEX ix ON another (views)")
    app.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass")
    write(app, "CREATE INDEX CONCURRENTLY ix ON posts (views)")
    ended = app.migrate("up")
    assert (ended.code, "there is another index of that name" in ended.err, valid(app, "ix")) == (1, True, False)
    app.succeed("down", "--to=base")
    assert valid(app, "ix") is False


@pytest.mark.parametrize(
    ("there", "statement"),
    [
        (
            "CREATE INDEX ix ON posts (views)",
            "CREATE INDEX CONCURRENTLY ix ON posts USING btree (views ASC NULLS LAST)",
        ),
        (
            "CREATE UNIQUE INDEX ix ON posts (lower(title), id DESC) INCLUDE (views) WHERE title LIKE 'a%' OR id = 1",
            """CREATE UNIQUE INDEX CONCURRENTLY ix ON public.posts(LOWER(title),id DESC)
            INCLUDE(views) WHERE ((title LIKE 'a%') OR id=1)""",
        ),
        (
            'CREATE INDEX "Ix" ON "Order" ("userId") WITH (fillfactor = 50)',
            'CREATE INDEX CONCURRENTLY "Ix" ON "Order" ("userId") WITH (fillfactor = 50)',
        ),
    ],
)
def test_the_same_index_that_is_there_already_is_accepted(app: App, there: str, statement: str) -> None:
    app.execute(
        'CREATE TABLE "Order" (dropped text, "userId" integer)', 'ALTER TABLE "Order" DROP COLUMN dropped', there
    )
    write(app, statement)
    before = app.execute("SELECT max(oid::bigint) FROM pg_class WHERE relkind = 'i' AND lower(relname) = 'ix'")
    app.succeed("up")
    assert app.execute("SELECT max(oid::bigint) FROM pg_class WHERE relkind = 'i' AND lower(relname) = 'ix'") == before
    assert app.execute("SELECT count(*) FROM pg_class WHERE relname LIKE '%trial%'") == [(0,)]


def test_a_new_index_is_looked_for_in_its_tables_schema_alone(app: App) -> None:
    app.execute("CREATE SCHEMA first", "CREATE TABLE first.t (views integer)", "CREATE INDEX ix ON first.t (views)")
    app.execute(f"ALTER DATABASE {app.database} SET search_path = first, public")
    write(app, "CREATE INDEX CONCURRENTLY ix ON posts (views)")
    app.succeed("up")
    assert (valid(app, "first.ix"), valid(app, "public.ix")) == (True, True)
