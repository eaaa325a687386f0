"""What the documents say is what there is."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from components.config import WORKFLOW_SECRETS
from components.pipeline_environments import RELEASE_SECRETS
from operations.stack_files import stack_files
from sandbox.paths import PROJECT
from tests.components.recording import SECRET_CONFIG, stack_config

SOURCES = "".join((PROJECT / "components" / name).read_text() for name in ("config.py", "monitoring_config.py"))
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def table_keys(document: Path) -> set[str]:
    """What the first column of a document's tables names in code."""
    first_cells = re.findall(r"^\| ([^|]+) \|", document.read_text(), re.MULTILINE)
    return {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_configuration_key_is_documented() -> None:
    documented = table_keys(PROJECT / "docs" / "configuration.md")
    own = [yaml.safe_load(file.read_text())["config"] for file in stack_files(PROJECT).values()]
    used = {key.removeprefix("ai-tools:") for config in [*own, SECRET_CONFIG] for key in config}
    read = set(re.findall(r'keys\.\w+\(\s*"([\w:]+)"', SOURCES))
    secrets = {key for _, key, _, _ in WORKFLOW_SECRETS}
    assert len(read) >= 10
    assert (used | read | secrets) <= documented


def test_no_key_is_documented_that_is_not_read() -> None:
    source = SOURCES + json.dumps(list(stack_config("production")))
    for key in table_keys(PROJECT / "docs" / "configuration.md"):
        assert key.lstrip("$") in source or key.startswith("$"), key


def test_every_secret_of_the_workflows_reaches_an_environment() -> None:
    assert {name for name, _, _, _ in WORKFLOW_SECRETS} == {*RELEASE_SECRETS, "DATABASE_URL"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:STACK=\w+ )?make ([a-z-]+)`", document.read_text())) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_of_the_sandbox_that_is_named_exists(document: Path) -> None:
    helped = subprocess.run(
        [PROJECT / ".venv/bin/python", "-m", "sandbox", "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command in re.findall(r"python -m sandbox (\w+)", document.read_text()):
        assert re.search(rf"\b{command}\b", helped), command


def test_every_import_that_is_shown_names_a_resource_of_the_program() -> None:
    listed = re.findall(r"\| `(\w+:index/\w+:\w+) ([\w-]+)` \|", (PROJECT / "docs/accounts.md").read_text())
    assert len(listed) >= 5
    for kind, name in listed:
        pattern = re.sub(r"NAME$", r"[A-Z_]+", name)
        assert any(re.fullmatch(pattern, known) for known in resource_names(kind)), (kind, name)


def resource_names(kind: str) -> set[str]:
    """The names of the program's resources of a type, in production."""
    from tests.components.recording import main_program, record  # noqa: PLC0415 - one test of many needs the program

    return {resource.name for resource in record(main_program, stack="production").resources if resource.type == kind}


def test_the_first_two_commands_of_the_readme_are_the_ones_a_new_machine_needs() -> None:
    commands = re.findall(r"^    (make \w+)", (PROJECT / "README.md").read_text(), re.MULTILINE)
    assert commands[:2] == ["make up", "make test"]
    assert (PROJECT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
