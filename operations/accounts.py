"""Where the stacks are when it is for real: this repository's files, and the backend that the machine is told of."""

import os

from operations.stack import Stack
from sandbox.engine import find_engine
from sandbox.paths import PROJECT


def real_stack(name: str) -> Stack:
    """A stack as `pulumi -s NAME` takes it: the project's own files, and whatever backend this machine is told of.

    Raises:
        sandbox.go_tools.ToolError: there is no engine, and none can be built.
    """
    # A workflow hands over what a repository has not set as an empty variable, which is not the same as none.
    empty = [key for key in os.environ if key.startswith(("PULUMI_", "DD_", "VERCEL_")) and not os.environ[key]]
    for key in empty:
        del os.environ[key]
    return Stack(name=name, project=PROJECT, folder=PROJECT, engine=find_engine())
