"""Dumps, and programs in the place of PostgreSQL's own."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.migrations.app import App


def make(app: App, folder: Path) -> Path:
    """A dump of an app's database, just made."""
    app.execute("INSERT INTO posts (title) SELECT repeat(md5(n::text), 5) FROM generate_series(1, 2000) AS n")
    path = folder / "app.dump"
    app.succeed("backup", f"--file={path}")
    return path


def pg_dump(app: App, path: Path, *options: str, database: str = "") -> Path:
    """A dump of an app's database, or of another of its server, as people make one by hand."""
    address = app.server.url(database or app.database)
    command = ["pg_dump", f"--file={path}", *options, address]
    subprocess.run(command, env={**os.environ, "TZ": "UTC"}, check=True, timeout=60)
    return path


def put(folder: Path, name: str, script: str) -> Path:
    """A program that does something else."""
    path = folder / "programs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def now() -> datetime:
    return datetime.now(UTC)
