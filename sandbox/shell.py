"""What a command finds in its environment so that every service under its real name is the sandbox's."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.accounts import Accounts
from sandbox.world.edge import environment

GITHUB = "https://github.com/"
_CREDENTIALS = '!f() { echo username=operator; echo "password=$GITHUB_TOKEN"; }; f'
"""What Git asks for the password: it stands in no argument and in no file."""
_SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a command."""


class CommandError(Exception):
    """A command cannot be run; the message says why."""


def shell_environment(
    urls: Mapping[str, str], certificate_authority: Path, accounts: Accounts, owner: str
) -> dict[str, str]:
    """The variables to add to a command's environment.

    Args:
        urls: the served world's, by name.
        certificate_authority: the file that the world wrote its authority to.
        accounts: whose tokens it gets: the operator's, and `REVIEWER_TOKEN`.
        owner: of the repositories that are the sandbox's.
    """
    return {
        **environment(urls, certificate_authority),
        **tokens(accounts),
        # What `gh` asks first.
        "GH_TOKEN": accounts.github_token,
        **_git_configuration(urls["edge"], owner),
    }


def tokens(accounts: Accounts) -> dict[str, str]:
    """What the clients of GitHub, Vercel and Datadog read their credentials from."""
    return {
        "GITHUB_TOKEN": accounts.github_token,
        "REVIEWER_TOKEN": accounts.reviewer_token,
        "VERCEL_TOKEN": accounts.vercel_token,
        "DD_API_KEY": accounts.datadog_api_key,
        "DD_APP_KEY": accounts.datadog_app_key,
    }


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end; its exit code. Ctrl-C is the command's, as in a shell.

    Raises:
        CommandError: there is no such command.
    """
    if not command:
        raise CommandError("No command was given: `python -m sandbox exec -- bash`.")
    # A handler is this process's alone; a signal that is ignored would be ignored by the command too.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(command, env=environ) as running:
            signal.signal(signal.SIGTERM, lambda *_: running.terminate())
            code = running.wait()
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be run: {error.strerror}.") from error
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return code if code >= 0 else _SIGNALLED - code


def _git_configuration(edge: str, owner: str) -> dict[str, str]:
    """Settings that win over a person's own, which may send `github.com` elsewhere or log in as themselves.

    Source: https://git-scm.com/docs/git-config, GIT_CONFIG_COUNT; of addresses the longest one that fits counts.
    """
    ours = f"{GITHUB}{owner}/"
    settings = [
        # An empty value forgets the ones before it.
        (f"credential.{GITHUB}.helper", ""),
        (f"credential.{GITHUB}.helper", _CREDENTIALS),
        (f"url.{ours}.insteadOf", ours),
        (f"url.{ours}.pushInsteadOf", ours),
        (f"http.{GITHUB}.proxy", edge),
        (f"http.{GITHUB}.extraHeader", ""),
    ]
    first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    numbered = dict(enumerate(settings, first))
    return {
        "GIT_CONFIG_COUNT": str(first + len(settings)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in numbered.items()},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered.items()},
    }
