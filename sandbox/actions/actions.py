"""Which actions a job uses, and the folders that stand in for them."""

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.actions.stand_ins.protocol import JobSettings
from sandbox.actions.workflow_file import Job
from sandbox.paths import PROJECT

FOLDER = Path(__file__).parent / "stand_ins"
REFERENCE = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(?P<path>/[^@]+)?@(?P<ref>[^@\s]+)")
Read = Callable[[str], bytes | None]
"""Reads a file of the run's commit."""


def uses_of(job: Job, read: Read) -> Iterator[str]:
    """Every `uses:` of a job's steps, and of the repository's own actions that they use."""
    waiting = [str(step["uses"]) for step in job.steps if "uses" in step]
    seen: set[str] = set()
    while waiting:
        use = waiting.pop()
        if use in seen:
            continue
        seen.add(use)
        yield use
        if use.startswith("./"):
            waiting.extend(_nested(use, read))


def refusal(use: str, read: Read) -> str | None:
    """Why the sandbox does not run an action; None when it does."""
    if use.startswith("./"):
        if _own_action(use, read) is None:
            return f"The commit has no action.yml in {use}."
        return None
    found = REFERENCE.fullmatch(use)
    if found is None:
        return f"`uses: {use}` is not an action that the sandbox runs: it has no containers."
    if _stand_in(found) is None:
        known = ", ".join(
            sorted(folder.name.replace("-", "/", 1) for folder in FOLDER.iterdir() if _has_action(folder))
        )
        return f"Nothing stands in for the action {use}. The sandbox has {known}."
    return None


def place(uses: list[str], folder: Path, settings: JobSettings) -> dict[str, Path]:
    """Put the stand-ins for a job's actions into a folder; returns where, by `owner/name@ref`."""
    places: dict[str, Path] = {}
    settings_file = folder / "job.json"
    folder.mkdir(parents=True)
    settings.write(settings_file)
    for use in uses:
        found = REFERENCE.fullmatch(use)
        stand_in = _stand_in(found) if found else None
        if found is None or stand_in is None:
            continue
        place = folder / stand_in.name
        if not place.exists():
            place.mkdir()
            (place / "action.yml").write_text(json.dumps(_with_environment(stand_in / "action.yml", settings_file)))
        places[f"{found['owner']}/{found['name']}@{found['ref']}"] = place
    return places


def environment(settings_file: Path) -> dict[str, str]:
    """What a stand-in's process is told beyond its inputs."""
    return {"PYTHONPATH": str(PROJECT), "SANDBOX_JOB": str(settings_file)}


def _stand_in(found: re.Match[str]) -> Path | None:
    folder = FOLDER / f"{found['owner']}-{found['name']}".lower()
    return folder if found["path"] is None and _has_action(folder) else None


def _has_action(folder: Path) -> bool:
    return (folder / "action.yml").is_file()


def _with_environment(action: Path, settings_file: Path) -> Mapping[str, Any]:
    body = _action(action)
    steps = [{**step, "env": environment(settings_file)} for step in body["runs"]["steps"]]
    return {**body, "runs": {**body["runs"], "steps": steps}}


@functools.cache
def _action(path: Path) -> Mapping[str, Any]:
    return yaml.safe_load(path.read_text())


def _own_action(use: str, read: Read) -> Mapping[str, Any] | None:
    folder = use.removeprefix("./").strip("/")
    for name in ("action.yml", "action.yaml"):
        content = read(f"{folder}/{name}")
        if content is not None:
            body = yaml.safe_load(content)
            return body if isinstance(body, dict) else {}
    return None


def _nested(use: str, read: Read) -> list[str]:
    body = _own_action(use, read) or {}
    steps = (body.get("runs") or {}).get("steps") or []
    return [str(step["uses"]) for step in steps if "uses" in step]
