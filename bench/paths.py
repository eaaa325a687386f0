"""The longest path through the delivered workflows beside the naive ones, from one table of seconds by kind."""

import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.delivered import jobs_of
from bench.longest_path import Job, Step, longest_path
from bench.step_measures import measure_steps

_HERE = Path(__file__).parent
RUNNER_STARTS = (2, 10, 30, 60)
"""Seconds that a runner may take to start: the one figure that many jobs pay for many times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What is compared: a workflow to its end, or to a job's step in the delivered and in the naive one."""

    title: str
    workflow: str
    delivered: tuple[str, str] | None = None
    naive: tuple[str, str] | None = None
    note: str = ""


ROUTES = (
    Route(title="pre-deploy", workflow="pre-deploy"),
    Route(
        title="production, push to traffic moved",
        workflow="production",
        delivered=("promote", "Promote, confirm, or roll back"),
        naive=("deploy_production", "deploy"),
        note="naive: untested traffic",
    ),
    Route(title="production, push to the end", workflow="production"),
    Route(
        title="rollback, dispatch to traffic moved",
        workflow="rollback",
        delivered=("rollback", "Move traffic"),
        naive=("rollback", "ask vercel"),
        note="naive: asked, never moved",
    ),
)


def table_of_kinds() -> dict[str, dict[str, Any]]:
    """Each kind of step, with `measured`, or with `seconds` and `assumed`."""
    return tomllib.loads((_HERE / "step_times.toml").read_text())


def naive_jobs(workflow: str) -> dict[str, Job]:
    """The jobs of a naive workflow."""
    jobs = tomllib.loads((_HERE / "naive/workflows.toml").read_text())[workflow]
    return {
        name: Job(
            needs=tuple(job.get("needs", ())),
            steps=tuple(Step(name=step["name"], kinds=tuple(step["kinds"])) for step in job["steps"]),
        )
        for name, job in jobs.items()
    }


def run(console: Console) -> None:
    """Measure what this machine can, and print the seconds of each kind, the paths, and what a runner's start does."""
    kinds = table_of_kinds()
    with tempfile.TemporaryDirectory(prefix="ai-tools-bench-") as folder:
        measured = measure_steps(Path(folder))
    times = {kind: measured[kind] if "measured" in entry else entry["seconds"] for kind, entry in kinds.items()}
    console.print(_kinds(kinds, times))
    console.print(_paths(times))
    console.print(_sensitivity(times))
    console.print(
        "Not counted: the time that reviewers take to approve, and Vercel's own to make a prebuilt deployment ready "
        "and to move a domain. Counted for the naive production: its second build, at Vercel, as long as the first."
    )


def _kinds(kinds: Mapping[str, Mapping[str, Any]], times: Mapping[str, float]) -> Table:
    table = Table("kind of step", "seconds", "measured", "assumed")
    for kind, entry in kinds.items():
        table.add_row(kind, f"{times[kind]:.2f}", entry.get("measured", ""), entry.get("assumed", ""))
    return table


def _paths(times: Mapping[str, float]) -> Table:
    table = Table("longest path", "", "seconds", "ratio", "jobs on it")
    for route in ROUTES:
        ours = longest_path(jobs_of(route.workflow), times, until=route.delivered)
        naive = longest_path(naive_jobs(route.workflow), times, until=route.naive)
        ratio = f"{ours.seconds / naive.seconds:.2f}"
        table.add_row(route.title, "delivered", f"{ours.seconds:.0f}", ratio, " → ".join(ours.jobs))
        table.add_row(route.note, "naive", f"{naive.seconds:.0f}", "", " → ".join(naive.jobs))
    return table


def _sensitivity(times: Mapping[str, float]) -> Table:
    table = Table("ratio where a runner starts in", *(f"{seconds} s" for seconds in RUNNER_STARTS))
    for route in ROUTES:
        cells = []
        for seconds in RUNNER_STARTS:
            other = {**times, "runner_start": float(seconds)}
            ours = longest_path(jobs_of(route.workflow), other, until=route.delivered)
            naive = longest_path(naive_jobs(route.workflow), other, until=route.naive)
            cells.append(f"{ours.seconds / naive.seconds:.2f}")
        table.add_row(route.title, *cells)
    return table
