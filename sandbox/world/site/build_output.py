"""What a deployment brings: the files of its Build Output API v3 (https://vercel.com/docs/build-output-api).

A path leads to a static file, by its exact name, as `PATH.html`, as `PATH/index.html`, or by the `overrides` of
`config.json`; to a page that was rendered when the deployment was built; or to a function.
"""

import json
import posixpath
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from mimetypes import MimeTypes
from typing import Any

from sandbox.world.state import Document, State
from sandbox.world.vercel.builds import OUTPUT_CONFIGURATION
from sandbox.world.vercel.files import read_file

OUTPUT = OUTPUT_CONFIGURATION.removesuffix("config.json")
_STATIC = f"{OUTPUT}static/"
_FUNCTIONS = f"{OUTPUT}functions/"
_FUNCTION = ".func"
CONFIGURATION = ".vc-config.json"
_PRERENDER = ".prerender-config.json"
_TYPES = MimeTypes()
# What Vercel says; the standard library changed its mind with Python 3.12.
_TYPES.add_type("application/javascript", ".js")
_TYPES.add_type("application/javascript", ".mjs")
_TYPES.add_type("text/x-component", ".rsc")
_TEXTUAL = ("application/json", "application/javascript", "application/xml", "image/svg+xml")


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file to answer with.

    Attributes:
        name: where it stands among the deployment's files.
        digest: its SHA-1.
        headers: what the build says of it, names in small letters.
        status: what it is answered with.
    """

    name: str
    digest: str
    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a build.

    Attributes:
        folder: where it stands among the deployment's files, `….func`.
        configuration: its `.vc-config.json`.
    """

    folder: str
    configuration: Mapping[str, Any]


@dataclass(frozen=True)
class BuildOutput:
    """The output of one deployment. It never changes, so what was once read of it is kept."""

    state: State = field(repr=False)
    deployment: Document = field(repr=False)

    def read(self, digest: str) -> bytes:
        """The content of a file by its SHA-1."""
        return read_file(self.state, self.deployment["ownerId"], digest)

    @cached_property
    def digests(self) -> dict[str, str]:
        """The SHA-1 of each file by its name, symbolic links left out."""
        return {file["file"]: file["sha"] for file in self.deployment["files"] if not _is_link(file)}

    @cached_property
    def links(self) -> dict[str, str]:
        """Where each symbolic link leads, by its name: the builder writes one where functions are the same."""
        links = [file for file in self.deployment["files"] if _is_link(file)]
        return {
            file["file"]: posixpath.normpath(
                posixpath.join(posixpath.dirname(file["file"]), self.read(file["sha"]).decode())
            )
            for file in links
        }

    @cached_property
    def config(self) -> dict[str, Any]:
        """The build's `config.json`. Raises KeyError where there is none, as with an archive."""
        return json.loads(self.read(self.digests[OUTPUT_CONFIGURATION]))

    def has(self, path: str) -> bool:
        """Whether a path leads to something."""
        return self.find_file(path) is not None or self.find_function(path) is not None

    def find_file(self, path: str) -> File | None:
        """The static file or the page rendered beforehand that a path leads to."""
        return self._static_file(path) or self._rendered(path)

    def find_function(self, path: str) -> Function | None:
        """The function that a path leads to."""
        folder = f"{_FUNCTIONS}{_output_path(path)}{_FUNCTION}"
        folder = self.links.get(folder, folder)
        digest = self.digests.get(f"{folder}/{CONFIGURATION}")
        return None if digest is None else Function(folder, json.loads(self.read(digest)))

    def error_page(self) -> File | None:
        """The page for what is not found, of builds that have one and no route to it."""
        return self._file("404.html", "text/html; charset=utf-8")

    def _static_file(self, path: str) -> File | None:
        overrides: dict[str, dict[str, str]] = self.config.get("overrides", {})
        wanted = path.strip("/")
        for candidate in (wanted, f"{wanted}.html", f"{wanted}/index.html".lstrip("/")):
            # An override moves a file: it is not to be had under its own name any more.
            name = self._moved.get(candidate, candidate)
            given = overrides.get(name, {})
            if given.get("path", candidate) == candidate:
                found = self._file(name, given.get("contentType") or _content_type(name))
                if found is not None:
                    return found
        return None

    @cached_property
    def _moved(self) -> dict[str, str]:
        return {given["path"]: name for name, given in self.config.get("overrides", {}).items() if "path" in given}

    def _file(self, name: str, content_type: str) -> File | None:
        digest = self.digests.get(f"{_STATIC}{name}")
        if digest is None:
            return None
        return File(name=f"{_STATIC}{name}", digest=digest, headers={"content-type": content_type})

    def _rendered(self, path: str) -> File | None:
        """A page that was rendered by the build and does not grow old; one that does is the function's to answer."""
        name = f"{_FUNCTIONS}{_output_path(path)}{_PRERENDER}"
        digest = self.digests.get(name)
        if digest is None:
            return None
        config = json.loads(self.read(digest))
        fallback = config.get("fallback")
        if not isinstance(fallback, dict) or config.get("expiration") is not False:
            return None
        page = posixpath.join(posixpath.dirname(name), fallback["fsPath"])
        if page not in self.digests:
            return None
        headers = {key.lower(): value for key, value in config.get("initialHeaders", {}).items()}
        # Vercel keeps the tags to itself.
        headers.pop("x-next-cache-tags", None)
        headers.setdefault("content-type", fallback.get("contentType") or _content_type(page))
        headers["x-vercel-cache"] = "PRERENDER"
        return File(name=page, digest=self.digests[page], headers=headers, status=config.get("initialStatus", 200))


def _output_path(path: str) -> str:
    return path.strip("/") or "index"


def _is_link(file: Mapping[str, Any]) -> bool:
    return stat.S_ISLNK(file["mode"])


def _content_type(name: str) -> str:
    kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTUAL else kind
