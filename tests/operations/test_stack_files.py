from pathlib import Path

import pytest

from operations.accounts import real_stack
from operations.stack_files import stack_files
from sandbox.paths import OTHER_CONFIGURATION, PROJECT, configuration


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
