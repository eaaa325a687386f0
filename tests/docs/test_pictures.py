"""The documents' pictures are what the code that draws them draws now."""

import importlib
from pathlib import Path

import pytest

from docs.pictures.__main__ import FOLDER, PICTURES
from sandbox.paths import PROJECT


@pytest.mark.parametrize("name", PICTURES)
def test_the_committed_picture_is_what_is_drawn_now(name: str, tmp_path: Path) -> None:
    drawn = tmp_path / f"{name}.svg"
    importlib.import_module(PICTURES[name]).draw(drawn)
    same = drawn.read_bytes() == (FOLDER / f"{name}.svg").read_bytes()
    assert same, "run `make pictures`, and look at what has changed"


def test_every_picture_is_registered_and_shown_in_a_document() -> None:
    drawn = {path.stem for path in FOLDER.glob("*.svg")}
    documents = "".join(path.read_text() for path in (PROJECT / "docs").glob("*.md"))
    assert drawn == set(PICTURES)
    for name in PICTURES:
        assert f"](pictures/{name}.svg)" in documents
