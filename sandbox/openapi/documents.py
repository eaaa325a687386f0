"""The services' published OpenAPI documents, fetched once by the package managers' clients and kept in `.cache/`.

GitHub's comes with npm's `@octokit/openapi`, Datadog's with the source distribution of PyPI's `datadog-api-client`.
Vercel publishes none in a package.
"""

import fcntl
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.openapi.json_schema import as_json_schema
from sandbox.paths import CACHE

KEPT = CACHE / "openapi"


class DocumentError(Exception):
    """A document cannot be had; the message says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a service's documents come from."""

    command: Sequence[str]
    """Downloads the package into the folder that is its last argument."""
    sha256: str
    """Of the package, in hexadecimal."""
    members: Sequence[str]
    """The documents in the package, each a path."""


SOURCES = {
    "github": Source(
        command=("npm", "pack", "--silent", "@octokit/openapi@23.0.2", "--pack-destination"),
        sha256="71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
        members=("package/generated/api.github.com.json",),
    ),
    "datadog": Source(
        command=(
            *("uv", "tool", "run", "pip", "download", "--quiet", "--no-deps", "--no-binary", "datadog-api-client"),
            *("datadog-api-client==2.62.0", "--dest"),
        ),
        sha256="fec6a649dac5dd7224f64662390005e6d6ce688029742278346f46190d0fc902",
        members=(
            "datadog_api_client-2.62.0/.generator/schemas/v1/openapi.yaml",
            "datadog_api_client-2.62.0/.generator/schemas/v2/openapi.yaml",
        ),
    ),
}


def documents(service: str) -> list[dict[str, Any]]:
    """A service's documents, their schemas turned into JSON Schema.

    Raises:
        DocumentError: when a document is not here and cannot be fetched, or is not the one that is expected.
    """
    source = SOURCES[service]
    kept = KEPT / f"{service}-{source.sha256[:12]}.json"
    if not kept.exists():
        with _one_at_a_time(service):
            if not kept.exists():
                fetched = json.dumps([as_json_schema(document) for document in _fetch(source)])
                unfinished = kept.with_suffix(".new")
                unfinished.write_text(fetched)
                unfinished.rename(kept)
    return json.loads(kept.read_text())


@contextmanager
def _one_at_a_time(service: str) -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{service}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(source: Source) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [*source.command, folder]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise DocumentError(f"{command[0]} is not on this machine: install it, then run the same again.") from error
        except subprocess.CalledProcessError as error:
            raise DocumentError(
                f"`{' '.join(source.command)} …` failed, so the sandbox cannot be held to the service's own document. "
                f"Check the network, then run the same again. It said: {error.stderr.strip()[-600:]}"
            ) from error
        (package,) = (path for path in Path(folder).iterdir() if path.name.endswith(("gz", "tgz")))
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        if digest != source.sha256:
            raise DocumentError(f"{package.name} has SHA-256 {digest}, not {source.sha256}: it is not used.")
        with tarfile.open(package) as archive:
            for member in source.members:
                extracted = archive.extractfile(member)
                if extracted is None:
                    raise DocumentError(f"{package.name} holds no {member}.")
                text = extracted.read()
                yield json.loads(text) if member.endswith(".json") else yaml.load(text, Loader=yaml.CSafeLoader)
