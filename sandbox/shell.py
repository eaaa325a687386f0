"""What a command finds in its environment so that every service under its real name is the sandbox's."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.accounts import Accounts
from sandbox.world.edge import environment

_CREDENTIALS = 'f() { echo username=operator; echo "password=$GITHUB_TOKEN"; }; f'
"""What Git asks for the password: it stands in no argument and in no file."""


def shell_environment(urls: Mapping[str, str], certificate_authority: Path, accounts: Accounts) -> dict[str, str]:
    """The variables to add to a command's environment.

    Args:
        urls: the served world's, by name.
        certificate_authority: the file that the world wrote its authority to.
        accounts: whose tokens it gets: the operator's, and `REVIEWER_TOKEN`.
    """
    # An empty helper forgets those of the machine: https://git-scm.com/docs/gitcredentials.
    git = [("credential.https://github.com.helper", value) for value in ("", f"!{_CREDENTIALS}")]
    return {
        **environment(urls, certificate_authority),
        **tokens(accounts),
        "GIT_CONFIG_COUNT": str(len(git)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in enumerate(git)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(git)},
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
