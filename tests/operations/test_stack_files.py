import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operations.accounts import real_stack
from operations.stack_files import StackFileError, read_config, stack_files
from sandbox.paths import OTHER_CONFIGURATION, PROJECT, configuration
from tests.example import EXAMPLE


def test_every_stack_has_a_file_of_its_name_and_production_is_the_last(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.qa.eu.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml", "staging.yaml"):
        (tmp_path / name).touch()
    assert {name: file.name for name, file in stack_files(tmp_path).items()} == {
        "qa.eu": "Pulumi.qa.eu.yaml",
        "staging": "Pulumi.staging.yaml",
        "production": "Pulumi.production.yaml",
    }
    assert [*stack_files(tmp_path)][-1] == "production"


def test_the_real_stacks_are_those_of_the_repository_whatever_the_sandbox_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OTHER_CONFIGURATION, str(tmp_path))
    assert configuration() == tmp_path
    assert real_stack("staging").folder == PROJECT


def test_a_stacks_configuration_is_what_its_file_says(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text("config:\n  ai-tools:domain: staging.example.com\n  ai-tools:previews: true\n")
    config = read_config(file, "ai-tools:domain")
    assert config == {"ai-tools:domain": "staging.example.com", "ai-tools:previews": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config:\n  a: [\n", "Pulumi.staging.yaml is no YAML: while parsing"),
        ("", "Pulumi.staging.yaml has no `config:` with keys below it."),
        ("- a\n", "Pulumi.staging.yaml has no `config:` with keys below it."),
        ("config:\n", "Pulumi.staging.yaml has no `config:` with keys below it."),
        ("config: {ai-tools:branch: develop}", "Pulumi.staging.yaml has no ai-tools:domain."),
        ("config: {github:owner: acme}", "Pulumi.staging.yaml has no ai-tools:branch and no ai-tools:domain."),
        (
            "config: {ai-tools:branch: develop, ai-tools:domain: {secure: AAAB}}",
            "Pulumi.staging.yaml has ai-tools:domain, but not as plain text.",
        ),
    ],
)
def test_a_faulty_file_is_named_in_one_sentence_with_what_it_lacks(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(text)
    with pytest.raises(StackFileError) as refused:
        read_config(file, "ai-tools:branch", "ai-tools:domain")
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match=r"Pulumi\.staging\.yaml cannot be read: No such file"):
        read_config(tmp_path / "Pulumi.staging.yaml")


@pytest.mark.parametrize("command", [["rehearsal", "--steps", "0"], ["sandbox", "accounts"]])
def test_a_command_names_the_stack_file_and_what_it_lacks(tmp_path: Path, command: list[str]) -> None:
    for file in EXAMPLE.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "Pulumi.production.yaml").write_text("config:\n  github:owner: acme\n")
    done = subprocess.run(
        [sys.executable, "-m", *command, "--home", str(tmp_path / "home")],
        cwd=PROJECT,
        env={**os.environ, OTHER_CONFIGURATION: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Pulumi.production.yaml has no ai-tools:" in said
    assert "Traceback" not in said
