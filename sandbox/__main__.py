"""`python -m sandbox`: bring the stacks up in the sandbox, see what would change, find drift, take them down."""

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console

from operations.operation import Operation
from operations.stack_files import StackFileError, stack_files
from policies.plan import Plan
from policies.report import mandatory
from policies.report import show as show_violations
from policies.rule import check
from policies.rules import RULES
from sandbox import daemon
from sandbox.accounts import load_accounts, open_accounts, secrets_of, stack_addresses
from sandbox.engine import find_engine
from sandbox.go_tools import ToolError
from sandbox.paths import HOME, PROJECT, configuration, owner, stacks
from sandbox.providers.server import serve as serve_providers
from sandbox.recovery import recover
from sandbox.report import show_operation, show_resource, write_summary
from sandbox.runner import Kind, Runner
from sandbox.shell import CommandError, run, shell_environment, tokens
from sandbox.workspace import Workspace
from sandbox.world.state import State

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)

STACKS = stacks()

Home = Annotated[
    Path, typer.Option(help="Where the sandbox keeps its world, its state and its secrets.", resolve_path=True)
]
Stack = Annotated[str, typer.Option(envvar="STACK", help="One stack; all of them when empty.")]


class FaultKind(StrEnum):
    """What a call meets instead of its answer."""

    STATUS = "status"
    TIMEOUT = "timeout"
    RESET = "reset"
    BROKEN = "broken"
    SLOW = "slow"
    REFUSED = "refused"


@app.command()
def up(home: Home = HOME, stack: Stack = "") -> None:
    """Make the stacks' environments real in the sandbox, staging first."""
    operations = _run("up", home, stack)
    write_summary(home / "up.json", operations)
    _end(
        operations, "Next: `make preview` after a change, `make refresh` after touching the world by hand, `make down`."
    )


@app.command()
def preview(home: Home = HOME, stack: Stack = "") -> None:
    """Show what `up` would change."""
    _end(_run("preview", home, stack), "Next: `make up` does it.")


@app.command()
def policy(home: Home = HOME, stack: Stack = "") -> None:
    """Hold what `up` would make to the rules of policies/."""
    try:
        plans = {name: Plan(name, configuration()) for name in STACKS}
    except ValueError as error:
        raise daemon.SandboxError(str(error)) from error
    operations = _run("preview", home, stack, plans)
    broken = False
    for operation in operations:
        if operation.succeeded:
            planned = plans[operation.stack].stack()
            violations = check(planned, RULES)
            show_violations(console, planned, violations)
            broken = broken or bool(mandatory(violations))
    if broken:
        console.print("Nothing was changed. Every rule is explained in docs/policies.md.")
        raise typer.Exit(1)
    _end(operations, "Next: `make preview` shows the plan, `make up` does it.")


@app.command()
def refresh(home: Home = HOME, stack: Stack = "") -> None:
    """Find what was changed in the world by hand."""
    operations = _run("refresh", home, stack)
    drifted = [r for o in operations for r in o.resources.values() if r.operation != "same"]
    _end(operations, "Drift found: `make up` puts it right." if drifted else "No drift.")


@app.command()
def down(home: Home = HOME, stack: Stack = "") -> None:
    """Delete the stacks' resources, production first. A stack with protected resources is refused as a whole."""
    operations = _run("destroy", home, stack)
    _end(operations, "Next: `make up` brings everything back.")


@app.command()
def serve(home: Home = HOME) -> None:
    """Serve the world in the foreground."""
    daemon.serve(home)


@app.command()
def start(home: Home = HOME) -> None:
    """Serve the world in the background and print where its services are."""
    for name, url in _started(home).items():
        console.print(f"{name:10} {url}")


@app.command()
def stop(home: Home = HOME) -> None:
    """End the background process. The world is kept."""
    console.print(
        "The sandbox has stopped; its world is kept." if daemon.stop(home) else "The sandbox was not running."
    )


@app.command()
def fail(  # noqa: PLR0917 - typer reads them as options
    service: Annotated[str, typer.Argument(help="github, vercel, datadog, slack, webhooks or site.")],
    kind: Annotated[FaultKind, typer.Argument(help="What the calls meet.")],
    times: Annotated[int, typer.Option(help="How many calls.")] = 1,
    status: Annotated[int, typer.Option(help="The HTTP status of `status`.")] = 500,
    method: Annotated[str, typer.Option(help="Only calls of this method.")] = "*",
    path: Annotated[str, typer.Option(help="Only calls whose path matches this regular expression.")] = "",
    host: Annotated[str, typer.Option(help="Only calls to a host that matches this regular expression.")] = "",
    seconds: Annotated[float, typer.Option(help="How late the answers of `slow` are.")] = 0,
    home: Home = HOME,
) -> None:
    """Let the next calls to a service fail."""
    fault = {
        "service": service,
        "kind": kind,
        "times": times,
        "status": status,
        "method": method,
        "path": path,
        "host": host,
        "seconds": seconds,
    }
    answer = httpx2.post(f"{_started(home)['control']}/faults", json=fault, trust_env=False)
    if answer.is_error:
        raise daemon.SandboxError(f"That fault cannot be armed: {answer.json()['message']}.")
    console.print(f"The next {times} matching calls to {service} will meet: {kind}.")


@app.command()
def accounts(
    home: Home = HOME,
    shell: Annotated[bool, typer.Option("--shell", help="As `export` lines for a shell's eval.")] = False,
) -> None:
    """Print the sandbox's own credentials and addresses, to act on its world by hand."""
    urls = _started(home)
    addresses = {f"{name.upper()}_API_URL": urls[name] for name in ("github", "vercel", "datadog")}
    known = {**addresses, **tokens(load_accounts(home))}
    if shell:
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in known.items())
    else:
        console.print_json(json.dumps(known))


@app.command("exec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_command(context: typer.Context, home: Home = HOME) -> None:
    """Run a command, `bash` or `pulumi` for one, for which the sandbox's services have their real names.

    Its engine has the sandbox's state and providers. The stacks' configuration is in `.sandbox/workspace/`: give it as
    `--config-file`.
    """
    engine = find_engine()
    urls = _started(home)
    workspace = Workspace(PROJECT, home, engine, configuration())
    for name in STACKS:
        workspace.prepare(name, stack_addresses(urls), secrets_of(home, name))
    with serve_providers(urls) as debug_providers:
        environment = {
            **os.environ,
            **shell_environment(urls, home / daemon.AUTHORITY, load_accounts(home), owner()),
            **workspace.environment(),
            "PULUMI_DEBUG_PROVIDERS": debug_providers,
            # The engine's Python host asks for uv, which `make env` may have installed for this project alone.
            "PATH": os.pathsep.join((str(engine.parent), os.environ["PATH"], str(PROJECT / ".cache/uv/bin"))),
        }
        raise typer.Exit(run(context.args, environment))


def _started(home: Path) -> dict[str, str]:
    urls = daemon.ensure_running(home)
    state = State(home / "world.db")
    open_accounts(state, load_accounts(home), list(stack_files(configuration()).values()))
    state.close()
    return urls


def _run(kind: Kind, home: Path, stack: str, plans: Mapping[str, Plan] | None = None) -> list[Operation]:
    """Run the engine on each stack; what fails ends it, so production never comes up after a failed staging.

    Where plans are given, each takes in its stack's events, and of an operation that succeeds nothing else is shown.
    """
    if stack and stack not in STACKS:
        raise daemon.SandboxError(f"There is no stack {stack!r}: STACK is one of {', '.join(STACKS)}.")
    engine = find_engine()
    urls = _started(home)
    accounts = load_accounts(home)
    workspace = Workspace(PROJECT, home, engine, configuration())
    names = [stack] if stack else _order(kind)
    operations: list[Operation] = []
    for name in names:
        console.rule(f"{kind} {name}")
        for process in workspace.break_stale_locks(name):
            console.print(f"Process {process} was killed while it worked on {name}; its lock is removed.")
        # While somebody works on the stack, what is under way is no remnant, and the engine says who it is.
        is_cut_off = not workspace.is_locked(name) and bool(workspace.cut_off(name))
        workspace.prepare(name, stack_addresses(urls), secrets_of(home, name))
        if is_cut_off:
            for resource in recover(workspace, name, urls, accounts):
                console.print(f"  {resource}", soft_wrap=True, markup=False)
        runner = Runner(workspace, name, urls)
        if plans is None:
            operation = runner.run(kind, lambda resource: show_resource(console, resource))
        else:
            operation = runner.run(kind, on_event=plans[name].take)
        if plans is None or not operation.succeeded:
            show_operation(console, operation)
        operations.append(operation)
        if not operation.succeeded:
            break
    return operations


def _order(kind: Kind) -> Sequence[str]:
    return STACKS if kind != "destroy" else tuple(reversed(STACKS))


def _end(operations: Sequence[Operation], next_step: str) -> None:
    failed = [operation.stack for operation in operations if not operation.succeeded]
    console.print()
    if failed:
        console.print(
            f"{failed[0]} failed; what was done is kept. Fix the error above, then run the same command again.",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    console.print(next_step, soft_wrap=True)


def main() -> None:
    """Run a command; what the operator can mend ends it with a sentence instead of a traceback."""
    try:
        app()
    except (daemon.SandboxError, ToolError, CommandError, StackFileError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, StackFileError) else 1)


if __name__ == "__main__":
    main()
