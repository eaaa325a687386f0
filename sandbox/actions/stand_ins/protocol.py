"""How a stand-in hears of its job and answers: environment variables and files, as any action does."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn


class StandInError(Exception):
    """The step fails; the message says why, as the real action would."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What the runner tells the stand-ins of one job."""

    repository: str
    sha: str
    ref: str
    bare: Path
    """The repository that checkouts come from."""
    artifacts: Path
    """The run's artifacts, a folder each."""
    caches: Path
    """The repository's caches."""
    cache_scopes: tuple[str, ...]
    """The refs whose caches are looked at, the run's own first."""
    pending: Path
    """Where what is to be saved at the end of the job is noted."""
    gate: Path | None
    """The named pipe to wait at before doing anything."""

    def write(self, path: Path) -> None:
        """Write it for `read_settings`."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        path.write_text(json.dumps(values, default=str))


def read_settings() -> JobSettings:
    """The settings of the job that this process is of."""
    values: dict[str, Any] = json.loads(Path(os.environ["SANDBOX_JOB"]).read_text())
    return JobSettings(
        repository=values["repository"],
        sha=values["sha"],
        ref=values["ref"],
        bare=Path(values["bare"]),
        artifacts=Path(values["artifacts"]),
        caches=Path(values["caches"]),
        cache_scopes=tuple(values["cache_scopes"]),
        pending=Path(values["pending"]),
        gate=Path(values["gate"]) if values["gate"] is not None else None,
    )


def text_input(name: str) -> str:
    """An input, without the spaces around it; empty when it is not given."""
    return os.environ.get(f"INPUT_{name.replace(' ', '_').upper()}", "").strip()


def flag_input(name: str) -> bool:
    """A boolean input. Raises StandInError for what YAML 1.2 does not take for one."""
    value = text_input(name)
    if value.lower() not in ("true", "false", ""):
        raise StandInError(f'Input does not meet YAML 1.2 "Core Schema" specification: {name}: {value}')
    return value.lower() == "true"


def list_input(name: str) -> list[str]:
    """The lines of an input, without empty ones."""
    return [line.strip() for line in text_input(name).splitlines() if line.strip()]


def set_output(name: str, value: str) -> None:
    """Give the step an output of one line."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"{name}={value}\n")


def workspace() -> Path:
    """The job's working folder."""
    return Path(os.environ["GITHUB_WORKSPACE"])


def annotate(kind: str, message: str) -> None:
    """Print an `error` or a `warning` of several lines."""
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stdout.write(f"::{kind}::{escaped}\n")


def run_stand_in(main: Callable[[JobSettings], None]) -> NoReturn:
    """Run a stand-in as a step's process: wait until the step may begin, then end with its exit status."""
    settings = read_settings()
    if settings.gate is not None:
        with settings.gate.open() as gate:
            gate.readline()
    try:
        main(settings)
    except StandInError as error:
        annotate("error", str(error))
        sys.exit(1)
    sys.exit(0)
