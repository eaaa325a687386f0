"""`deploy migrate backup`: a dump that was read in full, or none."""

import hashlib
import os
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.postgres import binaries
from tests.migrations.app import App
from tests.migrations.dumps import make, now, put


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server's version are on PATH."""
    monkeypatch.setenv("PATH", f"{binaries()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def dump(app: App, tmp_path: Path) -> Path:
    return make(app, tmp_path)


def test_backup_makes_a_dump_and_says_what_it_is(app: App, tmp_path: Path) -> None:
    path = tmp_path / "app.dump"
    ended = app.succeed("backup", f"--file={path}", "--json")
    document = ended.document
    assert document["file"] == str(path)
    assert document["bytes"] == path.stat().st_size
    assert document["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document["verified"] is True
    assert abs(now() - datetime.fromisoformat(document["created_at"])) < timedelta(minutes=1)
    assert f"{document['bytes']:,} bytes, 0 minutes old, SHA-256 {document['sha256']}" in document["message"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["app.dump", "migrations"]


def test_the_dump_brings_the_rows_back(app: App, dump: Path) -> None:
    rows = app.execute("SELECT count(*), sum(id) FROM posts")
    app.execute("DROP TABLE posts")
    subprocess.run(["pg_restore", "--dbname", app.environ["DATABASE_URL"], str(dump)], check=True, timeout=60)
    assert app.execute("SELECT count(*), sum(id) FROM posts") == rows


def test_nobody_else_may_read_the_dump(dump: Path) -> None:
    assert dump.stat().st_mode & 0o077 == 0


def test_a_dump_that_is_there_is_replaced_only_by_a_whole_one(app: App, dump: Path) -> None:
    before = dump.read_bytes()
    ended = app.migrate("backup", f"--file={dump}", DATABASE_URL=app.server.url("nowhere"))
    assert (ended.code, 'database "nowhere" does not exist' in ended.err) == (1, True)
    assert dump.read_bytes() == before
    assert not dump.with_name("app.dump.part").exists()


def test_the_password_is_in_no_argument(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("pg_dump")
    put(tmp_path, "pg_dump", f'echo "$@" > {tmp_path}/arguments; env > {tmp_path}/variables; exec {real} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DATABASE_URL", app.environ["DATABASE_URL"])
    app.succeed("backup", f"--file={tmp_path / 'dump'}")
    assert app.server.password not in (tmp_path / "arguments").read_text()
    variables = (tmp_path / "variables").read_text()
    assert f"PGPASSWORD={app.server.password}\n" in variables
    assert "DATABASE_URL" not in variables


def test_a_server_that_is_newer_than_pg_dump_is_said(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "pg_dump: error: aborting because of server version mismatch"
    detail = "pg_dump: detail: server version: 18.6; pg_dump version: 15.14 (Debian 15.14-0+deb12u1)"
    put(tmp_path, "pg_dump", f'echo "{said}" >&2; echo "{detail}" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    ended = app.migrate("backup", f"--file={tmp_path / 'dump'}")
    assert ended.code == 1
    assert "pg_dump is of PostgreSQL 15.14, and the server of 18.6, which is newer" in ended.err
    assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize("program", ["pg_dump", "pg_restore"])
def test_a_machine_without_postgresqls_programs_is_wrong_usage(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    (tmp_path / "programs").mkdir()
    for other in {"pg_dump", "pg_restore"} - {program}:
        (tmp_path / "programs" / other).symlink_to(shutil.which(other) or "")
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    ended = app.migrate("backup", f"--file={tmp_path / 'dump'}")
    assert (ended.code, f"There is no {program} on this machine" in ended.err) == (2, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["migrations", "programs"]


def test_a_dump_that_cannot_be_read_again_is_no_backup(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "pg_dump", 'for last; do :; done; echo PGDMP > "${last#--file=}"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    ended = app.migrate("backup", f"--file={tmp_path / 'dump'}")
    assert (ended.code, "cannot be restored from" in ended.err) == (1, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["migrations", "programs"]


def test_a_place_that_cannot_be_written_to_is_said(app: App, tmp_path: Path) -> None:
    ended = app.migrate("backup", f"--file={tmp_path / 'nowhere/dump'}")
    assert (ended.code, "cannot be written: No such file or directory" in ended.err) == (1, True)


@pytest.mark.parametrize("options", [(), ("--check-only",)])
def test_a_folder_is_no_file_for_a_dump(app: App, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "dump").mkdir()
    ended = app.migrate("backup", f"--file={tmp_path / 'dump'}", "--json", *options)
    says = "is not of pg_dump's custom format" if options else "dump is a folder."
    assert (ended.code, says in ended.document["message"]) == (1, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dump", "migrations"]


def test_checking_reads_a_dump_and_makes_none(app: App, dump: Path) -> None:
    before = dump.read_bytes()
    ended = app.succeed("backup", f"--file={dump}", "--check-only", "--json", DATABASE_URL="")
    assert ended.document["verified"] is True
    assert dump.read_bytes() == before
    dump.write_bytes(before[:-500])
    assert app.migrate("backup", f"--file={dump}", "--check-only").code == 1


def test_checking_what_is_not_there_is_said(app: App, tmp_path: Path) -> None:
    ended = app.migrate("backup", f"--file={tmp_path / 'dump'}", "--check-only")
    assert (ended.code, "is not there" in ended.err) == (1, True)
