"""The gate before a contract: what counts as a restore point."""

import io
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.clock import Clock
from deploy.command import Context
from deploy.console import Console
from deploy.errors import FailedError
from deploy.http_client import HttpClient
from deploy.migrations import restore_point
from deploy.migrations.contents import Contents, contents_of
from deploy.migrations.database import Database
from deploy.settings import Settings
from sandbox.postgres import binaries
from tests.migrations.app import App
from tests.migrations.dumps import make, now, pg_dump, put

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = 3600.0
GOOD = {"id": "bk_1", "created_at": "2026-11-23T11:30:00Z", "verified": True}


class FixedClock(Clock):
    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server's version are on PATH."""
    monkeypatch.setenv("PATH", f"{binaries()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def dump(app: App, tmp_path: Path) -> Path:
    return make(app, tmp_path)


def require(what: str, *, of: App | None = None, now: datetime = NOW, age: float = 6 * HOUR) -> str:
    """Ask for a restore point of an app's database; what was logged."""
    said, clock = io.StringIO(), FixedClock(now)
    console = Console({}, out=said, err=said)
    http = HttpClient(console, clock, timeout_seconds=1)
    contents = contents_of_app(of) if of else Contents(database="app", tables=())
    context = Context(settings=Settings({}), console=console, clock=clock, http=http)
    restore_point.require(what, age, context, contents)
    return said.getvalue()


def contents_of_app(app: App) -> Contents:
    with Database(app.environ["DATABASE_URL"], application="test").connect() as connection:
        return contents_of(connection)


def refused(what: str, **how: Any) -> str:
    with pytest.raises(FailedError) as raised:
        require(what, **how)
    assert raised.value.state == "Nothing was changed."
    assert "--restore-point=FILE" in raised.value.following
    return raised.value.what


def answer(**changes: object) -> str:
    document = {**GOOD, **changes}
    return json.dumps({name: value for name, value in document.items() if value is not None}, separators=(",", ":"))


# What a backup service hands over.


def test_a_verified_recent_backup_is_a_restore_point() -> None:
    assert require(answer()) == "- Restore point: the backup bk_1, 30 minutes old, read in full.\n"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verified": False}, "The backup bk_1 was not read in full"),
        ({"verified": "true"}, "The backup bk_1 was not read in full"),
        ({"verified": None}, "The backup bk_1 was not read in full"),
        ({"created_at": None}, "The age of the backup bk_1 is not known"),
        ({"created_at": "yesterday"}, "The age of the backup bk_1 is not known"),
        ({"created_at": "2026-11-23T11:30:00"}, "The age of the backup bk_1 is not known"),
        ({"created_at": 1_795_000_000}, "The age of the backup bk_1 is not known"),
        ({"created_at": "2026-11-23T05:59:00Z"}, "The backup bk_1 is 6.0 hours old, more than 6.0"),
        ({"created_at": "2026-11-23T12:06:00Z"}, "which is yet to come"),
        ({"id": None}, "The backup has no `id`"),
        ({"id": " "}, "The backup has no `id`"),
        ({"id": 7}, "The backup has no `id`"),
    ],
)
def test_any_other_backup_is_none(changes: dict[str, object], why: str) -> None:
    assert why in refused(answer(**changes))


@pytest.mark.parametrize("created", ["2026-11-23T06:00:00Z", "2026-11-23T12:05:00Z", "2026-11-23T13:30:00+02:00"])
def test_another_machines_clock_may_be_five_minutes_ahead_and_the_age_is_counted_to_the_end(created: str) -> None:
    assert "read in full" in require(answer(created_at=created))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 - zones are drawn
    st.sampled_from([True, False, None, 1, "true"]),
)
def test_only_a_verified_backup_of_the_right_age_passes(created: datetime, verified: object) -> None:
    document = answer(created_at=created.isoformat(), verified=verified)
    age = NOW - datetime.fromisoformat(created.isoformat())
    if verified is True and timedelta(minutes=-5) <= age <= timedelta(hours=6):
        assert "read in full" in require(document)
    else:
        refused(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    )
    | st.text()
)
def test_nothing_else_passes_whatever_it_is(document: object) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    refused(text)


def test_nothing_at_all_is_none() -> None:
    assert refused("") == "There is no restore point, and a contract takes something away."


@pytest.mark.parametrize("what", ["[" * 100_000, "\0", "x" * 5000, '{"id":"bk_1"', "/dev/null"])
def test_what_cannot_be_read_is_none(what: str) -> None:
    assert len(refused(what)) < 1000


# Dumps.


def test_a_dump_that_was_just_made_is_a_restore_point(app: App, dump: Path) -> None:
    assert f"Restore point: the dump '{dump}', 0 minutes old, read in full." in require(str(dump), of=app, now=now())


@pytest.mark.parametrize("form", ["directory", "tar", "plain"])
def test_a_format_in_which_pg_restore_does_not_miss_anything_is_none(app: App, tmp_path: Path, form: str) -> None:
    made = pg_dump(app, tmp_path / "made", f"--format={form}")
    assert "is not of pg_dump's custom format" in refused(str(made), now=now())


def test_of_a_tar_pg_restore_would_take_a_third(app: App, tmp_path: Path) -> None:
    """Why only one format counts; should this fail, a newer PostgreSQL has become stricter."""
    made = pg_dump(app, tmp_path / "made", "--format=tar")
    content = made.read_bytes()
    made.write_bytes(content[: len(content) // 3])
    assert subprocess.run(["pg_restore", "--file=/dev/null", str(made)], check=False, timeout=60).returncode == 0


def test_a_file_that_never_ends_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not of pg_dump's custom format" in refused(str(tmp_path / "pipe"))


def test_a_dump_without_compression_is_read_to_its_end_as_well(app: App, tmp_path: Path) -> None:
    made = pg_dump(app, tmp_path / "made", "--format=custom", "--compress=0")
    assert "read in full" in require(str(made), of=app, now=now())
    made.write_bytes(made.read_bytes()[:-100])
    assert "cannot be restored from" in refused(str(made), now=now())


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_a_dump_that_was_cut_off_is_none(dump: Path, share: float) -> None:
    content = dump.read_bytes()
    dump.write_bytes(content[: int(len(content) * share)])
    assert "cannot be restored from" in refused(str(dump), now=now())


def test_a_dump_with_a_changed_byte_in_its_data_is_none(dump: Path) -> None:
    content = bytearray(dump.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 20] = bytes(20)
    dump.write_bytes(content)
    assert "cannot be restored from" in refused(str(dump), now=now())


def test_an_old_dump_is_none_however_new_its_file_is(app: App, dump: Path) -> None:
    os.utime(dump)
    later = now() + timedelta(hours=7)
    assert "is 7.0 hours old, more than 6.0" in refused(str(dump), of=app, now=later)
    assert "read in full" in require(str(dump), of=app, now=later, age=8 * HOUR)


def test_a_copied_dump_keeps_its_age(app: App, dump: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copyfile(dump, copy)
    os.utime(copy, (0, 0))
    assert "0 minutes old" in require(str(copy), of=app, now=now())


def test_a_dump_of_tomorrow_is_none(app: App, dump: Path) -> None:
    assert "which is yet to come" in refused(str(dump), of=app, now=now() - timedelta(hours=1))


def test_a_dump_that_does_not_say_when_it_was_made_is_as_old_as_its_file(
    app: App, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = f";     dbname: {app.database}", "3; 0 16385 TABLE DATA public posts deployer"
    put(tmp_path, "pg_restore", "\n".join(f'echo "{line}"' for line in listed))
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    os.utime(dump, (0, now().timestamp() - 7200))
    assert "120 minutes old" in require(str(dump), of=app, now=now())


# Of this database.


def test_a_dump_of_another_database_is_none(app: App, tmp_path: Path) -> None:
    other = pg_dump(app, tmp_path / "other", "--format=custom", database="postgres")
    body = 'def up():\n    op.drop_column("posts", "views")\n'
    app.write("0001_drop", body, kind="contract", compatible_with="base", reversible=False)
    ended = app.migrate("up", "--to=0001_drop", f"--restore-point={other}")
    assert ended.code == 1
    assert f"it is of the database postgres, and not of {app.database}" in ended.err
    assert "views" in app.columns()


@pytest.mark.parametrize("option", ["--schema-only", "--exclude-table-data=posts", "--table=others"])
def test_a_dump_that_lacks_the_rows_of_a_table_is_none(app: App, tmp_path: Path, option: str) -> None:
    app.execute("CREATE TABLE others (id bigint)")
    made = pg_dump(app, tmp_path / "made", "--format=custom", option)
    assert "as it is now: it lacks the rows of " in refused(str(made), of=app, now=now())


def test_a_dump_from_before_a_table_was_made_is_none_and_says_which(app: App, dump: Path) -> None:
    app.execute("CREATE SCHEMA shop", *(f"CREATE TABLE shop.later{number} (id bigint)" for number in range(7)))
    assert "shop.later0, shop.later1, shop.later2, shop.later3, shop.later4 and 2 more." in refused(
        str(dump), of=app, now=now()
    )


def test_a_dump_with_names_of_any_kind_is_a_restore_point(app: App, tmp_path: Path) -> None:
    owner = f"an owner of {app.database}"
    app.execute(
        'CREATE SCHEMA "a shop"',
        'CREATE TABLE "a shop"."of\nmany ""words""" (id bigint)',
        "CREATE TABLE logs (at date NOT NULL) PARTITION BY RANGE (at)",
        "CREATE TABLE logs_2026 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE UNLOGGED TABLE quick (id bigint)",
        "CREATE VIEW titles AS SELECT title FROM posts",
        "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM posts",
        f'CREATE ROLE "{owner}"',
        "CREATE TABLE owned (id bigint)",
        f'ALTER TABLE owned OWNER TO "{owner}"',
    )
    try:
        made = pg_dump(app, tmp_path / "made", "--format=custom")
        assert "read in full" in require(str(made), of=app, now=now())
        app.execute('ALTER TABLE posts RENAME TO "posts of"')
        assert "lacks the rows of public.posts of." in refused(str(made), of=app, now=now())
    finally:
        app.execute(f'DROP OWNED BY "{owner}"', f'DROP ROLE "{owner}"')


def test_what_the_role_could_not_take_away_need_not_be_in_the_dump(app: App) -> None:
    role = f"role_{app.database}"
    app.execute(f"CREATE ROLE {role}", "CREATE TABLE mine (id bigint)", f"ALTER TABLE mine OWNER TO {role}")
    try:
        with Database(app.environ["DATABASE_URL"], application="test").connect() as connection:
            connection.exec_driver_sql(f"SET ROLE {role}")
            assert [str(table) for table in contents_of(connection).tables] == ["public.mine"]
    finally:
        app.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


# The gate itself.


def test_up_takes_nothing_away_without_a_restore_point(app: App, tmp_path: Path) -> None:
    body = 'def up():\n    op.drop_column("posts", "views")\n'
    app.write("0001_drop", body, kind="contract", compatible_with="base", reversible=False)
    old = answer(created_at="2020-01-01T00:00:00Z")
    for what in ("", str(tmp_path / "nowhere"), old, answer(verified=False)):
        ended = app.migrate("up", "--to=0001_drop", f"--restore-point={what}")
        assert ended.code == 1
        assert "views" in app.columns()
    app.succeed("up", "--to=0001_drop", f"--restore-point={answer(created_at=now().isoformat())}")
    assert "views" not in app.columns()


def test_where_nobody_would_miss_the_data_a_contract_needs_none(app: App) -> None:
    body = 'def up():\n    op.drop_column("posts", "views")\n'
    app.write("0001_drop", body, kind="contract", compatible_with="base", reversible=False)
    assert app.migrate("up", "--to=0001_drop").code == 1
    app.succeed("up", "--to=0001_drop", "--no-restore-point")
    assert "views" not in app.columns()
