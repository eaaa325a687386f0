"""The longest stall of a writer while a migration runs with a reader open: the seed's runner, plain Alembic, and ours.

Writers are an open loop (`pgbench -R`): a closed one would stop asking while it is kept waiting, and hide the stall.
BENCH_ROWS sets the size of the table, BENCH_RUNS how often each is run, BENCH_CASES which: words of their names, with
commas between.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from sandbox.paths import PROJECT
from sandbox.postgres import Server, server

ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
READER_SECONDS = 5.0
NEVER_SECONDS, BUDGET_SECONDS = 60.0, 4.0
BEFORE_SECONDS, AFTER_SECONDS = 1.5, 0.5
RATE, CLIENTS = 400, 8
LOCK_TIMEOUT = 0.075
_HERE = Path(__file__).parent
_SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
_WRITER = "\\set id random(1, :rows)\nUPDATE posts SET views = views + 1 WHERE id = :id;\n"
_HEAD = 'import sqlalchemy as sa\nfrom alembic import op\n\nrevision, down_revision, kind = "{0}", {1}, "{2}"\n{3}\n\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One change, in the naive way and in ours.

    Attributes:
        up: the naive statement.
        down: undoes it, and ours.
        columns: what the naive way looks for, before and after; none where it is always needed.
        ours: the revisions: kind, more literals, and the rest of the file.
    """

    up: str
    down: str
    ours: Sequence[tuple[str, str, str]]
    columns: Sequence[str] = ()


def _function(*statements: str) -> str:
    lines = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    return f"def up():\n{lines}\n\ndef down():\n    pass\n"


_ADD = "ALTER TABLE posts ADD COLUMN affiliate_revenue DECIMAL(10,2) DEFAULT 0"
_CONDITION = "note IS NOT NULL"
_BACKFILL = """table, key = "posts", "id"
up = "UPDATE posts SET slug = lower(title) WHERE id BETWEEN :first AND :last"
"""
_INDEX = "INDEX {0} posts_views ON posts (views)"
CASES = {
    "the seed's migration": Case(
        up=f"{_ADD}, ADD COLUMN conversion_rate DECIMAL(5,4) DEFAULT 0",
        down="ALTER TABLE posts DROP COLUMN IF EXISTS affiliate_revenue, DROP COLUMN IF EXISTS conversion_rate",
        ours=[("expand", "", _function(f"{_ADD}, ADD COLUMN conversion_rate DECIMAL(5,4) DEFAULT 0"))],
        columns=("affiliate_revenue", "conversion_rate"),
    ),
    "SET NOT NULL": Case(
        up="ALTER TABLE posts ALTER COLUMN note SET NOT NULL",
        down="ALTER TABLE posts ALTER COLUMN note DROP NOT NULL, DROP CONSTRAINT IF EXISTS has_note",
        ours=[
            ("expand", "", _function(f"ALTER TABLE posts ADD CONSTRAINT has_note CHECK ({_CONDITION}) NOT VALID")),
            ("expand", "", _function("ALTER TABLE posts VALIDATE CONSTRAINT has_note")),
            (
                "expand",
                'allow = {"adding-not-nullable-field": "has_note is validated, so no row is read"}',
                _function("ALTER TABLE posts ALTER COLUMN note SET NOT NULL"),
            ),
        ],
    ),
    "an index": Case(
        up=f"CREATE {_INDEX.format('')}",
        down="DROP INDEX IF EXISTS posts_views",
        ours=[("concurrent", "", _function(f"CREATE {_INDEX.format('CONCURRENTLY')}"))],
    ),
    "a backfill": Case(
        up="UPDATE posts SET slug = lower(title)",
        down="ALTER TABLE posts DROP COLUMN slug, ADD COLUMN slug text",
        ours=[("backfill", _BACKFILL, "")],
    ),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: the writer's longest stall and the runner's time, in seconds."""

    stall: float
    seconds: float


def longest(logs: Sequence[str]) -> float:
    """The longest latency of pgbench's per-transaction logs, in seconds, counted from when each was due.

    https://www.postgresql.org/docs/current/pgbench.html#PGBENCH-PER-TRANSACTION-LOGGING: the third field, microseconds.
    """
    return max((int(line.split()[2]) for log in logs for line in log.splitlines() if line.strip()), default=0) / 1e6


def run(console: Console) -> None:
    """Measure every case, side by side, and print two tables; each figure is the median, and the largest."""
    cases = _chosen(os.environ.get("BENCH_CASES", ""))
    with (
        tempfile.TemporaryDirectory(prefix="ai-tools-bench-") as folder,
        server(Path(folder) / "server", _SETTINGS) as postgres,
    ):
        url = postgres.create_database("bench")
        console.print(f"{ROWS:,} rows, a reader open for {READER_SECONDS:g} s, {RATE} writes a second, {RUNS} runs")
        fill(url)
        stall = Table(
            "longest stall of a writer, seconds",
            "no migration",
            "naive",
            "plain Alembic",
            "ours",
            "ours / naive, largest",
        )
        seconds = Table("seconds of the runner", "naive", "plain Alembic", "ours")
        for name, case in cases.items():
            measured = _case(postgres, url, Path(folder), case)
            stalls = {way: [figures.stall for figures in runs] for way, runs in measured.items()}
            ratio = max(stalls["ours"]) / max(stalls["naive"])
            stall.add_row(name, *(spread(values) for values in stalls.values()), f"{ratio:.3f}")
            times = [[figures.seconds for figures in runs] for way, runs in measured.items() if way != "nothing"]
            seconds.add_row(name, *(f"{statistics.median(values):.1f}" for values in times))
        never = _ours(Path(folder), CASES["the seed's migration"], f"--lock-budget={BUDGET_SECONDS}")
        refused = measure(postgres, url, Path(folder), never, NEVER_SECONDS, code=1)
    console.print(stall, seconds)
    console.print(
        f"Ours stalls a writer for as long as one attempt waits for its lock: --lock-timeout, {LOCK_TIMEOUT} s. "
        "In a backfill it is a batch that takes its time, and what else the machine does.\n"
        f"Where the reader never leaves, ours with --lock-budget={BUDGET_SECONDS:g} ended with 1 (failed and safe) "
        f"after {refused.seconds:.1f} s; longest stall {refused.stall:.3f} s."
    )


def _chosen(words: str) -> dict[str, Case]:
    """The cases that have one of these words in their names; all, where there are no words."""
    wanted = [word for word in words.split(",") if word]
    for word in wanted:
        if not any(word in name for name in CASES):
            raise SystemExit(f"BENCH_CASES={words}: no case has {word!r} in its name; there are {', '.join(CASES)}")
    return {name: case for name, case in CASES.items() if not wanted or any(word in name for word in wanted)}


def fill(url: str, rows: int = ROWS) -> None:
    """Make the table of posts."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE posts (id bigint, title text, views int DEFAULT 0, note text, slug text)")
        posts = f"SELECT n, 'Post number ' || n, 0, repeat('x', 60) FROM generate_series(1, {rows}) AS n"  # noqa: S608 - a number of ours
        connection.execute(f"INSERT INTO posts {posts}".encode())
        connection.execute("ALTER TABLE posts ADD PRIMARY KEY (id)")
        connection.execute("VACUUM ANALYZE posts")


def _case(postgres: Server, url: str, folder: Path, case: Case) -> dict[str, list[Figures]]:
    ways: dict[str, Sequence[str]] = {
        "nothing": (sys.executable, "-c", "import time; time.sleep(3)"),
        "naive": (sys.executable, str(_HERE / "naive/migrate.py"), case.up, case.down, *case.columns),
        "alembic": (
            sys.executable,
            str(_HERE / "naive/alembic_upgrade.py"),
            str(_write(folder / "alembic", [("expand", "", _function(case.up))])),
        ),
        "ours": _ours(folder, case),
    }
    measured: dict[str, list[Figures]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, command in ways.items():
            measured[way].append(measure(postgres, url, folder, command, READER_SECONDS))
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(case.down.encode())
                connection.execute("DROP TABLE IF EXISTS alembic_version, deploy_migrations")
                # What an update of all rows has left behind is no matter of the next.
                connection.execute("VACUUM posts")
    return measured


def _ours(folder: Path, case: Case, *more: str) -> Sequence[str]:
    migrations = _write(folder / "ours", case.ours)
    return (
        sys.executable,
        "-m",
        "deploy",
        "migrate",
        "up",
        f"--folder={migrations}",
        f"--lock-timeout={LOCK_TIMEOUT}",
        *more,
    )


def _write(folder: Path, revisions: Sequence[tuple[str, str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.py"):
        path.unlink()
    before: str | None = None
    for number, (kind, literals, rest) in enumerate(revisions, start=1):
        name = f"{number:04}_step"
        (folder / f"{name}.py").write_text(
            f'"""Step {number}"""\n' + _HEAD.format(name, repr(before), kind, literals) + rest
        )
        before = name
    return folder


def measure(
    postgres: Server, url: str, folder: Path, command: Sequence[str], reader: float, *, code: int = 0, rows: int = ROWS
) -> Figures:
    """Run a migration while a reader holds its transaction and writers write.

    Args:
        postgres: the server.
        url: of the database that has the posts.
        folder: where the writers' logs go.
        command: runs the migration.
        reader: how long the reader stays, in seconds; it leaves when the command has ended.
        code: what the command has to end with. What failed has no figures.
        rows: how many posts there are.
    """
    script = folder / "writer.sql"
    script.write_text(_WRITER)
    for log in folder.glob("writes.*"):
        log.unlink()
    environ: Mapping[str, str] = {**os.environ, "DATABASE_URL": url}
    writers = subprocess.Popen(
        [
            *(str(postgres.binaries / "pgbench"), "-n", "-c", str(CLIENTS), "-j", "2", "-R", str(RATE), "-T", "36000"),
            *("-D", f"rows={rows}", "-f", str(script), "-l", "--log-prefix", str(folder / "writes"), url),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    held, done = threading.Event(), threading.Event()
    holder = threading.Thread(target=_hold, args=(url, reader, held, done))
    try:
        time.sleep(BEFORE_SECONDS)
        holder.start()
        held.wait()
        began = time.monotonic()
        ended = subprocess.run(
            command,
            cwd=PROJECT / "app_repository/.github/deploy",
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        done.set()
        time.sleep(AFTER_SECONDS)
        _end_writers(url)
        writers.wait(30)
    finally:
        writers.kill()
        writers.wait()
        done.set()
        holder.join()
    if ended.returncode != code:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr or ended.stdout}")
    return Figures(longest([log.read_text() for log in folder.glob("writes.*")]), seconds)


def _end_writers(url: str) -> None:
    """End their connections: a signal would end pgbench with the last hundred lines of its log unwritten."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(query)


def _hold(url: str, seconds: float, held: threading.Event, done: threading.Event) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1 FROM posts LIMIT 1")
        held.set()
        done.wait(seconds)


def spread(values: Sequence[float]) -> str:
    """The median, and the largest where there are several."""
    return f"{statistics.median(values):.3f}" + (f" (max {max(values):.3f})" if len(values) > 1 else "")
