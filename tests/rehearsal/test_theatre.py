"""What the rehearsal does with the folder that it is given."""

from pathlib import Path

import pytest
from rich.console import Console

from rehearsal import theatre as theatre_module
from rehearsal.theatre import MARK, TEMPORARY, NotReadyError, theatre
from sandbox.daemon import LOCK, claimed


class StopError(Exception):
    """Far enough."""


@pytest.fixture(autouse=True)
def nothing_is_brought_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_console: Console) -> None:
        raise StopError

    monkeypatch.setattr(theatre_module, "prepare", stop)


def test_a_folder_of_somebody_elses_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("mine")
    with pytest.raises(NotReadyError, match="not empty"), theatre(tmp_path, Console(quiet=True)):
        pass
    assert (tmp_path / "letters").read_text() == "mine"


def test_the_folder_of_an_earlier_rehearsal_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "world.db").touch()
    with pytest.raises(StopError), theatre(tmp_path, Console(quiet=True)):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {MARK, LOCK}


def test_an_empty_folder_and_none_are_taken(tmp_path: Path) -> None:
    for home in (tmp_path / "new", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(StopError), theatre(home, Console(quiet=True)):
            pass
        assert (home / MARK).is_file()


def test_of_two_rehearsals_in_one_folder_the_second_is_refused_and_nothing_is_deleted(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "world.db").write_text("the first one's")
    with claimed(tmp_path), pytest.raises(NotReadyError, match="in use"), theatre(tmp_path, Console(quiet=True)):
        pass
    assert (tmp_path / "world.db").read_text() == "the first one's"


@pytest.mark.parametrize("part", ["", "checkout", "checkout/.sandbox"])
def test_what_holds_the_repository_or_the_sandbox_is_refused_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    checkout = tmp_path / "checkout"
    monkeypatch.setattr(theatre_module, "PROJECT", checkout)
    monkeypatch.setattr(theatre_module, "HOME", checkout / ".sandbox")
    for folder in ("rehearsal", ".sandbox/rehearsal"):
        (checkout / folder).mkdir(parents=True)
    for folder in (tmp_path, checkout, checkout / ".sandbox"):
        (folder / MARK).touch()
        (folder / "kept").touch()
    with (
        pytest.raises(NotReadyError, match="holds more than a rehearsal"),
        theatre(tmp_path / part, Console(quiet=True)),
    ):
        pass
    assert (tmp_path / part / "kept").exists()


def test_a_folder_that_has_one_by_the_name_of_the_mark_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / MARK).mkdir()
    with pytest.raises(NotReadyError, match="not empty"), theatre(tmp_path, Console(quiet=True)):
        pass
    assert (tmp_path / MARK).is_dir()


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(NotReadyError, match="Name another folder"),
        theatre(tmp_path / "file/home", Console(quiet=True)),
    ):
        pass


def test_what_a_killed_rehearsal_kept_elsewhere_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    home, left, other = tmp_path / "home", tmp_path / f"{TEMPORARY}x", tmp_path / "mine"
    for folder in (home, left, other):
        folder.mkdir()
    for named in (left, other):
        (home / MARK).write_text(str(named))
        with pytest.raises(StopError), theatre(home, Console(quiet=True)):
            pass
    assert (left.exists(), other.exists()) == (False, True)
