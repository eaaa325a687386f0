"""The functions of a deployment, written below a folder so that Node.js can run them, and what they are run with.

Sources: https://vercel.com/docs/build-output-api/primitives#serverless-functions;
https://vercel.com/docs/environment-variables/system-environment-variables.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.world.site.build_output import OUTPUT, BuildOutput, Function
from sandbox.world.state import Document, State
from sandbox.world.vercel.environment_variables import VARIABLES

_REGION = "iad1"


def why_not(function: Function) -> str | None:
    """Why a function cannot be run here, as one sentence; None where it can."""
    configuration = function.configuration
    name = function.folder.removeprefix(OUTPUT)
    runtime = str(configuration.get("runtime", "none"))
    if not runtime.startswith("nodejs"):
        return f"The sandbox's site runs no functions but those for Node.js: {name} has the runtime {runtime}."
    if configuration.get("launcherType") != "Nodejs" or configuration.get("shouldAddHelpers"):
        return (
            f"The sandbox's site runs a function with launcherType Nodejs and without helpers only: {name} is another."
        )
    return None


def write_function(output: BuildOutput, function: Function, root: Path) -> Path:
    """Write a function's files below a folder, those of its `filePathMap` among them; returns the handler's path.

    Raises:
        OSError: a file cannot be written.
        ValueError: the build names a file that leads out of the function, or one that was not uploaded.
    """
    folder = root / function.folder
    prefix = f"{function.folder}/"
    wanted = {name.removeprefix(prefix): name for name in output.digests if name.startswith(prefix)}
    wanted |= function.configuration.get("filePathMap") or {}
    for name, source in wanted.items():
        path = folder / _inside(name)
        digest = output.digests.get(source)
        if digest is None:
            raise ValueError(f"{function.folder} needs {source}, which was not uploaded with the deployment.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(output.read(digest))
    return folder / _inside(str(function.configuration["handler"]))


def environment_of(state: State, deployment: Document, configuration: Mapping[str, Any]) -> dict[str, str]:
    """The variables that a function runs with: Vercel's own, the build's, and the project's for that target.

    A real deployment keeps the values that it was made with; here they are those of the moment that a function starts.
    """
    target = "production" if deployment["target"] == "production" else "preview"
    own = {
        variable["key"]: variable["value"]
        for variable in state.collection(VARIABLES).values()
        if variable["projectId"] == deployment["projectId"] and target in variable["target"]
    }
    return {
        # Nothing else of the sandbox's own environment is a site's business.
        "PATH": os.environ.get("PATH", os.defpath),
        "TZ": ":UTC",
        "NODE_ENV": "production",
        "VERCEL": "1",
        "VERCEL_ENV": target,
        "VERCEL_TARGET_ENV": target,
        "VERCEL_REGION": _REGION,
        "VERCEL_URL": deployment["url"],
        "VERCEL_DEPLOYMENT_ID": deployment["id"],
        "VERCEL_PROJECT_ID": deployment["projectId"],
        **configuration.get("environment", {}),
        **own,
    }


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name} leads out of the function.")
    return path
