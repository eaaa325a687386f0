"""What other sessions of the database hold, and what is said of them."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from deploy.migrations.advisory_lock import KEY
from tests.migrations.app import App

LOCK = "LOCK TABLE others IN ACCESS EXCLUSIVE MODE"
"""Of a table that the migration has nothing to do with; its column's default cannot be read meanwhile."""


@pytest.fixture
def locked(app: App) -> Iterator[App]:
    """An app with one revision applied, of which somebody holds another table."""
    app.execute("CREATE TABLE others (id bigint DEFAULT 7)")
    app.add_column("0001_x", "slug")
    app.succeed("up")
    with psycopg.connect(app.environ["DATABASE_URL"], application_name="a long report") as holder:
        holder.execute(LOCK)
        yield app


@pytest.fixture
def stranger(app: App) -> Iterator[App]:
    """The app, whose migrations run as a role that may not see what others do."""
    role = f"role_{app.database}"
    app.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD '{app.server.password}'",
        f"GRANT CREATE, USAGE ON SCHEMA public TO {role}",
        f"ALTER TABLE posts OWNER TO {role}",
    )
    app.add_column("0001_x", "slug")
    url = app.environ["DATABASE_URL"]
    app.environ["DATABASE_URL"] = url.replace("//deployer:", f"//{role}:")
    yield app
    app.environ["DATABASE_URL"] = url
    app.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def hidden(holder: psycopg.Connection[tuple[object, ...]]) -> str:
    """What is said of a session that the role may not see."""
    return f"process {holder.info.backend_pid} of the role deployer, which does what this role may not see"


@pytest.mark.parametrize("subcommand", ["up", "drift"])
def test_looking_at_the_schema_ends_with_the_budget_and_says_who_is_in_the_way(locked: App, subcommand: str) -> None:
    locked.add_column("0002_y", "other", after="0001_x")
    began = time.monotonic()
    ended = locked.migrate(subcommand, "--lock-budget=2", "--json")
    assert time.monotonic() - began < 8
    assert ended.code == 1
    assert "Looking at the schema did not get its lock" in ended.document["message"]
    assert "a long report" in ended.document["message"]
    assert locked.states() == {"0001_x": "applied"}


def test_a_plan_does_not_wait_for_a_lock_for_ever(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.migrations.session.PATIENCE", 0.3)
    app.add_column("0001_x", "slug")
    with psycopg.connect(app.environ["DATABASE_URL"]) as holder:
        holder.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        ended = app.migrate("plan", "--json")
    assert ended.document["message"] == "The database refused: canceling statement due to lock timeout."
    assert ended.document["next"].startswith("wait for whoever holds that lock")


def test_who_is_in_the_way_is_said_as_far_as_the_role_may_see_it(stranger: App) -> None:
    with psycopg.connect(stranger.server.url(stranger.database), application_name="a long report") as holder:
        holder.execute("SELECT count(*) FROM posts")
        ended = stranger.migrate("up", "--lock-budget=1")
        assert hidden(holder) in ended.err
    assert "pg_read_all_stats" in ended.err
    assert "None" not in ended.err


def test_the_holder_of_the_runners_lock_is_said_as_far_as_the_role_may_see_it(stranger: App) -> None:
    with psycopg.connect(stranger.server.url(stranger.database), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", (KEY,))
        ended = stranger.migrate("up", "--lock-wait=0")
        for text in (ended.err, stranger.status()["lock"]):
            assert hidden(holder) in text
            assert "None" not in text
            assert "the server itself" not in text


@pytest.mark.parametrize("subcommand", ["status", "plan", "drift", "up"])
def test_a_ledger_that_the_role_may_not_read_is_said(stranger: App, subcommand: str) -> None:
    stranger.succeed("up", DATABASE_URL=stranger.server.url(stranger.database))
    ended = stranger.migrate(subcommand, "--json")
    assert ended.code == 1
    assert ended.document["message"] == "The database refused: permission denied for table deploy_migrations."
