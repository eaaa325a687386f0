"""PostgreSQL and PgBouncer as tests and benchmarks have them: of their own, unprivileged, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox import postgres
from sandbox.paths import PROJECT
from sandbox.postgres import PostgresError, Server, pooler, server

PATIENCE_SECONDS = 30
PROGRAMS = ("initdb", "pg_dump", "pg_restore", "pgbench", "postgres", "psql")
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")
OWNED = """
import sys, time
from pathlib import Path
from sandbox.postgres import server
with server(Path(sys.argv[1])) as running:
    print(running.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("postgres")) as made:
        yield made


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def user_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[2] for line in status.splitlines() if line.startswith("Uid:")))


def lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@LINUX
def test_it_never_runs_as_root(running: Server) -> None:
    assert user_of(running.pid) == (os.geteuid() or postgres.NOBODY)


def test_it_is_reached_on_this_machine_alone_and_with_its_password(running: Server) -> None:
    assert ask(running.url(), "SHOW listen_addresses") == "127.0.0.1"
    assert not ask(running.url(), "SHOW unix_socket_directories")
    assert running.password in running.url()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.url().replace(running.password, "guessed"))


def test_two_servers_know_nothing_of_each_other(running: Server, tmp_path: Path) -> None:
    with server(tmp_path / "other") as other:
        other.create_database("app")
        assert ask(other.url("app"), "SELECT current_database()") == "app"
        assert ask(running.url(), "SELECT count(*) FROM pg_database WHERE datname = 'app'") == 0


def test_it_is_gone_when_its_block_has_ended(tmp_path: Path) -> None:
    with server(tmp_path / "postgres") as ended:
        url, pid = ended.url(), ended.pid
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(PostgresError, match="does not run"):
        _ = ended.pid


@LINUX
def test_it_is_gone_when_who_started_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNED, str(tmp_path / "postgres")]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert lives(pid)
        owner.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(pid)


def test_a_crash_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    with server(tmp_path / "postgres", {}) as crashed:
        with psycopg.connect(crashed.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        crashed.stop(signal.SIGQUIT)
        crashed.start()
        assert ask(crashed.url(), "SELECT number FROM kept") == 7


def test_settings_are_those_that_were_asked_for(running: Server, tmp_path: Path) -> None:
    assert ask(running.url(), "SHOW fsync") == "off"
    with server(tmp_path / "postgres", {"work_mem": "5MB"}) as other:
        assert ask(other.url(), "SHOW work_mem") == "5MB"
        assert ask(other.url(), "SHOW fsync") == ask(other.url(), "SHOW synchronous_commit") == "on"


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(PostgresError, match=r'invalid value for parameter "work_mem": "plenty"'),
        server(tmp_path / "postgres", {"work_mem": "plenty"}),
    ):
        pytest.fail("it started")


def test_a_database_is_deleted_whoever_uses_it(running: Server) -> None:
    url = running.create_database("used")
    with psycopg.connect(url) as connection:
        running.drop_database("used")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    running.drop_database("used")


def test_its_programs_run(running: Server) -> None:
    for program in PROGRAMS:
        printed = subprocess.run([running.binaries / program, "--version"], capture_output=True, text=True, check=True)
        assert "(PostgreSQL) 18." in printed.stdout


def test_processes_that_need_the_programs_at_once_all_get_them_whole(tmp_path: Path) -> None:
    code = "import os; from sandbox.postgres import binaries; os.execl(binaries() / 'psql', 'psql', '--version')"
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    printed = [each.communicate(timeout=120)[0] for each in started]
    assert ["(PostgreSQL) 18." in each for each in printed] == [True] * 3


def test_the_pooler_gives_sessions_turns_on_one_connection(running: Server, tmp_path: Path) -> None:
    query = "SELECT pg_backend_pid()"
    with pooler(running, tmp_path / "pooler", mode="transaction", size=1) as port:
        url = running.url(port=port)
        with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as two:
            assert one.execute(query).fetchone() == two.execute(query).fetchone()


def test_a_pooler_of_sessions_gives_each_a_connection_of_its_own(running: Server, tmp_path: Path) -> None:
    query = "SELECT pg_backend_pid()"
    with pooler(running, tmp_path / "pooler", mode="session", size=2) as port:
        url = running.url(port=port)
        with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as two:
            assert one.execute(query).fetchone() != two.execute(query).fetchone()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


@LINUX
def test_the_pooler_never_runs_as_root(running: Server, tmp_path: Path) -> None:
    configuration = str(tmp_path / "pooler/pgbouncer.ini").encode()
    with pooler(running, tmp_path / "pooler"):
        commands = {int(path.parent.name): path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
        users = [user_of(pid) for pid, command in commands.items() if configuration in command]
    assert users == [os.geteuid() or postgres.NOBODY]


def test_where_there_is_no_pooler_and_no_way_to_install_it_it_is_named(
    running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_program: str, *, path: str = "") -> None:
        """Nothing is found in any of these folders."""

    monkeypatch.setattr(postgres.shutil, "which", nowhere)
    with pytest.raises(PostgresError, match="apt-get install pgbouncer"), pooler(running, tmp_path / "pooler"):
        pytest.fail("it started")
