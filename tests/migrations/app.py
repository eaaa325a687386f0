"""An app with its migrations and its database, as the tests move it."""

import io
import os
import secrets
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from deploy.cli import main
from sandbox.paths import PROJECT
from sandbox.postgres import Server
from tests.deploy.ended import Ended

PACKAGE = PROJECT / "app_repository/.github/deploy"
EXAMPLE = PROJECT / "examples/ai-tools/migrations"
POSTS = 500

EXPAND = """
    def up():
        op.add_column("posts", sa.Column("{column}", sa.{type}))


    def down():
        op.drop_column("posts", "{column}")
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """An app that has migrations and a database."""

    server: Server
    database: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, server: Server, folder: Path) -> "App":
        """An app whose database has a table of posts, made by whatever made it before."""
        database = f"app_{secrets.token_hex(6)}"
        url = server.create_database(database)
        (folder / "migrations").mkdir()
        made = cls(
            server=server,
            database=database,
            folder=folder / "migrations",
            environ={
                "DATABASE_URL": url,
                "GITHUB_ACTOR": "octocat",
                "GITHUB_SHA": "c0ffee",
                "DEPLOYMENT": "dpl_1",
                "PATH": f"{server.binaries}{os.pathsep}{os.environ['PATH']}",
            },
        )
        made.fill()
        return made

    # The files.

    def write(self, name: str, body: str, *, after: str | None = None, kind: str = "expand", **literals: Any) -> str:
        """Write a revision's file; its ID."""
        facts = {"revision": name, "down_revision": after, "kind": kind, **literals}
        lines = "".join(f"{key} = {value!r}\n" for key, value in facts.items())
        text = f'"""{name} does something"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n{lines}\n'
        (self.folder / f"{name}.py").write_text(text + textwrap.dedent(body))
        return name

    def add_column(self, name: str, column: str, *, after: str | None = None, type_: str = "Text") -> str:
        """An expand that adds a column to posts."""
        return self.write(name, EXPAND.format(column=column, type=type_), after=after)

    def add_index(self, name: str, *, after: str | None = None, unique: bool = False, column: str = "views") -> str:
        """A concurrent revision that builds the index posts_by."""
        return self.write(
            name,
            f"""
            def up():
                op.create_index("posts_by", "posts", [{column!r}], postgresql_concurrently=True, unique={unique})


            def down():
                op.drop_index("posts_by", postgresql_concurrently=True)
            """,
            after=after,
            kind="concurrent",
        )

    def add_backfill(self, name: str, statement: str, *, after: str | None = None, batch: int = 100) -> str:
        """A backfill of posts."""
        return self.write(
            name, "", after=after, kind="backfill", table="posts", key="id", batch_rows=batch, up=statement
        )

    def use_example(self) -> str:
        """The example app's first migration; its ID."""
        for path in EXAMPLE.glob("*.py"):
            (self.folder / path.name).write_text(path.read_text())
        return "0001_add_revenue_tracking"

    # The database.

    def fill(self) -> None:
        """Make the table of posts, as whatever was before the migrations did."""
        self.execute(
            "CREATE TABLE posts (id bigserial PRIMARY KEY, title text NOT NULL, views integer NOT NULL DEFAULT 0)",
            f"INSERT INTO posts (title) SELECT 'Post ' || n FROM generate_series(1, {POSTS}) AS n",
            "ANALYZE posts",
        )

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, each committed by itself; the last one's rows."""
        with psycopg.connect(self.environ["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def columns(self, table: str = "posts") -> set[str]:
        """The names of a table's columns."""
        query = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
        return {name for (name,) in self.execute(query)}

    def index(self) -> bool | None:
        """Whether posts_by is valid; None where it is not there."""
        rows = self.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('posts_by')")
        return rows[0][0] if rows else None

    def states(self) -> dict[str, str]:
        """What the ledger says of each revision."""
        if not self.execute("SELECT to_regclass('deploy_migrations')")[0][0]:
            return {}
        return dict(self.execute("SELECT revision, state FROM deploy_migrations ORDER BY number"))

    def version(self) -> list[str]:
        """What Alembic's own table says."""
        if not self.execute("SELECT to_regclass('alembic_version')")[0][0]:
            return []
        return [name for (name,) in self.execute("SELECT version_num FROM alembic_version")]

    def attempts(self, revision: str) -> int:
        """How often a revision was begun."""
        return self.execute(f"SELECT attempts FROM deploy_migrations WHERE revision = '{revision}'")[0][0]

    # The command.

    def argv(self, *argv: str) -> list[str]:
        """A subcommand's whole command line."""
        return ["migrate", argv[0], f"--folder={self.folder}", *argv[1:]]

    def migrate(self, *argv: str, **environ: str) -> Ended:
        """Run a subcommand in this process."""
        out, err = io.StringIO(), io.StringIO()
        code = main(self.argv(*argv), environ={**self.environ, **environ}, out=out, err=err)
        ended = Ended(code=code, out=out.getvalue(), err=err.getvalue())
        assert self.server.password not in ended.out + ended.err, "the password was printed"
        return ended

    def succeed(self, *argv: str, **environ: str) -> Ended:
        """Run a subcommand that has to end well."""
        ended = self.migrate(*argv, **environ)
        assert ended.code == 0, str(ended)
        return ended

    def start(self, *argv: str, **environ: str) -> "subprocess.Popen[str]":
        """Start a subcommand as a process of its own, which can be killed."""
        return subprocess.Popen(
            # Whoever runs the tests in a shell's background ignores Ctrl-C, and so would what they start.
            ["env", "--default-signal=INT", sys.executable, "-m", "deploy", *self.argv(*argv)],
            cwd=PACKAGE,
            env={**os.environ, **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> Mapping[str, Any]:
        """What `status` says."""
        return self.succeed("status", "--json").document


def until(holds: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Wait for something that happens elsewhere."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it never came to pass that {what}"
        time.sleep(0.02)
