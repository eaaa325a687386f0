"""Chromium for the page's tests and pictures: the one that is there, or Debian's, installed where that is possible."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ON_MACOS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=600", "-qq")
"""Waits for whoever else installs something."""


class BrowserError(Exception):
    """There is no browser; the message says what to do."""


def find_browser() -> Path:
    """The program of Chromium or Chrome; as root on Debian it is installed when there is none.

    Raises:
        BrowserError: when there is none and it could not be installed.
    """
    found = _present()
    if found is not None:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BrowserError(
            "There is no Chromium here: install it (`sudo apt-get install chromium`), then run this again."
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run([*_APT, *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
            raise BrowserError(f"There is no Chromium here, and `apt-get {command[0]}` failed: {why}")
    found = _present()
    if found is None:
        raise BrowserError("Debian's package chromium was installed and brought no program of that name.")
    return found


def arguments() -> list[str]:
    """What Chromium has to be started with: as root it refuses to start in its own sandbox."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def _present() -> Path | None:
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if on_path is not None:
        return Path(on_path)
    return next((path for path in _ON_MACOS if path.exists()), None)
