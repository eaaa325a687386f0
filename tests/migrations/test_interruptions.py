"""Killed, or cut off from the database, at each single call of an `up` or a `down` of every kind: nothing is lost."""

import json
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from sandbox.postgres import server
from tests.migrations.app import POSTS, App, until
from tests.migrations.interrupted import Interruption, run

FILL = "UPDATE posts SET slug = coalesce(slug, '') || 'x' WHERE id BETWEEN :first AND :last"
"""Not idempotent on purpose: a batch that is done twice is seen."""


def _expand(app: App) -> None:
    app.add_column("0001_slug", "slug")


def _concurrent(app: App) -> None:
    app.add_index("0001_index")


def _backfill(app: App) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    app.add_backfill("0001_fill", FILL, batch=200)


def _contract(app: App) -> None:
    app.write(
        "0001_drop",
        'def up():\n    op.drop_column("posts", "views")\n\n\ndef down():\n    op.execute("SELECT 1")\n',
        kind="contract",
        compatible_with="base",
    )


KINDS: dict[str, tuple[Callable[[App], None], Callable[[App], bool]]] = {
    "expand": (_expand, lambda app: "slug" in app.columns()),
    "concurrent": (_concurrent, lambda app: app.index() is True),
    "backfill": (_backfill, lambda app: app.execute("SELECT count(*) FROM posts WHERE slug = 'x'") == [(POSTS,)]),
    "contract": (_contract, lambda app: "views" not in app.columns()),
}

CALLS: dict[str, Callable[[int], Sequence[int]]] = {
    "after": lambda calls: range(1, calls + 1, 2),
    "lost": lambda calls: range(2, calls + 1, 2),
}
"""Every call is interrupted in one of the two ways: both ways at each take twice as long."""


@pytest.fixture
def restore_point() -> str:
    return f'{{"id": "b1", "created_at": "{datetime.now(UTC).isoformat()}", "verified": true}}'


def _anew(app: App, prepare: Callable[[App], None]) -> None:
    """The database as it was, and the files."""
    app.execute("DROP TABLE IF EXISTS posts, deploy_migrations, alembic_version")
    app.fill()
    for path in app.folder.glob("*.py"):
        path.unlink()
    prepare(app)


@pytest.mark.parametrize("when", ["after", "lost"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_up_that_is_interrupted_at_any_call_is_finished_by_the_next(
    app: App, restore_point: str, kind: str, when: str, record_property: Callable[[str, object], None]
) -> None:
    prepare, holds = KINDS[kind]
    argv = app.argv("up", "--to=0001", f"--restore-point={restore_point}")
    _anew(app, prepare)
    clean = run(argv, app.environ, Interruption(0))
    assert (clean.code, holds(app)) == (0, True), clean.text
    for call in CALLS[when](clean.calls):
        _anew(app, prepare)
        cut_off = run(argv, app.environ, Interruption(call, when))
        if when == "lost":
            assert cut_off.code in (0, 1), f"call {call}: {cut_off.text}"
        else:
            assert cut_off.code == -signal.SIGKILL, f"call {call}: {cut_off.text}"
        assert all(state != "failed" for state in app.states().values()), f"call {call}: {cut_off.text}"
        again = run(argv, app.environ, Interruption(0))
        assert again.code == 0, f"call {call}: {again.text}"
        assert holds(app), f"call {call}: {again.text}"
        status = app.status()
        assert (status["agrees"], [row["state"] for row in status["revisions"]]) == (True, ["applied"]), f"call {call}"
    record_property(f"interruptions of an up ({when})", len(CALLS[when](clean.calls)))


@pytest.mark.parametrize("kind", ["expand", "concurrent"])
def test_a_down_that_is_killed_at_any_call_is_finished_by_the_next(app: App, kind: str) -> None:
    prepare, holds = KINDS[kind]
    up, down = app.argv("up"), app.argv("down", "--to=base")
    _anew(app, prepare)
    assert run(up, app.environ, Interruption(0)).code == 0
    clean = run(down, app.environ, Interruption(0))
    assert (clean.code, holds(app)) == (0, False), clean.text
    for call in range(1, clean.calls + 1):
        _anew(app, prepare)
        assert run(up, app.environ, Interruption(0)).code == 0
        assert run(down, app.environ, Interruption(call)).code == -signal.SIGKILL
        again = run(down, app.environ, Interruption(0))
        assert (again.code, holds(app)) == (0, False), f"call {call}: {again.text}"
        assert (app.version(), set(app.states().values())) == ([], {"reverted"}), f"call {call}"


def test_a_runner_that_is_killed_while_the_server_builds_an_index_is_followed_by_one_that_builds_it_anew(
    app: App,
) -> None:
    app.execute(
        "CREATE FUNCTION slowly(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS "
        "$$BEGIN PERFORM pg_sleep(0.005); RETURN $1; END$$"
    )
    app.write(
        "0001_index",
        """
        def up():
            op.create_index("posts_by", "posts", [sa.text("slowly(views)")], postgresql_concurrently=True)


        def down():
            op.drop_index("posts_by", postgresql_concurrently=True)
        """,
        kind="concurrent",
    )
    running = app.start("up")
    # Of the app's own table: the ledger's has an index too, which is built when it is made.
    building = "SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = 'posts'::regclass"
    until(lambda: app.execute(building) == [(1,)], "the build began")
    running.kill()
    running.communicate()
    assert app.states() == {"0001_index": "running"}
    ended = app.succeed("up")
    assert app.index() is True, str(ended)
    assert app.attempts("0001_index") == 2


@pytest.mark.parametrize("kind", ["expand", "concurrent"])
def test_ctrl_c_takes_back_what_is_under_way_and_says_to_run_the_same_again(app: App, kind: str) -> None:
    app.execute(
        "CREATE FUNCTION slowly(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS "
        "$$BEGIN PERFORM pg_sleep(0.005); RETURN $1; END$$"
    )
    build = 'op.create_index("posts_by", "posts", [sa.text("slowly(views)")], postgresql_concurrently=True)'
    does = {"expand": 'op.execute("SELECT sum(slowly(views)) FROM posts")', "concurrent": build}[kind]
    app.write("0001_x", f"def up():\n    {does}\n\n\ndef down():\n    pass\n", kind=kind)
    running = app.start("up", "--json")
    busy = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'deploy%' AND query ~ 'slowly'"
    until(lambda: app.execute(busy), "the revision began")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 1, err
    document = json.loads(out)
    assert document["message"] == "`deploy migrate up` was interrupted."
    assert "`python3 -m deploy migrate status`, then run the same again" in document["next"]
    assert app.server.password not in out + err
    assert app.execute(busy) == []
    app.succeed("up")
    assert app.states() == {"0001_x": "applied"}


def test_what_was_cut_off_is_called_interrupted(app: App) -> None:
    app.execute("ALTER TABLE posts ADD COLUMN slug text")
    app.add_backfill("0001_fill", FILL.replace("|| 'x'", "|| pg_sleep(0.3)::text || 'x'"), batch=1)
    running = app.start("up")
    until(lambda: app.states() == {"0001_fill": "running"}, "the backfill began")
    assert app.status()["revisions"][0]["state"] == "running"
    running.kill()
    running.communicate()
    until(lambda: not app.status()["lock"], "the server noticed")
    assert app.status()["revisions"][0]["state"] == "interrupted"


def test_a_server_that_crashes_and_comes_back_is_worked_on(tmp_path: Path) -> None:
    with server(tmp_path / "server") as own:
        app = App.create(own, tmp_path)
        app.execute("ALTER TABLE posts ADD COLUMN slug text")
        app.add_backfill("0001_fill", FILL, batch=1)
        running = app.start("up")
        until(lambda: app.states() == {"0001_fill": "running"}, "the backfill began")
        time.sleep(0.3)
        own.stop(signal.SIGQUIT)
        own.start()
        _, err = running.communicate(timeout=60)
        assert running.returncode == 0, err
        assert "The connection was lost" in err
        assert app.execute("SELECT count(*) FROM posts WHERE slug = 'x'") == [(POSTS,)]


def test_a_server_that_stays_away_is_said_to_and_nothing_is_lost(tmp_path: Path) -> None:
    with server(tmp_path / "server") as own:
        app = App.create(own, tmp_path)
        app.execute("ALTER TABLE posts ADD COLUMN slug text")
        app.add_backfill("0001_fill", FILL, batch=1)
        running = app.start("up")
        until(lambda: app.states() == {"0001_fill": "running"}, "the backfill began")
        own.stop(signal.SIGQUIT)
        _, err = running.communicate(timeout=90)
        assert (running.returncode, "cannot be reached" in err) == (1, True), err
        own.start()
        app.succeed("up")
        with psycopg.connect(app.environ["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM posts WHERE slug = 'x'").fetchall() == [(POSTS,)]
