"""A workflow file as the tests read it: its text for what YAML drops, its content for the rest."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

DELIVERED = Path(__file__).parents[2] / "app_repository" / ".github" / "workflows"
BAD = Path(__file__).parent / "fixtures" / "bad"


@dataclass(frozen=True)
class Job:
    """One job."""

    id: str
    content: Mapping[str, Any]

    @property
    def environment(self) -> str | None:
        """The GitHub environment that it runs in."""
        environment = self.content.get("environment")
        return environment["name"] if isinstance(environment, dict) else environment

    @property
    def needs(self) -> list[str]:
        """The jobs that it waits for."""
        needs = self.content.get("needs", [])
        return [needs] if isinstance(needs, str) else needs

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps; none where it calls another workflow."""
        return self.content.get("steps", [])

    @property
    def scripts(self) -> list[str]:
        """What its `run` steps say."""
        return [step["run"] for step in self.steps if "run" in step]

    def context(self, name: str) -> set[str]:
        """The keys that it reads from a context, such as `secrets` or `vars`."""
        return set(re.findall(rf"\b{name}\.(\w+)", yaml.safe_dump(self.content)))


@dataclass(frozen=True)
class Workflow:
    """One file."""

    path: Path

    def __str__(self) -> str:
        return self.path.name

    @cached_property
    def text(self) -> str:
        """As it is stored."""
        return self.path.read_text()

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """As YAML 1.2 reads it: PyYAML takes the key `on` for a boolean."""
        content = yaml.safe_load(self.text)
        return {"on" if key is True else key: value for key, value in content.items()}

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Its events, each with its filters."""
        return self.content["on"]

    @property
    def jobs(self) -> list[Job]:
        """Its jobs, in order."""
        return [Job(key, content) for key, content in self.content["jobs"].items()]

    def has(self, key: str) -> bool:
        """Whether there is a job of that key."""
        return key in self.content["jobs"]

    def job(self, key: str) -> Job:
        """One job by its key."""
        return Job(key, self.content["jobs"][key])

    def before(self, key: str) -> set[str]:
        """Every job that has ended when the job starts."""
        direct = set(self.job(key).needs)
        return direct.union(*(self.before(needed) for needed in direct))

    def runs(self) -> Iterator[tuple[str, str]]:
        """Every script, with where it stands."""
        for job in self.jobs:
            for step in job.steps:
                if "run" in step:
                    yield f"{job.id}: {step.get('name', step['run'])}", step["run"]

    def script(self, job: str, step: str) -> str:
        """The script of a step by its name."""
        (found,) = [entry["run"] for entry in self.job(job).steps if entry["name"] == step]
        return found


def delivered() -> list[Workflow]:
    """Every workflow file that is delivered."""
    return [Workflow(path) for path in sorted(DELIVERED.glob("*.y*ml"))]
