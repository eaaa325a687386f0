"""`deploy migrate down`: only on purpose, and never without saying what is lost."""

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sandbox.postgres import USER
from tests.migrations.app import POSTS, App


def write(app: App, name: str, *, up: str, down: str, after: str | None = None, **literals: Any) -> None:
    """A revision that executes a text each way."""
    body = f"def up():\n    op.execute({up!r})\n\n\ndef down():\n    op.execute({down!r})\n"
    app.write(name, body, after=after, **literals)


@pytest.fixture
def owner(app: App) -> Iterator[str]:
    """The address for a user that owns the posts, from whom a policy hides them all the same."""
    app.execute(
        f"CREATE ROLE {app.database} LOGIN PASSWORD '{app.server.password}'",
        f"GRANT CREATE ON SCHEMA public TO {app.database}",
        f"ALTER TABLE posts OWNER TO {app.database}",
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    )
    yield app.environ["DATABASE_URL"].replace(f"//{USER}:", f"//{app.database}:")
    app.execute(f"DROP OWNED BY {app.database}", f"DROP ROLE {app.database}")


def test_a_column_without_data_goes_without_asking(app: App) -> None:
    app.use_example()
    app.succeed("up")
    assert app.succeed("down", "--to=base", "--json").document["lost"] == []
    assert "affiliate_revenue" not in app.columns()
    assert (app.version(), app.states()) == ([], {"0001_add_revenue_tracking": "reverted"})


def test_a_column_with_data_stays_until_the_loss_is_accepted(app: App) -> None:
    revision = app.use_example()
    app.succeed("up")
    app.execute("UPDATE posts SET affiliate_revenue = 3 WHERE id <= 7")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "posts.affiliate_revenue: 7 rows" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts WHERE affiliate_revenue = 3") == [(7,)]
    accepted = app.succeed("down", "--to=base", "--accept-data-loss", "--json")
    assert accepted.document["lost"] == [{"what": "posts.affiliate_revenue", "rows": 7, "revision": revision}]
    assert "affiliate_revenue" not in app.columns()


@pytest.mark.parametrize(
    ("up", "down", "what"),
    [
        ("SELECT 1", "DROP TABLE posts", f"posts: {POSTS} rows"),
        ("SELECT 1", "DELETE FROM posts WHERE id < 11", "rows of posts written or deleted: 10 rows"),
        ("SELECT 1", "ALTER TABLE posts ALTER COLUMN title TYPE varchar(3) USING left(title, 3)", "posts.title as"),
        ("SELECT 1", 'ALTER TABLE posts DROP COLUMN "title"', f"posts.title: {POSTS} rows"),
        ("SELECT 1", "TRUNCATE posts", f"rows of posts written or deleted: {POSTS} rows"),
        ("SELECT 1", "DELETE FROM posts; TRUNCATE posts", f"rows of posts written or deleted: {POSTS} rows"),
        ("SELECT 1", "ALTER TABLE posts ALTER COLUMN title TYPE text USING ''", "rows of posts written or deleted"),
        ("SELECT 1", "DROP TABLE posts CASCADE", f"posts: {POSTS} rows"),
    ],
)
def test_whatever_a_down_destroys_is_seen_by_its_effect(app: App, up: str, down: str, what: str) -> None:
    write(app, "0001_x", up=up, down=down)
    app.succeed("up")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, what in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts") == [(POSTS,)]
    assert app.states() == {"0001_x": "applied"}


@pytest.mark.parametrize(
    "down",
    [
        "CLUSTER posts USING posts_pkey",
        "ALTER TABLE posts SET UNLOGGED",
        "ALTER TABLE posts ADD COLUMN at timestamptz DEFAULT clock_timestamp()",
        "ALTER TABLE posts RENAME COLUMN title TO \"the 'title'\\:x\"; CLUSTER posts USING posts_pkey",
        "CREATE TABLE empty (a int); TRUNCATE empty",
        "DROP VIEW own",
    ],
)
def test_what_is_written_anew_as_it_was_loses_nothing(app: App, down: str) -> None:
    write(app, "0001_x", up="CREATE VIEW own AS SELECT 1", down=down)
    app.succeed("up")
    assert app.succeed("down", "--to=base", "--json").document["lost"] == []


def test_a_view_that_goes_with_something_else_is_a_loss(app: App) -> None:
    write(app, "0001_x", up="ALTER TABLE posts ADD COLUMN a text", down="ALTER TABLE posts DROP COLUMN a CASCADE")
    app.succeed("up")
    app.execute("CREATE VIEW by_hand AS SELECT a FROM posts")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "would destroy data: the view by_hand: 1 definition (0001_x)." in ended.err) == (1, True)
    assert app.columns("by_hand") == {"a"}
    app.succeed("down", "--to=base", "--accept-data-loss")


def test_a_table_that_is_emptied_after_it_was_written_anew_is_lost(app: App) -> None:
    write(app, "0001_x", up="SELECT 1", down="TRUNCATE posts")
    write(app, "0002_y", up="SELECT 1", down="CLUSTER posts USING posts_pkey", after="0001_x")
    app.succeed("up")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, f"written or deleted: {POSTS} rows (0001_x)" in ended.err) == (1, True), str(ended)
    assert "(0002_y)" not in ended.err


def test_what_is_written_between_looking_and_emptying_is_not_lost(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy.migrations import steps  # noqa: PLC0415

    app.execute("DELETE FROM posts")
    write(app, "0001_x", up="SELECT 1", down="TRUNCATE posts")
    app.succeed("up")
    revert = steps.revert

    def write_first(*arguments: object) -> None:
        app.execute("INSERT INTO posts (title) VALUES ('new')")
        revert(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "revert", write_first)
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "Somebody has written what would be destroyed" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT title FROM posts") == [("new",)]


@pytest.mark.parametrize(
    ("kind", "default", "other"),
    [
        ("json", "'{}'", "[]"),
        ("point", "'(1,2)'", "(2,1)"),
        ("numeric(10, 2)", "0", "1"),
        ("timestamp(3)", "'2026-11-28 08:00'", "2026-11-29 08:00"),
        ("character(3)", "'a'", "b"),
    ],
)
def test_a_column_in_which_all_rows_say_the_default_goes_without_asking(
    app: App, kind: str, default: str, other: str
) -> None:
    write(app, "0001_x", up=f"ALTER TABLE posts ADD COLUMN a {kind} DEFAULT {default}", down="ALTER TABLE posts DROP a")
    app.succeed("up")
    app.execute(f"UPDATE posts SET a = '{other}' WHERE id = 1")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "posts.a: 1 rows" in ended.err) == (1, True), str(ended)
    app.execute("UPDATE posts SET a = DEFAULT WHERE id = 1")
    assert app.succeed("down", "--to=base", "--json").document["lost"] == []


def test_what_is_there_only_after_a_later_revision_is_taken_back_is_gone_down_to_in_steps(app: App) -> None:
    app.add_column("0001_a", "a")
    rename = "ALTER TABLE posts RENAME COLUMN {} TO {}"
    literals = {"kind": "contract", "compatible_with": "base"}
    write(app, "0002_b", up=rename.format("a", "b"), down=rename.format("b", "a"), after="0001_a", **literals)
    app.succeed("up", "--to=0002_b", "--no-restore-point")
    app.execute("UPDATE posts SET b = 'kept' WHERE id = 1")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "cannot be counted" in ended.err, "--to=0001_a" in ended.err) == (1, True, True), str(ended)
    app.succeed("down", "--to=0001_a")
    assert "posts.a: 1 rows" in app.migrate("down", "--to=base").err


def test_a_column_of_which_the_user_sees_only_some_rows_is_not_dropped(app: App, owner: str) -> None:
    app.add_column("0001_a", "a")
    app.succeed("up", DATABASE_URL=owner)
    app.execute("UPDATE posts SET a = 'kept'")
    ended = app.migrate("down", "--to=base", DATABASE_URL=owner)
    assert (ended.code, "BYPASSRLS" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts WHERE a = 'kept'") == [(POSTS,)]


def test_a_backfill_that_sees_only_some_rows_fails(app: App, owner: str) -> None:
    app.add_backfill("0001_fill", "UPDATE posts SET views = 1 WHERE id BETWEEN :first AND :last")
    ended = app.migrate("up", DATABASE_URL=owner)
    assert (ended.code, "BYPASSRLS" in ended.err) == (1, True), str(ended)
    assert app.states() == {"0001_fill": "failed"}


# Looking must be without any effect.


@pytest.mark.parametrize(
    "end",
    [
        'op.execute("COMMIT")',
        'op.execute("SELECT 1; /* then */ commit; BEGIN")',
        "op.get_bind().exec_driver_sql('ROLLBACK')",
        "op.get_bind().commit()",
        "op.get_bind().rollback()",
    ],
)
def test_looking_at_a_down_that_ends_its_transaction_changes_nothing(app: App, end: str) -> None:
    revision = app.write(
        "0001_a", f"def up():\n    pass\n\n\ndef down():\n    op.drop_column('posts', 'title')\n    {end}\n"
    )
    # As if it had been applied by an earlier version of this program, which let it pass.
    (app.folder / "0001_a.py").write_text((text := (app.folder / "0001_a.py").read_text()).replace(end, "pass"))
    app.succeed("up")
    (app.folder / "0001_a.py").write_text(text)
    app.execute(f"UPDATE deploy_migrations SET checksum = '{hashlib.sha256(text.encode()).hexdigest()}'")
    ended = app.migrate("down", "--to=base", "--accept-data-loss")
    assert (ended.code, "begins or ends a transaction" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(title) FROM posts") == [(POSTS,)]
    assert app.states() == {revision: "applied"}


@pytest.mark.parametrize("command", ["up", "plan"])
def test_an_up_that_ends_its_transaction_unseen_is_stopped_there(app: App, command: str) -> None:
    app.write(
        "0001_a",
        """
        def up():
            op.get_bind().execute(sa.text("ALTER TABLE posts ADD COLUMN note text")).close()
            op.execute("COMMIT")


        def down():
            op.drop_column("posts", "note")
        """,
    )
    ended = app.migrate(command, *(["--measure-locks"] if command == "plan" else []))
    assert "begins or ends a transaction" in str(ended)
    assert "note" not in app.columns()


def test_looking_holds_no_lock_for_longer_than_a_statement_may_take(app: App) -> None:
    app.write(
        "0001_a",
        """
        def up():
            op.add_column("posts", sa.Column("a", sa.Text))


        def down():
            op.drop_column("posts", "a")
            op.execute("SELECT pg_sleep(6)")
        """,
    )
    app.succeed("up")
    ended = app.migrate("down", "--to=base", "--statement-timeout=0.3")
    assert (ended.code, "0001_a cannot be taken back now" in ended.err) == (1, True), str(ended)
    assert "--statement-timeout" in ended.err


def test_looking_at_many_revisions_holds_no_lock_for_longer_either(app: App) -> None:
    for name, after in (("0001_a", None), ("0002_b", "0001_a"), ("0003_c", "0002_b")):
        write(app, name, up="SELECT 1", down="SELECT pg_sleep(0.3)", after=after)
    app.succeed("up")
    ended = app.migrate("down", "--to=base", "--statement-timeout=0.5")
    assert (ended.code, "go down in steps, first --to=0001_a" in ended.err) == (1, True), str(ended)
    app.succeed("down", "--to=0001_a", "--statement-timeout=0.5")


def test_a_column_that_is_only_renamed_loses_nothing(app: App) -> None:
    app.write(
        "0001_x",
        "def up():\n    op.execute('SELECT 1')\n\n\ndef down():\n"
        "    op.execute('ALTER TABLE posts RENAME COLUMN title TO heading')\n",
    )
    app.succeed("up")
    app.succeed("down", "--to=base")
    assert "heading" in app.columns()


def test_what_is_written_between_counting_and_dropping_is_not_lost(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy.migrations import steps  # noqa: PLC0415

    app.use_example()
    app.succeed("up")
    revert = steps.revert

    def write_first(*arguments: object) -> None:
        with psycopg.connect(app.environ["DATABASE_URL"], autocommit=True) as writer:
            writer.execute("UPDATE posts SET affiliate_revenue = 9 WHERE id = 1")
        revert(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "revert", write_first)
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "Somebody has written what would be destroyed" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts WHERE affiliate_revenue = 9") == [(1,)]


def test_going_down_stops_at_the_revision_that_is_named(app: App) -> None:
    app.add_column("0001_a", "a")
    app.add_column("0002_b", "b", after="0001_a")
    app.add_index("0003_index", after="0002_b")
    app.succeed("up")
    app.succeed("down", "--to=0001")
    assert (app.columns() & {"a", "b"}, app.index(), app.version()) == ({"a"}, None, ["0001_a"])
    app.succeed("up")
    assert (app.columns() & {"a", "b"}, app.index(), app.version()) == ({"a", "b"}, True, ["0003_index"])


def test_a_revision_that_is_not_reversible_is_not_taken_back(app: App) -> None:
    app.write("0001_x", "def up():\n    op.execute('SELECT 1')\n", reversible=False)
    app.succeed("up")
    ended = app.migrate("down", "--to=base", "--accept-data-loss")
    assert (ended.code, "cannot be taken back" in ended.err) == (1, True)


@pytest.mark.parametrize("down", ["op.execute('SELECT 1/0')", "1 / 0"])
def test_a_down_that_fails_is_named_and_leaves_the_revision_in_effect(app: App, down: str) -> None:
    app.write("0001_x", f"def up():\n    op.execute('SELECT 1')\n\n\ndef down():\n    {down}\n")
    app.succeed("up")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "0001_x cannot be taken back now: " in ended.err) == (1, True)
    assert "division by zero" in ended.err
    assert (app.states(), app.version()) == ({"0001_x": "applied"}, ["0001_x"])


def test_a_backfill_that_was_taken_back_begins_anew(app: App) -> None:
    app.add_column("0001_slug", "slug")
    fill = "UPDATE posts SET slug = lower(title) WHERE id BETWEEN :first AND :last"
    app.add_backfill("0002_fill", fill.replace("lower(title)", "(1 / (id - 350))::text"), after="0001_slug")
    assert app.migrate("up").code == 1
    app.succeed("down", "--to=base", "--accept-data-loss")
    app.add_backfill("0002_fill", fill, after="0001_slug")
    app.succeed("up")
    assert app.execute("SELECT count(*) FROM posts WHERE slug = lower(title)") == [(POSTS,)]


def test_a_later_revision_is_no_target(app: App) -> None:
    app.add_column("0001_a", "a")
    app.add_column("0002_b", "b", after="0001_a")
    app.succeed("up", "--to=0001_a")
    ended = app.migrate("down", "--to=0002_b", "--json")
    assert (ended.code, ended.document["message"]) == (1, "The database is at 0001_a, and 0002_b comes later.")
    assert app.migrate("down", "--to=0001_a").code == 0


def test_the_example_of_the_manual_goes_up_and_says_what_keeps_it_from_going_down(app: App) -> None:
    app.add_column("0002_heading", "heading")
    fill = "UPDATE posts SET heading = title WHERE id BETWEEN :first AND :last AND heading IS NULL"
    app.add_backfill("0003_fill", fill, after="0002_heading")
    null = "ALTER TABLE posts ALTER title {} NOT NULL"
    unused: dict[str, Any] = {"allow": {"ban-drop-not-null": "nothing that serves reads it"}}
    write(app, "0004_title_unused", up=null.format("DROP"), down=null.format("SET"), after="0003_fill", **unused)
    app.write(
        "0005_drop_title",
        """
        def up():
            op.drop_column("posts", "title")


        def down():
            op.add_column("posts", sa.Column("title", sa.Text))
        """,
        after="0004_title_unused",
        kind="contract",
        compatible_with="0004_title_unused",
    )
    app.succeed("up", "--to=0005", "--no-restore-point")
    ended = app.migrate("down", "--to=0003_fill")
    assert (ended.code, "0004_title_unused cannot be taken back now" in ended.err) == (1, True), str(ended)
    assert "go down no further than --to=0004_title_unused" in ended.err
    app.succeed("down", "--to=0004_title_unused")


def test_a_target_that_is_no_revision_is_wrong_usage(app: App) -> None:
    app.add_column("0001_a", "a")
    app.succeed("up")
    assert app.migrate("down", "--to=nonsense").code == 2
