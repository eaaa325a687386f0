"""Stands in for actions/cache: https://github.com/actions/cache. A miss is saved when the job's steps have succeeded.

A cache is a tar file named for its key, in a folder for its ref and its paths: only the same paths find it again.
"""

import glob
import hashlib
import json
import os
import sys
import tarfile
from pathlib import Path
from urllib.parse import quote, unquote

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    flag_input,
    list_input,
    read_settings,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)

LONGEST_KEY = 512


def main(settings: JobSettings) -> None:
    """Restore what fits best, and note what is to be saved at the end."""
    key, paths = text_input("key"), list_input("path")
    prefixes = list_input("restore-keys")
    for name in (key, *prefixes):
        if not name or len(name) > LONGEST_KEY or "," in name:
            raise StandInError(
                f"Key Validation Error: {name} cannot be empty, contain commas or be over 512 characters."
            )
    if not paths:
        raise StandInError("Input required and not supplied: path")
    set_output("cache-primary-key", key)
    found = _find(settings, paths, key, prefixes)
    if found is None:
        if flag_input("fail-on-cache-miss"):
            raise StandInError(f"Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {key}")
        print(f"Cache not found for input keys: {', '.join([key, *prefixes])}")  # noqa: T201  # a step's output
        set_output("cache-hit", "")
    else:
        matched, file = found
        set_output("cache-matched-key", matched)
        set_output("cache-hit", "true" if matched == key else "false")
        if not flag_input("lookup-only"):
            _extract(file)
        print(f"Cache restored from key: {matched}")  # noqa: T201  # likewise
    if (found is None or found[0] != key) and not flag_input("lookup-only"):
        settings.pending.mkdir(exist_ok=True)
        note = {"key": key, "paths": paths}
        (settings.pending / f"{len(list(settings.pending.iterdir()))}.json").write_text(json.dumps(note))


def save(settings: JobSettings) -> None:
    """Save what the job's cache steps missed; what another job has saved by now stays."""
    if not settings.pending.is_dir():
        return
    for note in sorted(settings.pending.iterdir()):
        wanted = json.loads(note.read_text())
        folder = _folder(settings, settings.cache_scopes[0], wanted["paths"])
        file = folder / f"{quote(wanted['key'], safe='')}.tar"
        names = _matching(wanted["paths"])
        if file.exists() or not names:
            print(f"Cache {wanted['key']} is not saved: it is there, or there is nothing to save.")  # noqa: T201
            continue
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        with tarfile.open(unfinished, "w") as archive:
            for path in names:
                archive.add(path, arcname=_name(path))
        unfinished.rename(file)
        print(f"Cache saved with key: {wanted['key']}")  # noqa: T201


def _find(settings: JobSettings, paths: list[str], key: str, prefixes: list[str]) -> tuple[str, Path] | None:
    for scope in settings.cache_scopes:
        folder = _folder(settings, scope, paths)
        exact = folder / f"{quote(key, safe='')}.tar"
        if exact.exists():
            return key, exact
        for prefix in (key, *prefixes):
            start = quote(prefix, safe="")
            files = [file for file in folder.glob("*.tar") if file.name.startswith(start)]
            if files:
                newest = max(files, key=lambda file: file.stat().st_mtime_ns)
                return unquote(newest.stem), newest
    return None


def _folder(settings: JobSettings, scope: str, paths: list[str]) -> Path:
    version = hashlib.sha256("|".join(paths).encode()).hexdigest()[:16]
    return settings.caches / quote(scope, safe="") / version


def _extract(file: Path) -> None:
    roots = {"workspace": workspace(), "home": Path.home()}
    with tarfile.open(file) as archive:
        for member in archive.getmembers():
            root, _, member.name = member.name.partition("/")
            archive.extract(member, roots[root], filter="fully_trusted")


def _name(path: Path) -> str:
    """What a path is called in a cache: relative to the workspace or to the home folder, which move between jobs."""
    for name, root in (("workspace", workspace()), ("home", Path.home())):
        if path.is_relative_to(root):
            return f"{name}/{path.relative_to(root)}"
    raise StandInError(f"The sandbox caches what is below the workspace or the home folder, not {path}")


def _matching(paths: list[str]) -> list[Path]:
    found: dict[Path, None] = {}
    for pattern in paths:
        absolute = workspace() / Path(pattern.removeprefix("!")).expanduser()
        for name in glob.glob(str(absolute), recursive=True, include_hidden=True):  # noqa: PTH207  # hidden ones too
            if pattern.startswith("!"):
                found.pop(Path(name), None)
            else:
                found[Path(name)] = None
    return list(found)


if __name__ == "__main__":
    if sys.argv[1:] == ["save"]:
        save(read_settings())
    else:
        run_stand_in(main)
