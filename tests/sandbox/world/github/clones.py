"""A person's clone of the world's repository, by Git itself."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ON_PUSH = (
    "on:\n  push:\n    branches: [develop]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
)
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Mona",
    "GIT_AUTHOR_EMAIL": "mona@example.com",
    "GIT_COMMITTER_NAME": "Mona",
    "GIT_COMMITTER_EMAIL": "mona@example.com",
}


class Clone:
    """A person's clone."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder, self.url, self.token = folder, url, token

    def git(self, *arguments: str, ok: bool = True, more: Mapping[str, str] | None = None) -> str:
        """Run git; what it says. Raises AssertionError when it does not end as it should."""
        running = self.start(*arguments, more=more)
        said = running.communicate()[0]
        assert (running.returncode == 0) is ok, said
        return said

    def start(self, *arguments: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Begin to run git."""
        helper = f"!f() {{ echo username=x-access-token; echo password={self.token}; }}; f"
        configuration = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper}
        return subprocess.Popen(
            ["git", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **QUIET, **configuration, **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def commit(self, message: str = "Change it", **more: str) -> str:
        """Commit everything; the commit's ID."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message, more=more)
        return self.git("rev-parse", "HEAD").strip()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
