"""The seconds of those kinds of steps that this machine can measure, each in a process of its own.

The deployment's own steps run against a world in which every call is answered late.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.production import PYTHON, Production, production
from sandbox.paths import PROJECT

RUNS = 3
INSTALL = ("npm", "ci", "--prefix", "vercel-cli", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")


def measure_steps(folder: Path) -> dict[str, float]:
    """Seconds by kind, each the median of some runs.

    Args:
        folder: an empty folder.

    Raises:
        SystemExit: when a step fails; what it said goes before.
    """
    origin = folder / "origin"
    _run(["git", "clone", "--quiet", "--bare", str(PROJECT), str(origin)])
    _run(["git", "-C", str(origin), "config", "uploadpack.allowFilter", "true"])
    numbers = iter(range(1_000))
    measured = {
        "shell": _median(lambda: _run(["bash", "-c", "true"])),
        "checkout": _median(lambda: _check_out(origin, folder / f"checkout-{next(numbers)}")),
        "checkout_sparse": _median(lambda: _check_out(origin, folder / f"checkout-{next(numbers)}", sparse=True)),
    }
    with production(folder) as world:
        _run(INSTALL, cwd=world.package)  # what is not in npm's download cache is downloaded now
        measured["vercel_cli_install"] = _median(lambda: _run(INSTALL, cwd=world.package))
        with world.late():
            measured |= _commands(world, folder)
    return measured


def _commands(world: Production, folder: Path) -> dict[str, float]:
    """The seconds of the deployment's own commands, with everything in place that they look for."""
    builds = []
    for number in range(RUNS):
        output = folder / f"build-{number}/.vercel/output/static/api"
        output.mkdir(parents=True)
        (output.parents[1] / "config.json").write_text('{"version":3}')
        (output.parent / "index.html").write_text(f"build {number}")
        (output / "health").write_text('{"status":"ok"}')
        builds.append(folder / f"build-{number}")
    good, new = world.deploy("v1"), world.deploy("v2")

    def deploy(*argv: str, before: str = "") -> float:
        def once() -> float:
            if before:
                world.serve(good if before != good else new)
                world.serve(before)
            return _deploy(world, *argv)

        return _median(once)

    webhook = [*("curl", "--silent", "--show-error", "--fail", "--output", "/dev/null"), "--data", '{"text":"bench"}']
    staged = iter(builds)
    return {
        "curl": _median(lambda: _run([*webhook, world.environ["SLACK_WEBHOOK"]], environ=world.environ)),
        "deploy_window": deploy("window", "--type=hotfix", "--reason=bench", "--window=Mon-Fri 09:00-17:00 UTC"),
        "deploy_admit": deploy("admit", "--environment=staging"),
        "deploy_backup": deploy("backup"),
        "deploy_stage": _median(
            lambda: _deploy(world, "stage", f"--folder={(build := next(staged))}", f"--version={build.name}")
        ),
        "deploy_promote": deploy("promote", f"--deployment={new}", before=good),
        "deploy_health": deploy("health", "https://ai-tools.example.com", "--version=v2", before=new),
        "deploy_approval": deploy("approval", "--environment=production-database"),
        "deploy_settle": deploy("settle", f"--deployment={new}", "--tests=success", f"--previous={good}", before=new),
        "deploy_rollback": deploy("rollback", f"--target={good}", "--reason=bench", before=new),
        "deploy_record": deploy("record", "--outcome=success", f"--deployment={new}", "--version=v2"),
        "deploy_notify": deploy("notify", "--jobs={}", "--state=bench"),
    }


def _deploy(world: Production, *argv: str) -> float:
    return _run([str(PYTHON), "-m", "deploy", *argv], cwd=world.package, environ=world.environ)


def _check_out(origin: Path, folder: Path, *, sparse: bool = False) -> float:
    """What actions/checkout does: a new repository, a fetch of one commit, its files."""
    git = ["git", "-C", str(folder)]
    folder.mkdir()
    only = ["--filter=blob:none"] if sparse else []
    commands = [
        [*git, "init", "--quiet"],
        [*git, "remote", "add", "origin", origin.as_uri()],
        *([[*git, "sparse-checkout", "set", "app_repository/.github/deploy"]] if sparse else []),
        [*git, "fetch", "--quiet", "--depth=1", *only, "origin", "HEAD"],
        [*git, "checkout", "--quiet", "FETCH_HEAD"],
    ]
    return sum(_run(command) for command in commands)


def _median(once: Callable[[], float]) -> float:
    return statistics.median(once() for _ in range(RUNS))


def _run(command: Sequence[str], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> float:
    """Seconds that a command took."""
    began = time.perf_counter()
    ended = subprocess.run(command, cwd=cwd, env=environ or os.environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return time.perf_counter() - began
