"""Where the story's names come from."""

from pathlib import Path

import pytest

from operations.stack_files import StackFileError
from rehearsal.names import story_files


def test_the_story_needs_a_file_of_staging_and_one_of_production_and_says_which_is_missing(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.production.yaml").touch()
    with pytest.raises(StackFileError, match=r"has no Pulumi\.staging\.yaml\.$"):
        story_files(tmp_path)
    (tmp_path / "Pulumi.staging.yaml").touch()
    assert set(story_files(tmp_path)) == {"staging", "production"}
