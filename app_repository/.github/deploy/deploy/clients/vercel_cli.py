"""Vercel's own command line, pinned by `vercel-cli/package-lock.json`: it alone uploads a build."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from deploy.clients.vercel import API
from deploy.console import Console
from deploy.settings import Settings

PROGRAM = Path(__file__).resolve().parents[2] / "vercel-cli/node_modules/.bin/vercel"
TIMEOUT_SECONDS = 900
PASSED_ON = (
    *("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CI"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"),
)
"""The variables that it may see, beside its own token."""


class CommandLineError(Exception):
    """It did not end with a deployment's address; the message says how."""


def upload(
    settings: Settings, console: Console, folder: Path, *, api: str, meta: Mapping[str, str], preview: bool = False
) -> str:
    """Deploy `.vercel/output` of a folder, without a domain.

    Args:
        settings: must have Vercel's token, team and project.
        console: where its messages go.
        folder: contains `.vercel/output`; `.vercel/project.json` is written beside it.
        api: the address of Vercel's API.
        meta: written onto the deployment.
        preview: for a preview, not for production.

    Returns:
        The deployment's host name.

    Raises:
        CommandLineError: when it fails, or is not installed.
    """
    project = {"orgId": settings["VERCEL_ORG_ID"], "projectId": settings["VERCEL_PROJECT_ID"]}
    (folder / ".vercel/project.json").write_text(json.dumps(project))
    arguments = [
        *("deploy", "--prebuilt", "--yes", "--no-color", "--cwd", str(folder)),
        *(() if preview else ("--prod", "--skip-domain")),
        *(part for name, value in meta.items() for part in ("--meta", f"{name}={value}")),
        *(() if api == API else ("--api", api)),
    ]
    environ = {name: settings.environ[name] for name in PASSED_ON if name in settings.environ}
    # The token goes by the environment: an argument is seen by every process of the machine.
    environ |= {"VERCEL_TOKEN": settings["VERCEL_TOKEN"], "VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1"}
    try:
        ended = subprocess.run(
            [str(PROGRAM), *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as error:
        raise CommandLineError(
            f"Vercel's command line cannot be run ({error.strerror}): `npm ci --prefix .github/deploy/vercel-cli`"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise CommandLineError(f"Vercel's command line took longer than {TIMEOUT_SECONDS // 60} minutes") from error
    for line in ended.stderr.splitlines():
        console.log(f"vercel: {line}")
    host = urlsplit(ended.stdout.strip().splitlines()[-1]).hostname if ended.stdout.strip() else None
    if ended.returncode != 0 or host is None:
        said = [*ended.stderr.splitlines(), *ended.stdout.splitlines()]
        why = next((line for line in said if line.startswith("Error")), said[-1] if said else "without a word")
        raise CommandLineError(f"Vercel's command line ended with {ended.returncode}: {why}")
    return host
