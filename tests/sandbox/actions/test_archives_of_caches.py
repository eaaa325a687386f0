"""What tar says of the files that a cache is made of."""

from pathlib import Path

import pytest

from sandbox.actions.stand_ins import cache
from sandbox.actions.stand_ins.protocol import StandInError


@pytest.mark.parametrize(
    ("said", "fails"),
    [
        ("tar: a.js: file changed as we read it", False),
        ("tar: a.js: file changed as we read it\ntar: b.js: Cannot open: No such file", True),
        ("tar: b.js: Cannot open: No such file", True),
        ("", True),
    ],
)
def test_only_a_file_that_was_linked_to_meanwhile_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, fails: bool
) -> None:
    stand_in = tmp_path / "tar"
    stand_in.write_text(f"#!/bin/sh\nprintf '{said}' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if fails:
        with pytest.raises(StandInError, match="tar failed"):
            cache._tar("--create")
    else:
        cache._tar("--create")
