"""The sandbox's background process: started when a command needs it, found again by the next one."""

import asyncio
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import httpx2

from operations.stack_files import stack_files
from sandbox.accounts import load_accounts
from sandbox.actions import npm, pip
from sandbox.actions.runner import serve_runs
from sandbox.page.server import Page
from sandbox.page.stacks import read_stacks
from sandbox.paths import PROJECT, configuration
from sandbox.processes import is_running
from sandbox.world.edge import environment
from sandbox.world.server import Server
from sandbox.world.state import State

_LOGGER = logging.getLogger(__name__)

START_SECONDS = 30
STOP_SECONDS = 5
"""How long workflows that are under way are given to be cancelled."""
DESCRIBED, LOCK = "sandbox.json", "lock"
"""The files of a home that say who serves its world where, and that only one process holds."""
AUTHORITY = "edge-authority.pem"
"""The file of a home with the authority that the edge's certificates come from."""


class SandboxError(Exception):
    """The sandbox cannot be used; the message says why and what to type."""


def serve(home: Path) -> None:
    """Serve the world of `home` until a signal ends it.

    Raises:
        SandboxError: when another process serves it already.
    """
    with claimed(home):
        asyncio.run(_serve(home))


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Keep other processes from serving the world of `home`.

    Raises:
        SandboxError: when one serves it already.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SandboxError(f"Another process serves {home} already. `make sandbox-stop` ends it.") from error
        yield


def describe(home: Path, urls: Mapping[str, str]) -> None:
    """Let other commands find the world of `home`, which this process serves."""
    described = home / DESCRIBED
    unfinished = described.with_suffix(".new")
    unfinished.write_text(json.dumps({"pid": os.getpid(), "urls": dict(urls)}))
    unfinished.rename(described)


def ensure_running(home: Path) -> dict[str, str]:
    """The URLs of the world's services, by name, started in the background if they are not running.

    Raises:
        SandboxError: when it does not come up; names the log.
    """
    urls = running_urls(home)
    if urls is not None:
        return urls
    home.mkdir(parents=True, exist_ok=True)
    log = home / "sandbox.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--home", str(home)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C in the terminal ends the command, not the world.
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        urls = running_urls(home)
        if urls is not None:
            return urls
        if process.poll() is not None and running_urls(home) is None:
            # Two commands at once: the other one's process may have won the lock and be about to answer.
            time.sleep(0.5)
            if (urls := running_urls(home)) is not None:
                return urls
            break
        time.sleep(0.05)
    raise SandboxError(f"The sandbox did not start. {log} ends with:\n{_tail(log)}\nThen run the same command again.")


def running_urls(home: Path) -> dict[str, str] | None:
    """The URLs of the services, if the world of `home` is being served."""
    try:
        described = json.loads((home / DESCRIBED).read_text())
        answer = httpx2.get(f"{described['urls']['control']}/world", timeout=5, trust_env=False).raise_for_status()
        if answer.json()["folder"] != str(home.resolve()):
            # A killed process has left this behind, and another home's services have its ports by now.
            return None
    except (OSError, ValueError, KeyError, httpx2.HTTPError):
        return None
    return described["urls"]


def stop(home: Path) -> bool:
    """End the background process; False when there was none."""
    if running_urls(home) is None:
        return False
    process = json.loads((home / DESCRIBED).read_text())["pid"]
    os.kill(process, signal.SIGTERM)
    while is_running(process):
        time.sleep(0.05)
    return True


async def _serve(home: Path) -> None:
    state = State(home / "world.db")
    last_ports = _last_ports(home / DESCRIBED)
    accounts = load_accounts(home)
    server = Server(state, last_ports, home / AUTHORITY)
    try:
        await server.start()
    except OSError:
        # The ports of last time are taken by now; any others do, and `up` tells the stacks.
        server = Server(state, certificate_authority=home / AUTHORITY)
        await server.start()
    secrets = [getattr(accounts, field.name) for field in fields(accounts)]
    page = Page(state, read_stacks(list(stack_files(configuration()).values())), secrets, site=server.urls["site"])
    describe(home, {**server.urls, "page": await page.start(last_ports.get("page", 0))})
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ended = threading.Event()
    # A daemon, so that an installation which hangs does not keep the process.
    for prepare in (_install_command_line, _download_packages):
        threading.Thread(target=prepare, daemon=True).start()
    runs = threading.Thread(target=_run_workflows, args=(state, server.urls, home, ended), daemon=True)
    runs.start()
    await stopped.wait()
    ended.set()
    await asyncio.to_thread(runs.join, STOP_SECONDS)
    await page.stop()
    await server.stop()


def _run_workflows(state: State, urls: Mapping[str, str], home: Path, ended: threading.Event) -> None:
    """Run what pushes and dispatches start, until the event is set."""
    serve_runs(state, environ=environment(urls, home / AUTHORITY), folder=home / "actions", stopped=ended)


def _install_command_line() -> None:
    """Have Vercel's command line ready for the runs that build or stage."""
    try:
        npm.prepare(PROJECT / "app_repository/.github/deploy/vercel-cli")
    except npm.NpmError:
        _LOGGER.exception("Vercel's command line is not there, so no run of a workflow can build or stage.")


def _download_packages() -> None:
    """Have ready what migrations need for the runs that migrate."""
    try:
        pip.prepare(PROJECT / "app_repository/.github/deploy/requirements-migrate.txt")
    except pip.PipError:
        _LOGGER.exception("What `deploy migrate` needs is not there, so no run of a workflow can migrate a database.")


def _last_ports(described: Path) -> Mapping[str, int]:
    try:
        urls = json.loads(described.read_text())["urls"]
    except (OSError, ValueError, KeyError):
        return {}
    return {name: int(url.rsplit(":", 1)[-1]) for name, url in urls.items()}


def _tail(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-12:])
