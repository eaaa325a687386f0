"""A preview without any secret: against what another commit made in the sandbox, which holds nothing real.

`make up` of the base branch makes both stacks in its sandbox; the preview of this commit against them shows what the
commits between the two change, by the real engine.
"""

from pathlib import Path

from operations.operation import Operation
from sandbox import daemon
from sandbox.accounts import load_accounts, open_accounts, stack_addresses, stack_secrets
from sandbox.engine import find_engine
from sandbox.paths import PROJECT
from sandbox.runner import Runner
from sandbox.workspace import Workspace
from sandbox.world.state import State


def rehearse(home: Path, stack: str) -> Operation:
    """Preview this commit's program against a stack of a sandbox.

    Args:
        home: where that sandbox keeps its world and its state: the other checkout's `.sandbox`.
        stack: which.

    Raises:
        sandbox.daemon.SandboxError: its world cannot be served.
        sandbox.go_tools.ToolError: there is no engine, and none can be built.
    """
    home = home.resolve()
    urls = daemon.ensure_running(home)
    accounts = load_accounts(home)
    state = State(home / "world.db")
    # Somebody whom this commit makes a reviewer is known at GitHub.
    open_accounts(state, accounts, [PROJECT / f"Pulumi.{stack}.yaml"])
    state.close()
    workspace = Workspace(PROJECT, home, find_engine())
    workspace.prepare(stack, stack_addresses(urls), stack_secrets(accounts, stack))
    return Runner(workspace, stack, urls).run("preview")
