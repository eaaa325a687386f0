"""Where the documents come from: fetched once, checked, and said in words where they cannot be had."""

import hashlib
import io
import json
import multiprocessing
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.openapi import documents
from sandbox.openapi.documents import SOURCES, DocumentError, Parts, Source, parts_of

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/files/{path}": {"get": {"parameters": [{"$ref": "#/components/parameters/path"}]}, "delete": {}},
        "/plain/{name}": {"get": {"parameters": [{"in": "path", "name": "name"}]}},
    },
    "components": {
        "parameters": {"path": {"in": "path", "name": "path", "x-multi-segment": True}},
        "schemas": {"file": {"type": "object"}},
    },
}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A package manager that is only `cp`, and counts how often it was asked."""
    package = tmp_path / "package.tgz"
    text = json.dumps(DOCUMENT).encode()
    with tarfile.open(package, "w:gz") as archive:
        member = tarfile.TarInfo("package/api.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    asked = tmp_path / "asked"
    return Source(
        requirement="package==1",
        command=("sh", "-c", f"echo once >> {asked}; sleep 0.3; cp {package} ."),
        sha256=hashlib.sha256(package.read_bytes()).hexdigest(),
        members=("package/api.json",),
    )


@pytest.fixture
def kept(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Source], list[Parts]]:
    """Gives the documents of a source, kept in a folder of the test's own."""

    def get(chosen: Source = source) -> list[Parts]:
        monkeypatch.setattr(documents, "SOURCES", {"service": chosen})
        return parts_of("service", tmp_path / "kept")

    return get


def test_a_document_is_read_part_by_part(kept: Callable[..., list[Parts]]) -> None:
    (parts,) = kept()
    paths = {path.template: path for path in parts.paths()}
    assert paths["/files/{path}"].methods == {"GET", "DELETE"}
    assert paths["/files/{path}"].across_slashes == {"path"}
    assert paths["/plain/{name}"].across_slashes == frozenset()
    assert parts.part("paths", "/plain/{name}") == DOCUMENT["paths"]["/plain/{name}"]
    assert parts.part("schemas", "file") == {"type": "object"}
    with pytest.raises(KeyError, match="schemas/none"):
        parts.part("schemas", "none")


def test_two_processes_that_need_a_document_fetch_it_once(source: Source, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_open, args=(source, tmp_path / "kept")) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "asked").read_text() == "once\n"


def _open(source: Source, folder: Path) -> None:
    documents.SOURCES = {"service": source}
    (parts,) = parts_of("service", folder)
    assert len(parts.paths()) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sha256": "0" * 64}, f"instead of {'0' * 64}: it is not used, and nothing was changed"),
        ({"command": ("no-such-client", "pack")}, "`no-such-client` is not on this machine"),
        (
            {"command": ("sh", "-c", "echo no route to registry >&2; exit 1")},
            "Check the network .* no route to registry",
        ),
        ({"command": ("true",)}, "left 0 packages instead of one"),
        ({"members": ("package/moved.json",)}, "holds no package/moved.json"),
    ],
)
def test_a_document_that_cannot_be_had_is_said_in_words_and_nothing_is_kept(
    kept: Callable[..., list[Parts]], source: Source, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(DocumentError, match=says):
        kept(replace(source, **change))
    assert list((tmp_path / "kept").glob("*.sqlite")) == []


def test_what_was_broken_off_is_fetched_anew(kept: Callable[..., list[Parts]], source: Source, tmp_path: Path) -> None:
    unfinished = source.kept(tmp_path / "kept", "service").with_suffix(".unfinished")
    unfinished.parent.mkdir()
    unfinished.write_bytes(b"half of a file")
    (parts,) = kept()
    assert len(parts.paths()) == 2


def test_a_damaged_file_is_said_with_the_command_that_removes_it(
    kept: Callable[..., list[Parts]], source: Source, tmp_path: Path
) -> None:
    file = source.kept(tmp_path / "kept", "service")
    file.parent.mkdir()
    file.write_bytes(b"not what was written" * 100)
    (parts,) = kept()
    with pytest.raises(DocumentError, match=f"rm {file}"):
        parts.paths()


@pytest.mark.parametrize("service", SOURCES)
def test_every_package_is_pinned_to_one_version_and_one_content(service: str) -> None:
    source = SOURCES[service]
    _, _, version = source.requirement.rpartition("@" if "@" in source.requirement else "==")
    assert version.replace(".", "").isdecimal()
    assert len(bytes.fromhex(source.sha256)) == 32
