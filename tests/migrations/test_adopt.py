"""`deploy migrate adopt`: a database that something else has migrated is taken over as it is."""

import signal
from collections.abc import Callable

import psycopg
import pytest

from deploy.migrations import fingerprint
from deploy.migrations.session import Session
from tests.migrations.app import App
from tests.migrations.interrupted import Interruption, run

CHECKED = """
    def up():
        op.add_column("posts", sa.Column("{column}", sa.Text))


    def down():
        op.drop_column("posts", "{column}")


    def validate_after(connection):
        return "{column}" in {{column["name"] for column in sa.inspect(connection).get_columns("posts")}}
"""


def tables(app: App) -> set[str]:
    return {name for (name,) in app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def assert_at(app: App, *revisions: str, state: str = "adopted") -> None:
    """Files, ledger and Alembic's table say that the database has these revisions."""
    status = app.status()
    assert (status["agrees"], status["at"]) == (True, revisions[-1] if revisions else "")
    assert [row["revision"] for row in status["revisions"] if row["state"] == state] == list(revisions)


# Others.


def test_a_database_that_alembic_has_migrated_is_adopted_where_it_is(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.add_column("0002_y", "other", after="0001_x")
    app.add_column("0003_z", "third", after="0002_y")
    app.execute(
        "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('0002_y')",
        "ALTER TABLE posts ADD COLUMN slug text, ADD COLUMN other text",
    )
    assert app.migrate("up").code == 1, "it has to be adopted first"
    ended = app.succeed("adopt", "--json")
    assert (ended.document["before"], ended.document["at"]) == (["Alembic"], "0002_y")
    assert_at(app, "0001_x", "0002_y")
    assert app.succeed("up", "--json").document["applied"] == ["0003_z"]


def test_a_revision_of_another_history_is_refused(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.execute(
        "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
    )
    ended = app.migrate("adopt", "--at=0001_x")
    assert ended.code == 1
    assert "Alembic's table names ae1027a6acf, which these migrations do not know" in ended.err
    assert "deploy_migrations" not in tables(app)


def test_several_heads_of_alembics_are_refused(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.execute(
        "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('a'), ('b')",
    )
    ended = app.migrate("adopt")
    assert (ended.code, "names several heads: a, b" in ended.err) == (1, True)


@pytest.mark.parametrize(
    ("table", "name"), [("flyway_schema_history", "Flyway"), ('"SequelizeMeta"', "Sequelize"), ("posts", "")]
)
def test_other_tools_are_recognised_by_their_tables(app: App, table: str, name: str) -> None:
    app.use_example()
    app.execute(f"CREATE TABLE IF NOT EXISTS {table} (id integer)")
    assert app.succeed("adopt", "--json").document["before"] == ([name] if name else [])


# What is really there.


def test_a_revision_that_is_not_there_is_not_adopted(app: App) -> None:
    app.write("0001_x", CHECKED.format(column="slug"))
    app.write("0002_y", CHECKED.format(column="other"), after="0001_x")
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    ended = app.migrate("adopt", "--at=0002_y", "--json")
    assert ended.code == 1
    assert ended.document["message"] == "0002_y is not in the database: its `validate_after` answers False."
    assert "--at=0001_x" in ended.document["next"]
    assert tables(app) == {"posts"}
    app.succeed("adopt", "--at=0001_x")
    assert_at(app, "0001_x")


@pytest.mark.parametrize(
    "check", ["raise ValueError('no')", "return connection.execute(sa.text('SELECT * FROM nowhere'))"]
)
def test_a_check_that_fails_is_no_yes(app: App, check: str) -> None:
    app.write("0001_x", f"def up():\n    pass\n\n\ndef validate_after(connection):\n    {check}\n", reversible=False)
    ended = app.migrate("adopt", "--at=0001_x")
    assert (ended.code, "0001_x is not in the database: its `validate_after`" in ended.err) == (1, True)
    assert tables(app) == {"posts"}


def test_what_a_later_contract_took_away_need_not_be_there(app: App) -> None:
    app.write("0001_x", CHECKED.format(column="slug"))
    app.write(
        "0002_drop",
        'def up():\n    op.drop_column("posts", "slug")\n',
        after="0001_x",
        kind="contract",
        compatible_with="0001_x",
        reversible=False,
    )
    ended = app.succeed("adopt", "--at=0002_drop", "--json")
    assert_at(app, "0001_x", "0002_drop")
    (warning,) = ended.document["warnings"]
    assert "0001_x is not seen in the database" in warning


@pytest.mark.parametrize("at", ["9999_nowhere", "0001_x; DROP TABLE posts", "00"])
def test_a_revision_that_does_not_exist_is_wrong_usage(app: App, at: str) -> None:
    app.add_column("0001_x", "slug")
    app.add_column("0002_y", "other", after="0001_x")
    ended = app.migrate("adopt", f"--at={at}")
    assert (ended.code, "is no revision of these migrations" in ended.err) == (2, True)
    assert tables(app) == {"posts"}


def test_base_is_before_the_first(app: App) -> None:
    app.add_column("0001_x", "slug")
    assert app.succeed("adopt", "--at=base", "--json").document["at"] == ""
    assert_at(app)


# Once it is adopted.


def test_the_schema_is_recorded_so_that_drift_is_seen(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    app.succeed("adopt", "--at=0001_x")
    app.succeed("drift")
    app.execute("ALTER TABLE posts ADD COLUMN by_hand text")
    assert app.migrate("drift").code == 1


def test_adopting_twice_is_the_same_as_once(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    first = app.succeed("adopt", "--at=0001_x", "--json").document
    second = app.succeed("adopt", "--at=0001_x", "--json").document
    assert first["adopted"] == second["adopted"] == ["0001_x"]
    assert_at(app, "0001_x")


def test_a_run_that_was_cut_off_before_it_recorded_the_schema_goes_on(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.add_column("0001_x", "slug")

    def die(_: Session) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "record", die)
        assert app.migrate("adopt", "--at=0001_x").code == 1
    assert app.migrate("drift").code == 1
    app.succeed("adopt", "--at=0001_x")
    app.succeed("drift")


def test_a_database_that_this_program_has_migrated_is_refused(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    for argv in (("adopt",), ("adopt", "--at=0001_x"), ("adopt", "--at=base")):
        ended = app.migrate(*argv)
        assert (ended.code, "This database is this program's already" in ended.err) == (1, True)
    assert_at(app, "0001_x", state="applied")


def test_where_alembic_and_the_ledger_disagree_a_person_says_what_is_there(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.add_column("0002_y", "other", after="0001_x")
    app.succeed("up")
    # Somebody has gone down with plain Alembic.
    app.execute("ALTER TABLE posts DROP COLUMN other", "UPDATE alembic_version SET version_num = '0001_x'")
    refused = app.migrate("adopt")
    assert (refused.code, "adopt --at REVISION" in refused.err) == (1, True)
    app.succeed("adopt", "--at=0001_x")
    assert app.states() == {"0001_x": "adopted", "0002_y": "reverted"}
    assert app.status()["agrees"] is True
    assert app.succeed("up", "--json").document["applied"] == ["0002_y"]


def test_a_changed_file_is_not_taken_for_the_one_that_was_applied(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    app.add_column("0001_x", "another")
    ended = app.migrate("adopt", "--at=0001_x")
    assert (ended.code, "The file of 0001_x has changed since it was applied" in ended.err) == (1, True)
    assert app.states() == {"0001_x": "applied"}


def test_it_waits_for_its_turn(app: App) -> None:
    app.use_example()
    with psycopg.connect(app.environ["DATABASE_URL"]) as other:
        other.execute("SELECT pg_advisory_lock(7310575183421604722)")
        ended = app.migrate("adopt", "--lock-wait=0")
    assert (ended.code, "Another run migrates this database" in ended.err) == (1, True)
    assert "deploy_migrations" not in tables(app)


@pytest.mark.parametrize("when", ["after", "lost"])
def test_a_run_that_is_interrupted_at_any_call_is_finished_by_the_next(
    app: App, when: str, record_property: Callable[[str, object], None]
) -> None:
    argv = app.argv("adopt", "--at=0001_x")
    app.add_column("0001_x", "slug")
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    calls = run(argv, app.environ, Interruption(0)).calls
    for call in range(1, calls + 1):
        app.execute("DROP TABLE IF EXISTS deploy_migrations, alembic_version")
        cut_off = run(argv, app.environ, Interruption(call, when))
        assert cut_off.code in ((0, 1) if when == "lost" else (-signal.SIGKILL,)), f"call {call}: {cut_off.text}"
        again = run(argv, app.environ, Interruption(0))
        assert again.code == 0, f"call {call}: {again.text}"
        assert_at(app, "0001_x")
        app.succeed("drift")
    record_property(f"interruptions of an adopt ({when})", calls)
