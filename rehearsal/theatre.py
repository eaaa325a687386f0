"""Everything that the story needs, on this machine: the world and its page, the database, both stacks, the app."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path

import psycopg
from rich.console import Console

from rehearsal import app
from rehearsal.names import FILES
from rehearsal.team import Team
from sandbox import postgres
from sandbox.accounts import add_secrets, load_accounts, open_accounts, secrets_of, stack_addresses
from sandbox.actions import npm, pip
from sandbox.actions.runner import actions_runner
from sandbox.browser import find_browser
from sandbox.daemon import AUTHORITY, LOCK, SandboxError, claimed, describe
from sandbox.engine import find_engine
from sandbox.page.server import Page, served
from sandbox.page.stacks import read_stacks
from sandbox.paths import HOME, PROJECT, configuration
from sandbox.runner import Runner
from sandbox.workspace import Workspace
from sandbox.world.edge import environment
from sandbox.world.github import history
from sandbox.world.server import running
from sandbox.world.state import State

PAUSES = Path(__file__).parent / "pauses"
DEPLOY = PROJECT / "app_repository/.github/deploy"
MARK = ".rehearsal"
"""The file by which a rehearsal knows the folder of an earlier one; it names what that one keeps elsewhere."""
TEMPORARY = "ai-tools-rehearsal-"


class NotReadyError(Exception):
    """The story cannot begin; the message says why."""


@contextmanager
def theatre(home: Path, console: Console) -> Iterator[Team]:
    """Bring everything up, and yield the team whose pushes, dispatches and comments start the delivered workflows.

    Args:
        home: where the world is kept; what is there is deleted first.
        console: where progress is told.

    Raises:
        NotReadyError: a stack does not come up, or `home` is no rehearsal's.
        sandbox.actions.npm.NpmError, sandbox.actions.pip.PipError, sandbox.browser.BrowserError,
        sandbox.go_tools.ToolError, sandbox.postgres.PostgresError: what the story needs cannot be had.
    """
    with _alone(home):
        prepare(console)
        with _served(home, console) as team:
            yield team


@contextmanager
def _served(home: Path, console: Console) -> Iterator[Team]:
    files = list(FILES.values())
    known = {stack.name: stack for stack in read_stacks(files)}
    accounts = load_accounts(home)
    authority = home / AUTHORITY
    with (
        _temporary(home) as folder,
        postgres.server(folder / "postgres") as server,
        running(home / "world.db", certificate_authority=authority) as (state, urls),
    ):
        open_accounts(state, accounts, files)
        databases = {name: _database(server, name) for name in known}
        secrets = [server.password, *databases.values(), *(getattr(accounts, field.name) for field in fields(accounts))]
        with served(Page(state, tuple(known.values()), secrets, site=urls["site"])) as address:
            console.print(f"The live page: {address}", style="bold", highlight=False)
            team = Team(state, urls, accounts, known, databases, console, secrets)
            _commit_the_app(state, team)
            _bring_up(home, urls, databases, console)
            # From now on other commands find it; before, they would work on the stacks as well.
            describe(home, {**urls, "page": address})
            team.set_variable("DEPLOY_WINDOW", "Mon-Sun 00:00-00:00 UTC")
            team.set_variable("DEPLOY_FREEZES", "[]")
            with (
                _emptied(home / "actions"),
                actions_runner(
                    state,
                    environ={
                        **environment(urls, authority),
                        "PYTHONPATH": str(PAUSES),
                        "CHROMIUM": str(find_browser()),
                    },
                    folder=home / "actions",
                    on_waiting=team.review,
                    on_step=team.watch,
                    # Builds that share too few cores end after what waits for them has given up.
                    jobs_at_once=max(2, os.cpu_count() or 2),
                ) as runner,
            ):
                team.runner = runner
                yield team


@contextmanager
def _temporary(home: Path) -> Iterator[Path]:
    """A folder that the database's own user may enter, which `home` may not be."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
        (home / MARK).write_text(folder)
        yield Path(folder)
    (home / MARK).write_text("")


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Delete a folder in the end: what is left to look at is the world, and what the jobs worked with is large."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Begin with an empty folder that nobody else uses, and delete nothing but what a rehearsal has left."""
    home = home.resolve()
    if PROJECT.is_relative_to(home) or HOME.is_relative_to(home):
        raise NotReadyError(f"{home} holds more than a rehearsal: name another folder.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        if any(home.iterdir()) and not (home / MARK).is_file():
            raise NotReadyError(f"{home} is not empty and was made by no rehearsal: name another folder.")
        (home / MARK).touch()
    except OSError as error:
        raise NotReadyError(f"{home} cannot be used: {error.strerror}. Name another folder.") from error
    with ExitStack() as held:
        try:
            held.enter_context(claimed(home))
        except SandboxError as error:
            stop = f".venv/bin/python -m sandbox stop --home {home}"
            raise NotReadyError(
                f"{home} is in use: wait for the rehearsal's end, or end what serves it with `{stop}`."
            ) from error
        _forget((home / MARK).read_text())
        for entry in home.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name not in (MARK, LOCK):
                entry.unlink()
        yield


def _forget(folder: str) -> None:
    """Delete what an earlier rehearsal kept outside its folder, where a kill left it."""
    if folder and Path(folder).name.startswith(TEMPORARY):
        shutil.rmtree(folder, ignore_errors=True)


def prepare(console: Console) -> None:
    """Get what no job may download: the first time it takes minutes."""
    console.print("Getting ready what the jobs find installed (minutes, the first time) …")
    for folder in (app.EXAMPLE, DEPLOY / "vercel-cli"):
        console.print(f"  the packages of {folder.relative_to(PROJECT)}", style="dim")
        npm.prepare(folder)
    console.print("  what migrations need, the engine, the browser", style="dim")
    pip.prepare(DEPLOY / "requirements-migrate.txt")
    find_engine(console.print)
    find_browser()


def _database(server: postgres.Server, stack: str) -> str:
    """The address of a stack's new database, in which the app has its posts."""
    address = server.create_database(f"ai_tools_{stack}")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute((app.EXAMPLE / "schema.sql").read_bytes())
    return address


def _bring_up(home: Path, urls: Mapping[str, str], databases: Mapping[str, str], console: Console) -> None:
    workspace = Workspace(PROJECT, home, find_engine(), configuration())
    add_secrets(
        home,
        {
            # The migrations' and the app's own.
            stack: {"ai-tools:databaseUrl": url, "ai-tools:secretVariables": json.dumps({"DATABASE_URL": url})}
            for stack, url in databases.items()
        },
    )
    for stack in databases:
        workspace.prepare(stack, stack_addresses(urls), secrets_of(home, stack))
        operation = Runner(workspace, stack, urls).run("up")
        if not operation.succeeded:
            raise NotReadyError(f"{stack} did not come up:\n" + "\n".join(operation.diagnostics))
        made = operation.counts().get("create", 0)
        console.print(f"{stack} is up: {made} resources, {operation.outputs.get('url')}", highlight=False)


def _commit_the_app(state: State, team: Team) -> None:
    """The app as every branch begins with it, before anything is delivered there; that starts nothing."""
    author = {"name": "Octo Cat", "email": "octocat@example.com", "login": "octocat"}
    first, *others = [f"refs/heads/{stack.branch}" for stack in team.stacks.values()]
    commit = history.add_commit(
        state, team.repository, first, dict(app.files()), message="Add the app", author=author, committer=author
    )
    for ref in others:
        history.set_ref(state, team.repository, ref, commit["sha"], actor="octocat")
