"""`deploy migrate up`: what becomes of the database, the ledger and Alembic's table, and what is refused."""

from pathlib import Path

import psycopg
import pytest

from tests.migrations.app import POSTS, App, until

REVENUE = {"affiliate_revenue", "conversion_rate"}
FILL = "UPDATE posts SET slug = lower(title) WHERE id BETWEEN :first AND :last"


def assert_agree(app: App, revision: str) -> None:
    """Files, ledger and Alembic's table say the same, and nothing is left half done."""
    status = app.status()
    assert (status["agrees"], status["at"], status["lock"]) == (True, revision, "")
    assert {row["state"] for row in status["revisions"]} == {"applied"}


def test_the_first_deploy_of_the_seed_adds_the_columns(app: App) -> None:
    revision = app.use_example()
    ended = app.succeed("up", "--json")
    assert ended.document["applied"] == [revision]
    assert app.columns() >= REVENUE
    assert app.execute("SELECT sum(affiliate_revenue), sum(conversion_rate) FROM posts") == [(0, 0)]
    assert_agree(app, revision)


def test_the_second_deploy_of_the_seed_changes_nothing_and_loses_nothing(app: App) -> None:
    revision = app.use_example()
    app.succeed("up")
    app.execute("UPDATE posts SET affiliate_revenue = 12.34")
    assert app.succeed("up", "--json").document["applied"] == []
    assert app.execute("SELECT count(*) FROM posts WHERE affiliate_revenue = 12.34") == [(POSTS,)]
    assert app.attempts(revision) == 1


def test_the_ledger_says_what_was_released_by_whom(app: App) -> None:
    app.use_example()
    app.succeed("up")
    rows = app.execute('SELECT "commit", deployment, actor, kind, state FROM deploy_migrations')
    assert rows == [("c0ffee", "dpl_1", "octocat", "expand", "applied")]


def test_a_failing_up_leaves_the_schema_as_it_was_and_runs_no_down(app: App) -> None:
    app.execute("CREATE TABLE witness (what text)")
    app.write(
        "0001_bad",
        """
        def up():
            op.add_column("posts", sa.Column("first", sa.Text))
            op.add_column("elsewhere", sa.Column("second", sa.Text))


        def down():
            op.execute("INSERT INTO witness VALUES ('down ran')")
        """,
    )
    ended = app.migrate("up")
    assert ended.code == 1
    assert 'relation "elsewhere" does not exist' in ended.err
    assert "first" not in app.columns()
    assert app.execute("SELECT * FROM witness") == []
    assert (app.states(), app.version()) == ({"0001_bad": "failed"}, [])


def test_a_failed_revision_that_is_mended_is_applied_by_the_next_up(app: App) -> None:
    app.write("0001_x", "def up():\n    op.execute('SELECT 1/0')\n\n\ndef down():\n    pass\n")
    assert app.migrate("up").code == 1
    app.add_column("0001_x", "slug")
    app.succeed("up")
    assert_agree(app, "0001_x")
    assert app.attempts("0001_x") == 2


@pytest.mark.parametrize("check", ["validate_before", "validate_after"])
@pytest.mark.parametrize("answer", ["return False", "raise ValueError('no')"])
def test_a_revision_that_fails_its_own_check_is_taken_back_whole(app: App, check: str, answer: str) -> None:
    body = 'def up():\n    op.add_column("posts", sa.Column("slug", sa.Text))\n\n\ndef down():\n    pass\n'
    app.write("0001_x", f"{body}\n\ndef {check}(connection):\n    {answer}\n")
    ended = app.migrate("up")
    assert ended.code == 1
    assert "slug" not in app.columns()
    assert app.states() == {"0001_x": "failed"}


def test_a_check_sees_the_database_as_the_migration_leaves_it(app: App) -> None:
    app.write(
        "0001_x",
        """
        def up():
            op.add_column("posts", sa.Column("slug", sa.Text))


        def down():
            op.drop_column("posts", "slug")


        def validate_before(connection):
            return "slug" not in {column["name"] for column in sa.inspect(connection).get_columns("posts")}


        def validate_after(connection):
            return "slug" in {column["name"] for column in sa.inspect(connection).get_columns("posts")}
        """,
    )
    app.succeed("up")


def test_every_kind_is_applied_in_its_turn_and_a_contract_waits_to_be_named(app: App) -> None:
    app.add_column("0001_slug", "slug")
    app.add_index("0002_index", after="0001_slug")
    app.add_backfill("0003_fill", FILL, after="0002_index")
    app.write(
        "0004_drop",
        'def up():\n    op.drop_column("posts", "title")\n',
        after="0003_fill",
        kind="contract",
        compatible_with="0003_fill",
        reversible=False,
    )
    ended = app.succeed("up", "--json")
    assert ended.document["waiting"] == ["0004_drop"]
    assert app.index() is True
    assert app.execute("SELECT count(*) FROM posts WHERE slug = lower(title)") == [(POSTS,)]
    assert "title" in app.columns()
    refused = app.migrate("up", "--to=0004_drop")
    assert (refused.code, "There is no restore point" in refused.err) == (1, True)


def test_a_contract_that_is_named_is_applied_behind_a_restore_point(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", app.environ["PATH"])
    app.write(
        "0001_drop",
        'def up():\n    op.drop_column("posts", "views")\n',
        kind="contract",
        compatible_with="base",
        reversible=False,
    )
    dump = tmp_path / "dump"
    app.succeed("backup", f"--file={dump}")
    app.succeed("up", "--to=0001_drop", f"--restore-point={dump}")
    assert "views" not in app.columns()
    assert_agree(app, "0001_drop")


def test_a_backfill_of_a_table_without_rows_is_done_at_once(app: App) -> None:
    app.execute("DELETE FROM posts", "ALTER TABLE posts ADD COLUMN slug text")
    app.add_backfill("0001_fill", FILL)
    app.succeed("up")
    assert_agree(app, "0001_fill")


def test_a_backfill_orders_numbers_as_numbers(app: App) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text", "UPDATE posts SET id = id + 9950")
    app.add_backfill("0001_fill", FILL, batch=7)
    app.succeed("up")
    assert app.execute("SELECT count(*) FROM posts WHERE slug IS NULL") == [(0,)]
    assert app.execute("SELECT rows_done FROM deploy_migrations") == [(POSTS,)]


def test_a_backfill_goes_by_any_key_that_has_an_order(app: App) -> None:
    app.execute(
        "ALTER TABLE posts ADD COLUMN slug text", "ALTER TABLE posts ADD COLUMN code uuid DEFAULT gen_random_uuid()"
    )
    app.write(
        "0001_fill",
        "",
        kind="backfill",
        table="posts",
        key="code",
        batch_rows=30,
        up="UPDATE posts SET slug = 'x' WHERE code BETWEEN :first AND :last AND slug IS NULL",
    )
    app.succeed("up")
    assert app.execute("SELECT count(*) FROM posts WHERE slug IS NULL") == [(0,)]


def test_rows_that_come_after_a_backfill_began_are_the_applications(app: App) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    app.execute(
        "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO posts (title) VALUES ('later'); RETURN NEW; END$$",
        "CREATE TRIGGER more AFTER UPDATE ON posts FOR EACH STATEMENT EXECUTE FUNCTION more()",
    )
    app.add_backfill("0001_fill", FILL, batch=100)
    app.succeed("up")
    assert app.execute("SELECT rows_done FROM deploy_migrations") == [(POSTS,)]


def test_a_backfill_of_a_column_that_is_not_there_says_so(app: App) -> None:
    app.write(
        "0001_fill",
        "",
        kind="backfill",
        table="nowhere",
        key="id",
        up="UPDATE nowhere SET a = 1 WHERE id BETWEEN :first AND :last",
    )
    ended = app.migrate("up")
    assert (ended.code, "There is no id in nowhere" in ended.err) == (1, True)


def test_an_index_that_cannot_be_built_leaves_none_behind(app: App) -> None:
    app.execute("UPDATE posts SET views = 7")
    app.add_index("0001_index", unique=True)
    ended = app.migrate("up")
    assert (ended.code, "could not create unique index" in ended.err) == (1, True), str(ended)
    assert app.index() is None
    app.execute("UPDATE posts SET views = id")
    app.succeed("up")
    assert app.index() is True


def test_a_broken_index_of_an_earlier_attempt_is_built_anew(app: App) -> None:
    app.add_index("0001_index")
    app.execute("CREATE INDEX posts_by ON posts (views)")
    app.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'posts_by'::regclass")
    ended = app.succeed("up")
    assert "not valid" in ended.err
    assert app.index() is True


def test_a_concurrent_revision_is_one_statement(app: App) -> None:
    app.write(
        "0001_two",
        """
        def up():
            op.create_index("a", "posts", ["views"], postgresql_concurrently=True)
            op.create_index("b", "posts", ["title"], postgresql_concurrently=True)


        def down():
            op.drop_index("a", postgresql_concurrently=True)
        """,
        kind="concurrent",
    )
    ended = app.migrate("up")
    assert (ended.code, "it has 2 statements" in ended.err) == (2, True), str(ended)
    assert app.execute("SELECT count(*) FROM pg_indexes WHERE indexname IN ('a', 'b')") == [(0,)]


def test_a_file_that_changed_since_it_was_applied_is_refused(app: App) -> None:
    app.add_column("0001_slug", "slug")
    app.succeed("up")
    app.add_column("0001_slug", "other")
    ended = app.migrate("up")
    assert (ended.code, "has changed since it was applied" in ended.err) == (1, True)
    assert app.status()["agrees"] is False


def test_a_revision_that_the_files_do_not_know_is_refused(app: App) -> None:
    app.add_column("0001_slug", "slug")
    app.add_column("0002_more", "more", after="0001_slug")
    app.succeed("up")
    (app.folder / "0002_more.py").unlink()
    ended = app.migrate("up")
    assert (ended.code, "which these migrations do not know" in ended.err) == (1, True)
    assert any(row["state"] == "applied, but in no file" for row in app.status()["revisions"])


def test_several_heads_are_refused_in_the_files_and_in_the_database(app: App) -> None:
    app.add_column("0001_a", "a")
    app.succeed("up")
    app.execute("INSERT INTO alembic_version VALUES ('0001_b')")
    assert "several heads" in app.migrate("up").err
    app.add_column("0001_b", "b")
    ended = app.migrate("up")
    assert (ended.code, "both follow base" in ended.err) == (2, True)


def test_a_version_that_somebody_moved_by_hand_is_refused(app: App) -> None:
    app.add_column("0001_a", "a")
    app.add_column("0002_b", "b", after="0001_a")
    app.succeed("up")
    app.execute("UPDATE alembic_version SET version_num = '0001_a'")
    ended = app.migrate("up")
    assert (ended.code, "and the ledger that it has 0001_a, 0002_b" in ended.err) == (1, True)


def test_a_half_done_backfill_is_not_finished_with_another_statement(app: App) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    app.add_backfill("0001_fill", FILL.replace("lower(title)", "(1 / (id - 350))::text"))
    assert app.migrate("up").code == 1
    assert app.execute("SELECT rows_done > 0 FROM deploy_migrations") == [(True,)]
    app.add_backfill("0001_fill", FILL)
    ended = app.migrate("up")
    assert (ended.code, "rows were written as it was" in ended.err) == (1, True)


def test_a_statement_that_holds_its_lock_too_long_is_ended(app: App) -> None:
    app.write("0001_slow", "def up():\n    op.execute('SELECT pg_sleep(5)')\n\n\ndef down():\n    pass\n")
    ended = app.migrate("up", "--statement-timeout=0.3")
    assert (ended.code, "took longer than 0.3 s" in ended.err) == (1, True)


def test_a_constraint_is_validated_for_as_long_as_that_takes(app: App) -> None:
    app.execute(
        "CREATE FUNCTION slowly(integer) RETURNS boolean LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_sleep(0.001); RETURN true; END$$"
    )
    app.execute("ALTER TABLE posts ADD CONSTRAINT slow CHECK (slowly(views)) NOT VALID")
    app.write(
        "0001_validate",
        "def up():\n    op.execute('ALTER TABLE posts VALIDATE CONSTRAINT slow')\n\n\ndef down():\n    pass\n",
    )
    app.succeed("up", "--statement-timeout=0.1")


def test_a_lock_that_somebody_holds_is_tried_for_until_the_budget_ends(app: App) -> None:
    app.add_column("0001_slug", "slug")
    with psycopg.connect(app.environ["DATABASE_URL"], application_name="a long report") as reader:
        reader.execute("SELECT count(*) FROM posts")
        ended = app.migrate("up", "--lock-budget=3")
    assert ended.code == 1
    assert "did not get its lock" in ended.err
    assert "a long report" in ended.err
    assert "SELECT count(*) FROM posts" in ended.err
    assert "slug" not in app.columns()
    assert app.states() == {"0001_slug": "failed"}
    app.succeed("up")
    assert_agree(app, "0001_slug")


def test_a_lock_that_becomes_free_in_time_is_taken(app: App) -> None:
    app.add_column("0001_slug", "slug")
    with psycopg.connect(app.environ["DATABASE_URL"]) as reader:
        reader.execute("SELECT count(*) FROM posts")
        running = app.start("up")
        until(lambda: app.states() == {"0001_slug": "running"}, "the revision began")
        reader.rollback()
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0, out + err
    assert_agree(app, "0001_slug")


def test_two_runners_at_once_apply_each_revision_once(app: App) -> None:
    app.write(
        "0001_slow",
        """
        def up():
            op.execute("SELECT pg_sleep(0.7)")
            op.add_column("posts", sa.Column("slug", sa.Text))


        def down():
            op.drop_column("posts", "slug")
        """,
    )
    runs = [app.start("up", "--json") for _ in range(2)]
    ended = [run.communicate(timeout=40) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], ended
    assert any("Another run migrates this database: process" in err for _, err in ended)
    assert_agree(app, "0001_slow")
    assert app.attempts("0001_slow") == 1


def test_a_runner_that_waits_too_long_for_another_says_which(app: App) -> None:
    app.add_column("0001_slug", "slug")
    with psycopg.connect(
        app.environ["DATABASE_URL"], autocommit=True, application_name="deploy migrate run 7"
    ) as other:
        from deploy.migrations.advisory_lock import KEY  # noqa: PLC0415

        other.execute("SELECT pg_advisory_lock(%s)", (KEY,))
        ended = app.migrate("up", "--lock-wait=1")
    assert ended.code == 1
    assert "deploy migrate run 7" in ended.err
    assert app.states() == {}


def test_a_pooled_connection_is_refused(app: App, pooled: int) -> None:
    app.add_column("0001_slug", "slug")
    ended = app.migrate("up", DATABASE_URL=app.server.url(app.database, port=pooled))
    assert (ended.code, "leads to a connection pooler" in ended.err) == (2, True), str(ended)
    assert app.states() == {}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:hunter22@h/d", "does not begin with postgresql://"),
        ("postgresql://u:hunter22@ep-x-pooler.eu.neon.tech/d", "leads to a connection pooler"),
        ("postgresql://u:hunter22@h/d?pgbouncer=true", "leads to a connection pooler"),
        ("postgresql://u:hunter22@h/d?nonsense=1", "cannot be read by PostgreSQL's library"),
        ("postgresql://u:hunter22@[::1/d", "is no address"),
        ("postgresql://u:hunter22@h/d?connect_timeout=abc", "bad value for connect_timeout"),
        ("", "has no DATABASE_URL"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_being_shown(app: App, url: str, says: str) -> None:
    ended = app.migrate("up", DATABASE_URL=url)
    assert (ended.code, says in ended.err) == (2, True), str(ended)
    assert "hunter22" not in ended.err + ended.out


def test_prismas_form_of_an_address_is_understood(app: App) -> None:
    app.execute("CREATE SCHEMA shop", "CREATE TABLE shop.posts (id bigint PRIMARY KEY)")
    app.add_column("0001_slug", "slug")
    app.succeed("up", DATABASE_URL=app.environ["DATABASE_URL"] + "?schema=shop&connection_limit=1")
    assert app.execute("SELECT count(*) FROM shop.deploy_migrations") == [(1,)]
    assert app.execute("SELECT table_schema FROM information_schema.columns WHERE column_name = 'slug'") == [("shop",)]


def test_a_server_that_is_not_there_is_said_in_a_sentence(app: App) -> None:
    app.add_column("0001_slug", "slug")
    ended = app.migrate("up", DATABASE_URL="postgresql://u:hunter22@127.0.0.1:1/d")
    assert (ended.code, "cannot be reached" in ended.err) == (1, True)


def test_a_blocking_finding_is_not_applied(app: App) -> None:
    app.write("0001_index", "def up():\n    op.create_index('i', 'posts', ['views'])\n\n\ndef down():\n    pass\n")
    ended = app.migrate("up")
    assert (ended.code, "require-concurrent-index-creation" in ended.err) == (1, True)
    assert app.states() == {}


def test_a_change_by_hand_is_told_before_it_becomes_part_of_the_schema(app: App) -> None:
    app.add_column("0001_slug", "slug")
    app.succeed("up")
    app.execute("ALTER TABLE posts ADD COLUMN hacked integer")
    app.add_column("0002_more", "more", after="0001_slug")
    assert "part of the schema: + column posts.hacked integer" in app.succeed("up").err
    app.add_column("0003_last", "last", after="0002_more")
    assert "hacked" not in app.succeed("up").err
