"""docs/release.md names the commands and jobs that there are."""

import re

from deploy.cli import NAMES
from sandbox.paths import PROJECT
from tests.workflows.workflow import DELIVERED, Workflow

TEXT = (PROJECT / "docs/release.md").read_text()


def _first_column(heading: str) -> set[str]:
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_every_command_is_documented_and_none_is_invented() -> None:
    assert _first_column("Command") == set(NAMES)


def test_every_job_of_a_release_is_documented_and_none_is_invented() -> None:
    assert _first_column("Job") == {job.id for job in Workflow(DELIVERED / "production.yml").jobs} - {"rollback"}
