"""The files of revisions, read as text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.errors import WrongUsageError
from deploy.release.revisions import read_history

NOT_READ: dict[str, Callable[[Path], object]] = {
    "cannot be read: Is a directory": Path.mkdir,
    "cannot be read: No such file or directory": lambda path: path.symlink_to("nowhere"),
    "`allow` is not a literal": lambda path: path.write_text('allow = {[]: "x"}\n'),
    "`kind` is not a literal": lambda path: path.write_text("kind = str('x')\n"),
    "is no Python": lambda path: path.write_bytes(b"\0"),
    "is no Python: too many nested parentheses": lambda path: path.write_text("(" * 1000),
    "is no Python: MemoryError": lambda path: path.write_text("-" * 100_000 + "1"),
}


@pytest.mark.parametrize("fault", NOT_READ)
def test_what_cannot_be_read_as_a_revision_is_named_with_its_fault(tmp_path: Path, fault: str) -> None:
    NOT_READ[fault](tmp_path / "0001_x.py")
    with pytest.raises(WrongUsageError) as raised:
        read_history(tmp_path)
    assert f"0001_x.py: {fault}" in raised.value.what
