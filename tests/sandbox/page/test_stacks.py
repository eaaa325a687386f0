from pathlib import Path

import pytest
import yaml

from operations.stack_files import StackFileError
from sandbox.page.stacks import Stack, read_stacks

CONFIG = {
    "ai-tools:branch": "develop",
    "ai-tools:domain": "staging.example.com",
    "ai-tools:repository": "ai-tools",
    "github:owner": "acme",
}


def test_a_stack_is_called_what_its_file_says(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": CONFIG}))
    assert read_stacks([file]) == (
        Stack(name="staging", branch="develop", domain="staging.example.com", repository="acme/ai-tools"),
    )


@pytest.mark.parametrize("key", CONFIG)
def test_a_file_without_a_key_that_the_page_needs_is_refused_by_name(tmp_path: Path, key: str) -> None:
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": {name: value for name, value in CONFIG.items() if name != key}}))
    with pytest.raises(StackFileError, match=f"^Pulumi.staging.yaml has no {key}.$"):
        read_stacks([file])
