"""Python packages that are downloaded once and then provided to jobs, which have no registry.

A job's `pip install` looks in `FOLDER` and nowhere else (job.py sets PIP_NO_INDEX and PIP_FIND_LINKS).
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.paths import CACHE

FOLDER = CACHE / "pip"
TIMEOUT_SECONDS = 300
FLAGS = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps", "--only-binary=:all:")
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The Python of the steps: this machine's own, not the project's environment."""


NEXT = "Look whether this machine reaches the package index, then run the same command again."


class PipError(Exception):
    """pip could not download what a list names; the message ends with what pip said."""


def prepared(requirements: Path, cache: Path = FOLDER) -> Path:
    """The file that says that everything of a list is there: by its contents and by the Python that it is for."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}-"
    return cache / f"{tag}{hashlib.sha256(requirements.read_bytes()).hexdigest()}.ready"


def prepare(requirements: Path, cache: Path = FOLDER) -> Path:
    """Download the wheels that a list names, unless they are there; returns the folder that holds them.

    Processes that ask at the same time wait for the one that downloads.

    Args:
        requirements: names every package with its version and its hashes.
        cache: where wheels are kept, those of all lists together.

    Raises:
        PipError: pip fails, or there is none.
    """
    ready = prepared(requirements, cache)
    if ready.is_file():
        return cache
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{ready.stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.is_file():
            return cache
        unfinished = cache / f"{ready.stem}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _download(requirements, unfinished)
        for wheel in unfinished.iterdir():
            wheel.replace(cache / wheel.name)
        unfinished.rmdir()
        ready.touch()
    return cache


def _download(requirements: Path, folder: Path) -> None:
    command = [str(PYTHON), "-m", "pip", "download", *FLAGS, f"--dest={folder}", f"--requirement={requirements}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
    except OSError as error:
        raise PipError(f"There is no {PYTHON}, which steps run. Install it, then run the same again.") from error
    except subprocess.TimeoutExpired as error:
        raise PipError(f"`pip download` of {requirements} did not end; nothing was kept. {NEXT}") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise PipError(f"`pip download` of {requirements} failed; nothing was kept. {NEXT} pip said:\n{said}")
