"""What a person and GitHub's log see. Data is one line and free of secrets before it gets here to be printed."""

import json
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, unquote, urlsplit

from deploy.errors import DeployError

SECRETS = (
    *("VERCEL_TOKEN", "VERCEL_BYPASS", "SLACK_WEBHOOK", "GITHUB_TOKEN"),
    *("DATADOG_API_KEY", "DATADOG_APP_KEY"),
    *("BACKUP_WEBHOOK", "BACKUP_TOKEN", "DB_ROLLBACK_WEBHOOK", "DB_ROLLBACK_TOKEN", "DATABASE_URL"),
)
"""The variables whose values are never printed."""

_SHORTEST_SECRET = 4
_SHORTEST_SECRET_PATH = 16
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OUTPUT_NAME = re.compile(r"[a-z_]+")


class Console:
    """Results go to standard output, everything else to standard error."""

    def __init__(
        self, environ: Mapping[str, str], *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        """Learn what to keep secret.

        Args:
            environ: the environment variables; the values of `SECRETS` are replaced by `***` wherever they turn up.
            as_json: whether standard output is one JSON document.
            out: where results go; standard output by default.
            err: where the log goes; standard error by default.
        """
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._as_json = as_json
        self._github = environ.get("GITHUB_ACTIONS") == "true"
        self._output_file = environ.get("GITHUB_OUTPUT")
        self._summary_file = environ.get("GITHUB_STEP_SUMMARY")
        self._secrets = _spellings(environ[name] for name in SECRETS if environ.get(name))
        self._lock = threading.Lock()
        self.warnings: list[str] = []
        """What went wrong beside the command's own purpose, such as a message that Slack did not take."""

    def clean(self, text: str) -> str:
        r"""The text as one line without secrets, and without what GitHub's runner would take for a command.

        A line that begins with `::`, or has `##[` anywhere, is a command to the runner (actions/runner,
        src/Runner.Common/ActionCommand.cs), so data never begins a line and control characters become escapes.
        """
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
        return text.replace("##[", "## [")

    def log(self, text: str) -> None:
        """One line of what is going on."""
        self._write(self._err, f"- {self.clean(text)}")

    def warn(self, text: str) -> None:
        """Something that somebody has to know although the command goes on."""
        self.warnings.append(self.clean(text))
        self._write(self._err, f"{'::warning::' if self._github else 'warning: '}{self._escaped(text)}")

    def notice(self, text: str) -> None:
        """Something good to know, which GitHub keeps with the run."""
        self._write(self._err, f"{'::notice::' if self._github else '- '}{self._escaped(text)}")

    def fail(self, error: DeployError) -> None:
        """Why the command ends unfinished."""
        self._write(self._err, f"{'::error::' if self._github else 'error: '}{self._escaped(str(error))}")
        if self._as_json:
            self._document(
                {
                    "done": False,
                    "exit_code": error.exit_code,
                    "message": error.what,
                    "state": error.state,
                    "next": error.following,
                    **error.data,
                }
            )
        self.summarise(f"**{type(error).__name__.removesuffix('Error')}**: {error}")

    def done(self, message: str, data: Mapping[str, Any], lines: Iterable[str] = ()) -> None:
        """What the command did, for people; for machines also the data."""
        if self._as_json:
            self._document({"done": True, "exit_code": 0, "message": message, **data})
        else:
            for line in lines or (message,):
                self._write(self._out, self.clean(line))
        self.summarise(message)

    def output(self, **values: str) -> None:
        """Hand values to later steps of a GitHub job (https://docs.github.com/actions, `GITHUB_OUTPUT`)."""
        if self._output_file is None:
            return
        lines = [f"{name}={self.clean(value)}\n" for name, value in values.items() if _OUTPUT_NAME.fullmatch(name)]
        with Path(self._output_file).open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def summarise(self, text: str) -> None:
        """Add a line to the summary of a GitHub run (`GITHUB_STEP_SUMMARY`)."""
        if self._summary_file is None:
            return
        plain = self.clean(text).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
        with Path(self._summary_file).open("a", encoding="utf-8") as file:
            file.write(f"- {plain}\n")

    def _document(self, document: Mapping[str, Any]) -> None:
        text = json.dumps({**document, "warnings": self.warnings}, ensure_ascii=True)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        self._write(self._out, text)

    def _escaped(self, text: str) -> str:
        """The text inside a runner's command, where `%` begins an escape."""
        clean = self.clean(text)
        return clean.replace("%", "%25") if self._github else clean

    def _write(self, stream: TextIO, line: str) -> None:
        with self._lock:
            stream.write(line + "\n")
            stream.flush()


def _secret_path(value: str) -> str:
    """What of an address is a credential by itself, as in Slack's; a plain word such as `backup` is none."""
    path = urlsplit(value).path.strip("/") if value.startswith(("http://", "https://")) else ""
    return path if len(path) >= _SHORTEST_SECRET_PATH and any(sign.isdigit() for sign in path) else ""


def _password(value: str) -> str:
    """The password of an address that has one, as a database's."""
    try:
        return unquote(urlsplit(value).password or "")
    except ValueError:
        return ""


def _spellings(values: Iterable[str]) -> list[str]:
    """Each secret as it may appear: itself, percent-encoded, as JSON, and what is secret in an address."""
    found: set[str] = set()
    for value in values:
        for secret in (value, _secret_path(value), _password(value)):
            found |= {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    # Longest first: a secret that contains another is replaced whole.
    return sorted((secret for secret in found if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)
