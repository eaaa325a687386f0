"""One measured run of the engine, in a process of its own: `python -m bench.case HOME KIND COPIES`.

COPIES is how many times the stack's components are instantiated; 0 is the floor: an empty program that imports the same
SDKs the ordinary way. Prints one JSON object: seconds, and peak memory of this process and of the engine in MiB.
"""

import dataclasses
import json
import resource
import sys
import time
from pathlib import Path

from pulumi import automation as auto

from sandbox.daemon import ensure_running
from sandbox.engine import find_engine
from sandbox.paths import PROJECT, configuration
from sandbox.workspace import Workspace


def empty() -> None:
    """The floor's program: nothing but the imports."""
    import pulumi_datadog  # noqa: F401, PLC0415
    import pulumi_github  # noqa: F401, PLC0415
    import pulumiverse_vercel  # noqa: F401, PLC0415


def copies(number: int) -> None:
    """The stack's components, so many times, each time for an app of its own."""
    import pulumi  # noqa: PLC0415

    from components.branch_ruleset import BranchRuleset, BranchRulesetArgs, check_names  # noqa: PLC0415
    from components.config import StackConfig  # noqa: PLC0415
    from components.datadog_monitoring import DatadogMonitoring, DatadogMonitoringArgs  # noqa: PLC0415
    from components.github_environment import GitHubEnvironment  # noqa: PLC0415
    from components.pipeline_environments import pipeline_environments  # noqa: PLC0415
    from components.vercel_app import VercelApp, VercelAppArgs  # noqa: PLC0415
    from components.workflow_files import WorkflowFiles, WorkflowFilesArgs  # noqa: PLC0415

    delivered = PROJECT / "app_repository"
    loaded = StackConfig.load()
    for index in range(number):
        config = dataclasses.replace(
            loaded,
            service=f"{loaded.service}-{index}",
            repository=f"{loaded.repository}-{index}",
            domain=f"app-{index}.example.com",
            vercel_project=f"{loaded.vercel_project}-{index}",
        )
        app = VercelApp(f"app-{index}", VercelAppArgs.from_config(config))
        environments = [
            GitHubEnvironment(f"{purpose}-{index}", args)
            for purpose, args in pipeline_environments(config, app).items()
        ]
        files = WorkflowFiles(
            f"workflows-{index}",
            WorkflowFilesArgs(repository=config.repository, branch=config.branch, root=delivered),
            pulumi.ResourceOptions(depends_on=environments),
        )
        BranchRuleset(
            f"branch-{index}",
            BranchRulesetArgs(
                repository=config.repository,
                branch=config.branch,
                required_checks=check_names(delivered / ".github/workflows/pre-deploy.yml"),
                delivered_by=config.delivered_by,
            ),
            pulumi.ResourceOptions(depends_on=[files]),
        )
        DatadogMonitoring(f"monitoring-{index}", DatadogMonitoringArgs.from_config(config))


def main(home: Path, kind: str, number: int) -> None:
    """Run the engine once and print what it took, the start of Python not included."""
    workspace = Workspace(PROJECT, home, find_engine(), configuration())
    urls = ensure_running(home)
    began = time.perf_counter()
    if number:
        from sandbox.providers.server import serve  # noqa: PLC0415

        with serve(urls) as debug_providers:
            _run(workspace, kind, number, debug_providers)
    else:
        _run(workspace, kind, number, "")
    json.dump(
        {
            "seconds": time.perf_counter() - began,
            "program_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "engine_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        },
        sys.stdout,
    )


def _run(workspace: Workspace, kind: str, number: int, debug_providers: str) -> None:
    stack = auto.create_or_select_stack(
        stack_name="staging",
        project_name=workspace.project_name(),
        program=(lambda: copies(number)) if number else empty,
        opts=auto.LocalWorkspaceOptions(
            work_dir=str(workspace.folder),
            env_vars={**workspace.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
            pulumi_command=auto.PulumiCommand(root=str(workspace.engine.parent.parent)),
        ),
    )
    getattr(stack, kind)()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
