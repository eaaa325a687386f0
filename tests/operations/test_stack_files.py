from pathlib import Path

from operations.stack_files import stack_files


def test_every_stack_has_a_file_of_its_name_and_production_is_the_last(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.qa.eu.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml", "staging.yaml"):
        (tmp_path / name).touch()
    assert {name: file.name for name, file in stack_files(tmp_path).items()} == {
        "qa.eu": "Pulumi.qa.eu.yaml",
        "staging": "Pulumi.staging.yaml",
        "production": "Pulumi.production.yaml",
    }
    assert [*stack_files(tmp_path)][-1] == "production"
