"""The workflow file that act gets: one job of the delivered one, with what the run knows by then filled in.

act sees neither `needs` nor inputs, environments, permissions, concurrency: those are the sandbox's own business. All
that happens inside the job (steps, their conditions, `env`, `steps`, `secrets`, `vars`, `github`) is act's.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.actions.expressions.evaluation import to_text
from sandbox.actions.expressions.folding import fold, fold_expression, literal
from sandbox.actions.expressions.templates import OPENING, asks_status, value_of
from sandbox.actions.workflow_file import Job, WorkflowFile

STEP_SHELL = Path(__file__).parent / "tools" / "step-shell"
OUTPUTS_STEP = "sandbox-outputs"
CACHES_STEP = "sandbox-caches"
HIDDEN_STEPS = (OUTPUTS_STEP, CACHES_STEP)
SHELLS = {
    None: "bash -e {0}",
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "python": "python3 {0}",
}
"""The command of each shell, by its name: what a step without one runs in first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a job's first step."""

    contexts: Mapping[str, Any]
    """`needs` and `inputs`."""
    properties: Mapping[str, Mapping[str, Any]]
    """What act does not know of `github`."""
    whole: Mapping[str, Any]
    """All contexts that `env` of a workflow and a job may use."""

    def environ(self, *declared: Any) -> dict[str, str]:
        """The values of `env`, the later ones first, in a form that act makes these values of.

        act computes what stands here twice, once for the job and once for each step: a value that looks like an
        expression itself is given as one that has it as its value.
        """
        values: dict[str, str] = {}
        for level in declared:
            values |= {name: to_text(value_of(value, self.whole)) for name, value in (level or {}).items()}
        return {
            name: f"${{{{ {literal(f'${{{{ {literal(value)} }}}}')} }}}}" if OPENING in value else value
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class StepFile:
    """A step as act gets it."""

    key: str
    """What act's log calls it by."""
    name: str
    has_own_name: bool
    gated: bool
    """Whether it waits at the gate before it does anything."""
    outlives_cancellation: bool
    """Whether its condition may hold in a cancelled run."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A job as act gets it."""

    body: Mapping[str, Any]
    steps: tuple[StepFile, ...]
    output_names: tuple[str, ...]


def build(
    workflow: WorkflowFile, job: Job, known: Known, *, event: str, folder: Path, gated: bool, caches: str | None
) -> JobFile:
    """The file for one job.

    Args:
        workflow: the file that the job is in.
        job: it.
        known: what is filled in.
        event: the run's event.
        folder: the job's own. Its outputs are written to the file `outputs` there, each ended by a NUL.
        gated: whether steps wait at the named pipe `gate` there.
        caches: the command that saves what the job's caches missed; None when it has none.

    Raises:
        ExpressionError: an expression cannot be read.
    """
    filling = _Filling(known)
    defaults = _run_defaults(workflow, job)
    bodies: list[dict[str, Any]] = []
    steps: list[StepFile] = []
    for number, step in enumerate(job.steps):
        body = filling.step(step)
        if "run" in body:
            _set_shell(body, defaults, folder)
        bodies.append(body)
        condition = str(body.get("if", ""))
        steps.append(
            StepFile(
                key=str(step.get("id") or number),
                name=_step_name(step),
                has_own_name="name" in step,
                gated=gated and not str(step.get("uses", "")).startswith("./"),
                outlives_cancellation=bool(condition) and asks_status(condition, ("always", "cancelled")),
            )
        )
    if caches is not None:
        bodies.append({"id": CACHES_STEP, "if": "success()", "shell": SHELLS["bash"], "run": caches})
    declared: Mapping[str, Any] = job.body.get("outputs") or {}
    if declared:
        bodies.append(_outputs_step(filling, declared, folder / "outputs"))
    body = {
        "name": workflow.name,
        "on": event,
        "env": known.environ(workflow.body.get("env"), job.body.get("env")),
        "jobs": {
            job.id: {
                "name": job.id,
                "runs-on": "ubuntu-latest",
                "steps": bodies,
            }
        },
    }
    return JobFile(body, tuple(steps), tuple(declared))


class _Filling:
    def __init__(self, known: Known) -> None:
        self._known = known

    def tree(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.tree(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        if isinstance(value, str) and OPENING in value:
            return fold(value, self._known.contexts, self._known.properties)
        return value

    def step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = self.tree({name: value for name, value in step.items() if name != "if"})
        condition = step.get("if")
        if isinstance(condition, str) and OPENING not in condition:
            body["if"] = fold_expression(condition, self._known.contexts, self._known.properties)
        elif condition is not None:
            body["if"] = self.tree(condition)
        return body


def _run_defaults(workflow: WorkflowFile, job: Job) -> Mapping[str, Any]:
    defaults: dict[str, Any] = {}
    for body in (workflow.body, job.body):
        defaults |= (body.get("defaults") or {}).get("run") or {}
    return defaults


def _set_shell(body: dict[str, Any], defaults: Mapping[str, Any], folder: Path) -> None:
    shell = body.get("shell", defaults.get("shell"))
    command = SHELLS.get(shell, shell)
    body["shell"] = f"{shlex.quote(str(STEP_SHELL))} {shlex.quote(str(folder))} {command}"
    if "working-directory" not in body and "working-directory" in defaults:
        body["working-directory"] = defaults["working-directory"]


def _outputs_step(filling: _Filling, declared: Mapping[str, Any], file: Path) -> dict[str, Any]:
    variables = [f"SANDBOX_OUTPUT_{number}" for number in range(len(declared))]
    values = " ".join(f'"${variable}"' for variable in variables)
    return {
        "id": OUTPUTS_STEP,
        "if": "always()",
        "shell": SHELLS["bash"],
        "env": {
            variable: filling.tree(value if isinstance(value, str) else str(value))
            for variable, value in zip(variables, declared.values(), strict=True)
        },
        "run": f"printf '%s\\0' {values} > {shlex.quote(str(file))}",
    }


def _step_name(step: Mapping[str, Any]) -> str:
    if "name" in step:
        return str(step["name"])
    return f"Run {step['uses']}" if "uses" in step else f"Run {str(step.get('run', '')).strip().partition(chr(10))[0]}"
