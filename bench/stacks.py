"""Wall time and peak memory of preview and of an unchanged up, beside the floor of the same run."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from operations.stack_files import read_config
from sandbox import daemon
from sandbox.accounts import load_accounts, open_accounts, stack_addresses, stack_secrets
from sandbox.engine import find_engine
from sandbox.paths import PROJECT, configuration
from sandbox.workspace import Workspace
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.state import State

COPIES = (1, 10, 50)
RUNS = 3
TARGET = 1.3


def run(console: Console) -> None:
    """Measure everything in one run and print a table; each figure is the median of some runs."""
    measured: dict[tuple[int, str], dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="ai-tools-bench-") as folder:
        for number in (0, *COPIES):
            home = Path(folder) / str(number)
            _prepare(home, number)
            console.print(f"{number or 'no'} copies: first up …")
            # Not measured. A file backend writes the whole state after each step, which squares with its size.
            _case(home, "up", number, PULUMI_EXPERIMENTAL="true", PULUMI_SKIP_CHECKPOINTS="true")
            for kind in ("preview", "up"):
                runs = [_case(home, kind, number) for _ in range(RUNS)]
                measured[number, kind] = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            daemon.stop(home)
            shutil.rmtree(home)
    console.print(_table(measured))
    worst = max(measured[1, kind]["seconds"] / measured[0, kind]["seconds"] for kind in ("preview", "up"))
    console.print(f"One stack takes at most {worst:.2f} times the floor (target {TARGET}).")


def _prepare(home: Path, number: int) -> None:
    """A sandbox with an application repository for each copy."""
    workspace = Workspace(PROJECT, home, find_engine(), configuration())
    urls = daemon.ensure_running(home)
    accounts = load_accounts(home)
    file = configuration() / "Pulumi.staging.yaml"
    config = read_config(file)
    state = State(home / "world.db")
    open_accounts(state, accounts, [file])
    for index in range(number):
        seed_github(
            state,
            owner=config["github:owner"],
            repository=f"{config['ai-tools:repository']}-{index}",
            branches=[config["ai-tools:branch"]],
            users=[],
            teams=[],
        )
    state.close()
    workspace.prepare("staging", stack_addresses(urls), stack_secrets(accounts, "staging"))


def _case(home: Path, kind: str, number: int, **environment: str) -> dict[str, float]:
    finished = subprocess.run(
        [sys.executable, "-m", "bench.case", str(home), kind, str(number)],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(finished.stdout.splitlines()[-1])


def _table(measured: dict[tuple[int, str], dict[str, float]]) -> Table:
    table = Table("run", "copies", "seconds", "times the floor", "program MiB", "engine MiB", "seconds a copy over one")
    for kind in ("preview", "up"):
        floor, one = measured[0, kind]["seconds"], measured[1, kind]["seconds"]
        for number in (0, *COPIES):
            row = measured[number, kind]
            table.add_row(
                kind if kind == "preview" else "up, unchanged",
                str(number) if number else "floor",
                f"{row['seconds']:.2f}",
                f"{row['seconds'] / floor:.2f}",
                f"{row['program_mib']:.0f}",
                f"{row['engine_mib']:.0f}",
                f"{(row['seconds'] - one) / (number - 1):.3f}" if number > 1 else "",
            )
    return table
