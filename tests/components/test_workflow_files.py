"""Delivering a folder to a branch."""

from pathlib import Path

import pulumi
import pytest

from components.workflow_files import WorkflowFiles, WorkflowFilesArgs, read_files
from tests.components.recording import record


def test_a_file_that_tools_leave_behind_is_not_delivered(tmp_path: Path) -> None:
    packages = ".github/deploy/packages/alembic/__init__.py"
    for name in (
        packages,
        "deploy/__main__.py",
        "deploy/__pycache__/__main__.pyc",
        "cli/node_modules/x/index.js",
        ".DS_Store",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert list(read_files(tmp_path)) == ["deploy/__main__.py"]


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(pulumi.RunError, match=r"logo\.png is not UTF-8 text.*Nothing was delivered"):
        read_files(tmp_path)


@pytest.mark.parametrize("name", ["50%.md", "c#.md", "why?.md"])
def test_a_name_that_the_provider_could_not_ask_for_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(pulumi.RunError, match=r"Nothing was delivered\. Rename it"):
        read_files(tmp_path)


def test_line_endings_arrive_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\n")
    assert read_files(tmp_path) == {"a.txt": "one\r\ntwo\n"}


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match="holds no file to deliver"):
        read_files(tmp_path)


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    found: list[WorkflowFiles] = []
    args = WorkflowFilesArgs(repository="r", branch="b", root=tmp_path)
    record(lambda: found.append(WorkflowFiles("files", args)))
    assert found[0].digests == {"a.txt": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
