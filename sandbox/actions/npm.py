"""Installations of npm packages that are made once and then provided to jobs, which have no registry.

A job's `npm ci` finds one by the hash of its package-lock.json (tools/npm).
"""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from sandbox.paths import CACHE

FOLDER = CACHE / "npm"
TIMEOUT_SECONDS = 300
FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000")
NEXT = "Look whether this machine reaches npm's registry, then run the same command again."


class NpmError(Exception):
    """npm could not install what a lock file names; the message ends with what npm said."""


def installation(lock_folder: Path, cache: Path = FOLDER) -> Path:
    """Where the prepared installation of a folder's package-lock.json is, or would be: the parent of node_modules."""
    return cache / hashlib.sha256((lock_folder / "package-lock.json").read_bytes()).hexdigest()


def prepare(lock_folder: Path, cache: Path = FOLDER) -> Path:
    """Install what a folder's package-lock.json names, unless it is there; returns the folder of node_modules.

    Processes that ask at the same time wait for the one that installs.

    Args:
        lock_folder: has package.json and package-lock.json.
        cache: where installations are kept.

    Raises:
        NpmError: npm fails, or there is none.
    """
    ready = installation(lock_folder, cache)
    if (ready / "node_modules").is_dir():
        return ready
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{ready.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (ready / "node_modules").is_dir():
            return ready
        unfinished = cache / f"{ready.name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(lock_folder / name, unfinished / name)
        _install(unfinished, lock_folder)
        (unfinished / "node_modules").mkdir(exist_ok=True)
        unfinished.rename(ready)
    return ready


def _install(folder: Path, asked: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NpmError("There is no npm on this machine. Install Node.js, then run the same command again.")
    try:
        done = subprocess.run(
            [npm, "ci", *FLAGS], cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise NpmError(f"`npm ci` of {asked / 'package-lock.json'} did not end; nothing was kept. {NEXT}") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise NpmError(f"`npm ci` of {asked / 'package-lock.json'} failed; nothing was kept. {NEXT} npm said:\n{said}")
