"""`deploy migrate new`: the file of a revision of each kind, which the program itself can read."""

import importlib.util
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.cli import main
from deploy.release.revisions import KINDS, read_history


def make(folder: Path, name: str, kind: str = "expand") -> tuple[int, str]:
    """Run the command, with no database at hand; its exit code and what it said."""
    said = io.StringIO()
    argv = ["migrate", "new", f"--folder={folder}", f"--kind={kind}", "--", name]
    return main(argv, environ={}, out=said, err=said), said.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_each_kind_is_a_revision_that_can_be_imported(tmp_path: Path, kind: str) -> None:
    assert make(tmp_path, "add revenue tracking", kind)[0] == 0
    (revision,) = read_history(tmp_path)
    assert (revision.id, revision.number, revision.kind) == ("0001_add_revenue_tracking", 1, kind)
    assert revision.description == "Add revenue tracking"
    assert revision.path.name == "0001_add_revenue_tracking.py"
    spec = importlib.util.spec_from_file_location("of_the_app", revision.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.revision == revision.id


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_one_follows_the_last(tmp_path: Path, kind: str) -> None:
    make(tmp_path, "first")
    assert make(tmp_path, "second", kind)[0] == 0
    assert [(revision.id, revision.down_revision) for revision in read_history(tmp_path)] == [
        ("0001_first", None),
        ("0002_second", "0001_first"),
    ]


def test_a_contract_lets_live_what_the_revision_before_it_is_known_to(tmp_path: Path) -> None:
    make(tmp_path, "first")
    make(tmp_path, "drop", "contract")
    assert read_history(tmp_path)[1].compatible_with == "0001_first"


def test_the_number_is_above_any_that_is_in_use(tmp_path: Path) -> None:
    make(tmp_path, "first")
    path = tmp_path / "0001_first.py"
    path.write_text(path.read_text().replace("0001_first", "0007_first"))
    path.rename(tmp_path / "0007_first.py")
    make(tmp_path, "second")
    assert [revision.id for revision in read_history(tmp_path)] == ["0007_first", "0008_second"]


@pytest.mark.parametrize("name", ["", "  ", "123", "../escape", "a/b", "add;drop", "größe", "-", "a\nb", "__init__"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    code, said = make(tmp_path, name)
    assert (code, "is no name" in said) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_alembics_table_cannot_hold_is_refused(tmp_path: Path) -> None:
    assert make(tmp_path, "a" * 27)[0] == 0
    code, said = make(tmp_path, "b" * 28)
    assert (code, "27 letters fit into Alembic's table" in said) == (2, True)


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, "first")
    taken = tmp_path / "0001_first.py"
    text = taken.read_text()
    taken.rename(tmp_path / "0002_second.py")
    code, said = make(tmp_path, "second")
    assert (code, "0002_second.py is there already" in said) == (2, True)
    assert (tmp_path / "0002_second.py").read_text() == text


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    assert make(tmp_path / "app/migrations", "first")[0] == 0
    assert len(read_history(tmp_path / "app/migrations")) == 1


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("a file")
    code, said = make(tmp_path / "app/migrations", "first")
    assert (code, "cannot be written: Not a directory" in said) == (1, True)


def test_files_that_cannot_be_meant_get_no_successor(tmp_path: Path) -> None:
    (tmp_path / "0001_broken.py").write_text("def (")
    assert make(tmp_path, "second")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["0001_broken.py"]


@settings(max_examples=50)
@given(st.text(st.sampled_from("aZ9_- é/."), max_size=29))
def test_a_name_makes_a_history_or_nothing(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("app")
    code, _ = make(folder, name)
    assert code in (0, 2)
    assert len(read_history(folder)) == len(list(folder.iterdir())) == (1 if code == 0 else 0)
