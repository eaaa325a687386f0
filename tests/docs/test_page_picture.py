"""The photograph of the page can be taken again, and is the size that the documents show it at."""

import struct
from pathlib import Path

import pytest

from docs.pictures import page
from sandbox.browser import BrowserError


def test_the_page_is_photographed_in_both_schemes(tmp_path: Path) -> None:
    try:
        written = page.photograph(tmp_path)
    except BrowserError as error:
        pytest.skip(str(error))
    assert [path.name for path in written] == ["page.png", "page-dark.png"]
    for path in written:
        assert _size(path) == _size(page.FOLDER / path.name) == (page.WIDTH, page.HEIGHT)


def _size(path: Path) -> tuple[int, int]:
    """Width and height, from a PNG's header (https://www.w3.org/TR/png-3/#11IHDR)."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height
