"""Runs a subcommand in a process of its own in which something happens at a chosen call to the database.

The processes come from a server that has imported everything already, so that hundreds of them are no matter.
"""

import functools
import io
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from deploy.cli import main
from deploy.clock import Clock
from sandbox.paths import PROJECT

_CONTEXT = multiprocessing.get_context("forkserver")
_READS = ("SELECT", "SET", "RESET", "BEGIN", "SHOW")


class QuickClock(Clock):
    """Sleeps for a fraction of what it is told, so that a rerun does not wait."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.05))


@dataclass(frozen=True, slots=True)
class Interruption:
    """What happens.

    Attributes:
        call: at which call to the database, the first being 1; 0 is none.
        when: killed `after` the call, or `lost`: the server ends the session before it.
    """

    call: int
    when: str = "after"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: exit code (negative: killed by that signal), calls that were made, and what was printed."""

    code: int
    calls: int
    text: str


def run(argv: Sequence[str], environ: Mapping[str, str], interruption: Interruption) -> Outcome:
    """Run `deploy` with arguments, interrupted."""
    _start_server()
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_child, args=(list(argv), dict(environ), interruption, sender))
    process.start()
    sender.close()
    calls, text = 0, ""
    while True:
        try:
            message = receiver.recv()
        except EOFError:
            break
        if isinstance(message, int):
            calls = message
        else:
            text = message
    process.join(60)
    assert process.exitcode is not None, "it never ended"
    return Outcome(process.exitcode, calls, text)


@functools.cache
def _start_server() -> None:
    """Start what the processes come from, with everything imported: it looks for that on PYTHONPATH only."""
    _CONTEXT.set_forkserver_preload(["tests.migrations.interrupted", "deploy.migrations.up", "deploy.migrations.down"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(PROJECT), str(PROJECT / "app_repository/.github/deploy")))
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _changes_something(connection: Any, arguments: Sequence[Any]) -> bool:
    """Whether a call can leave anything behind: a statement that writes, or the end of a transaction."""
    if arguments:
        text = arguments[0] if isinstance(arguments[0], str) else str(arguments[0])
        return not text.strip().upper().startswith(_READS)
    return connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE


def _child(argv: list[str], environ: dict[str, str], interruption: Interruption, sender: Connection) -> None:
    os.environ["PATH"] = environ["PATH"]
    _watch_calls(environ["DATABASE_URL"], interruption, sender)
    out = io.StringIO()
    code = main(argv, environ=environ, clock=QuickClock(), out=out, err=out)
    sender.send(out.getvalue())
    sender.close()
    os._exit(code)


def _watch_calls(url: str, interruption: Interruption, sender: Connection) -> None:
    """Count what the main thread asks of the database that could leave something behind."""
    number = 0

    def watched(original: Callable[..., Any], connection_of: Callable[[Any], Any]) -> Callable[..., Any]:
        def call(self: Any, *arguments: Any, **options: Any) -> Any:
            nonlocal number
            connection = connection_of(self)
            in_main = threading.current_thread() is threading.main_thread()
            if not in_main or not _changes_something(connection, arguments):
                return original(self, *arguments, **options)
            number += 1
            chosen = number == interruption.call
            sender.send(number)
            if chosen and interruption.when == "lost":
                with connect(url, autocommit=True) as other:
                    terminate(other.cursor(), "SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
            result = original(self, *arguments, **options)
            if chosen and interruption.when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    connect, terminate = psycopg.connect, psycopg.Cursor.execute
    psycopg.Cursor.execute = watched(terminate, lambda cursor: cursor.connection)  # type: ignore[method-assign]
    psycopg.Connection.commit = watched(psycopg.Connection.commit, lambda connection: connection)  # type: ignore[method-assign]
