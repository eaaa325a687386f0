"""The longest path through the jobs of a workflow, each of which starts when all that it needs have ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step: its name, and the kinds of work that it consists of, one after the other."""

    name: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job: the jobs that it waits for, and its steps in order."""

    needs: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def seconds(self, times: Mapping[str, float], until: str | None = None) -> float:
        """How long it takes, its runner's start included.

        Args:
            times: seconds by kind, `runner_start` among them.
            until: the name of the last step to count; all by default.

        Raises:
            ValueError: when there is no such step.
        """
        names = [step.name for step in self.steps]
        if until is not None and until not in names:
            raise ValueError(f"there is no step {until!r}: there are {', '.join(names)}")
        counted = self.steps if until is None else self.steps[: names.index(until) + 1]
        return times["runner_start"] + sum(times[kind] for step in counted for kind in step.kinds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """The jobs of a path in order, and how long it takes."""

    jobs: tuple[str, ...]
    seconds: float


def longest_path(jobs: Mapping[str, Job], times: Mapping[str, float], *, until: tuple[str, str] | None = None) -> Path:
    """The path that decides how long a workflow takes when there is a runner for each job.

    Args:
        jobs: the jobs that run, by name. A need that is none of them did not run, and holds nothing up.
        times: seconds by kind, `runner_start` among them.
        until: a job and the last of its steps to count: the path to that moment, not to the workflow's end.

    Raises:
        graphlib.CycleError: when jobs wait for each other.
        ValueError: when there is no such job or step.
    """
    if until is not None and until[0] not in jobs:
        raise ValueError(f"there is no job {until[0]!r}: there are {', '.join(jobs)}")
    paths: dict[str, Path] = {}
    graph: dict[str, Sequence[str]] = {name: [need for need in job.needs if need in jobs] for name, job in jobs.items()}
    for name in TopologicalSorter(graph).static_order():
        before = max((paths[need] for need in graph[name]), key=_seconds, default=Path(jobs=(), seconds=0))
        last = until[1] if until is not None and name == until[0] else None
        paths[name] = Path(jobs=(*before.jobs, name), seconds=before.seconds + jobs[name].seconds(times, last))
    return paths[until[0]] if until else max(paths.values(), key=_seconds)


def _seconds(path: Path) -> float:
    return path.seconds
