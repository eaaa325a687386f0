"""Calls and seconds from `rollback` to traffic moved, with every call answered late, beside naive job and floor.

Whatever is measured runs as a process of its own under the real names of the services, as a job's step does.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.production import LATE_SECONDS, PYTHON, Production, Watch, production

RUNS = 5
LOOKS_AFTERWARDS = 20
_HERE = Path(__file__).parent
FLOOR = "floor"
NAIVE = "naive job"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One rollback.

    Attributes:
        watch: what the world saw.
        ended: seconds until the process ended.
        serves: whether the domain led to the target in the end.
    """

    watch: Watch
    ended: float
    serves: bool


def run(console: Console) -> None:
    """Measure everything in one run and print two tables; each figure is the median of some runs."""
    with tempfile.TemporaryDirectory(prefix="ai-tools-bench-") as folder, production(Path(folder)) as world:
        starts = {
            "python3 alone": _start(world, "pass"),
            "python3 with `deploy rollback` imported": _start(world, "import deploy.cli; deploy.cli.load('rollback')"),
        }
        good, bad = world.deploy("v1"), world.deploy("v2")
        rollback = (str(PYTHON), "-m", "deploy", "rollback", "--reason=bench")
        commands: dict[str, tuple[str, ...]] = {
            FLOOR: (str(PYTHON), str(_HERE / "floor.py"), good),
            "--target previous": (*rollback, "--target=previous"),
            "--target dpl_…": (*rollback, f"--target={good}"),
            NAIVE: ("bash", str(_HERE / "naive/rollback.sh")),
        }
        measured: dict[str, list[Figures]] = {name: [] for name in commands}
        # Side by side, so that what else the machine does meets all of them.
        for _ in range(RUNS):
            for name, command in commands.items():
                measured[name].append(_measure(world, command, good=good, bad=bad))
    console.print(_table(measured))
    console.print(_starts(starts))
    naive = measured[NAIVE][-1]
    console.print("Vercel's answer to the naive job in this world:", *naive.watch.answers, sep="\n", markup=False)
    if not naive.serves:
        console.print(
            f"The job ended with 0. {LOOKS_AFTERWARDS} looks at the project later, the domain still led to what was "
            "to be taken back."
        )


def _start(world: Production, code: str) -> float:
    return statistics.median(_timed([str(PYTHON), "-c", code], world.package, world.environ) for _ in range(RUNS))


def _timed(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environ, check=True)
    return time.perf_counter() - began


def _measure(world: Production, command: Sequence[str], *, good: str, bad: str) -> Figures:
    """Let the bad deployment serve after the good one, then roll back in a process of its own."""
    world.serve(good)
    world.serve(bad)
    environ = {**world.environ, "PYTHONPATH": str(world.package), "TARGET": good, "REASON": "bench"}
    with world.late(), world.watched(good) as watch:
        ended = subprocess.run(command, cwd=world.package, env=environ, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - watch.began
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    for _ in range(LOOKS_AFTERWARDS):
        world.look()
    return Figures(watch=watch, ended=seconds, serves=world.leads_to == good)


def _table(measured: Mapping[str, Sequence[Figures]]) -> Table:
    asked = {name: _median([figures.watch.asked for figures in runs]) for name, runs in measured.items()}
    moved = {name: _median([figures.watch.moved for figures in runs]) for name, runs in measured.items()}
    rows: list[tuple[str, list[str]]] = [
        ("Vercel was asked after, seconds", [_seconds(asked[name]) for name in measured]),
        ("… times the floor", [_ratio(asked[name], asked[FLOOR]) for name in measured]),
        ("… with calls to Vercel", [_calls(asked[name]) for name in measured]),
        ("traffic moved after, seconds", [_seconds(moved[name]) for name in measured]),
        ("… times the floor", [_ratio(moved[name], moved[FLOOR]) for name in measured]),
        ("… with calls to Vercel", [_calls(moved[name]) for name in measured]),
        (
            "the process ended after, seconds",
            [f"{statistics.median(figures.ended for figures in runs):.2f}" for runs in measured.values()],
        ),
        (
            "… with calls to Vercel",
            [f"{statistics.median(figures.watch.vercel_calls for figures in runs):.0f}" for runs in measured.values()],
        ),
        (
            "… with calls to anybody",
            [f"{statistics.median(len(figures.watch.calls) for figures in runs):.0f}" for runs in measured.values()],
        ),
    ]
    table = Table(f"{LATE_SECONDS * 1000:.0f} ms a call, medians of {RUNS}", *measured)
    for name, cells in rows:
        table.add_row(name, *cells)
    return table


def _seconds(moment: tuple[float, float] | None) -> str:
    return f"{moment[0]:.2f}" if moment else "never"


def _calls(moment: tuple[float, float] | None) -> str:
    return f"{moment[1]:.0f}" if moment else ""


def _ratio(moment: tuple[float, float] | None, floor: tuple[float, float] | None) -> str:
    return f"{moment[0] / floor[0]:.2f}" if moment and floor else ""


def _median(moments: Sequence[tuple[float, int] | None]) -> tuple[float, float] | None:
    """The medians of seconds and of calls; None where it did not happen in every run."""
    happened = [moment for moment in moments if moment is not None]
    if len(happened) < len(moments):
        return None
    return statistics.median(moment[0] for moment in happened), statistics.median(moment[1] for moment in happened)


def _starts(starts: Mapping[str, float]) -> Table:
    table = Table("process start, nothing compiled beforehand", "seconds")
    for name, seconds in starts.items():
        table.add_row(name, f"{seconds:.3f}")
    return table
