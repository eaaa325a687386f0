"""Stands in for actions/cache: https://github.com/actions/cache. A miss is saved when the job's steps have succeeded.

A cache is a folder of tar files named for its key, in a folder for its ref and its paths: only the same paths find it
again.
"""

import fcntl
import glob
import hashlib
import json
import shutil
import subprocess
import sys
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
TOUCHED = ": file changed as we read it"


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
        file = folder / f"{quote(wanted['key'], safe='')}.cache"
        names = _matching(wanted["paths"])
        if file.exists() or not names:
            print(f"Cache {wanted['key']} is not saved: it is there, or there is nothing to save.")  # noqa: T201
            continue
        folder.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                print(  # noqa: T201
                    f"Failed to save: Unable to reserve cache with key {wanted['key']}, "
                    "another job may be creating this cache."
                )
                continue
            unfinished = file.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            for name, inside in _by_root(names).items():
                _tar("--create", "--file", unfinished / name, "--directory", _roots()[name], "--", *inside)
            unfinished.rename(file)
        print(f"Cache saved with key: {wanted['key']}")  # noqa: T201


def _find(settings: JobSettings, paths: list[str], key: str, prefixes: list[str]) -> tuple[str, Path] | None:
    for scope in settings.cache_scopes:
        folder = _folder(settings, scope, paths)
        exact = folder / f"{quote(key, safe='')}.cache"
        if exact.exists():
            return key, exact
        for prefix in (key, *prefixes):
            start = quote(prefix, safe="")
            files = [file for file in folder.glob("*.cache") if file.name.startswith(start)]
            if files:
                newest = max(files, key=lambda file: file.stat().st_mtime_ns)
                return unquote(newest.stem), newest
    return None


def _folder(settings: JobSettings, scope: str, paths: list[str]) -> Path:
    version = hashlib.sha256("|".join(paths).encode()).hexdigest()[:16]
    return settings.caches / quote(scope, safe="") / version


def _extract(file: Path) -> None:
    for name, root in _roots().items():
        archive = file / name
        if archive.exists():
            _tar("--extract", "--file", archive, "--directory", root)


def _by_root(paths: list[Path]) -> dict[str, list[Path]]:
    """Paths relative to the workspace or to the home folder, which move between jobs."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        name = next((name for name, root in _roots().items() if path.is_relative_to(root)), None)
        if name is None:
            raise StandInError(f"The sandbox caches what is below the workspace or the home folder, not {path}")
        found.setdefault(name, []).append(path.relative_to(_roots()[name]))
    return found


def _roots() -> dict[str, Path]:
    return {"workspace": workspace(), "home": Path.home()}


def _tar(*arguments: str | Path) -> None:
    """Tar itself, as the real action: Python's module takes ten times as long for a node_modules."""
    done = subprocess.run(["tar", *arguments], capture_output=True, text=True, check=False)
    # Another job that links to the same installation changes a file's time, and nothing that is in it.
    complaints = [line for line in done.stderr.splitlines() if not line.endswith(TOUCHED)]
    if done.returncode and (complaints or not done.stderr):
        raise StandInError(f"tar failed: {done.stderr.strip()}")


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
