"""`deploy stage`: a build becomes a production deployment that serves no domain."""

import argparse
import re
from pathlib import Path

from deploy.clients.vercel import Deployment, Vercel
from deploy.clients.vercel_cli import CommandLineError, upload
from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release.team import actor, run_link
from deploy.settings import VERCEL

OUTPUT = Path(".vercel/output")
ENDED_BADLY = ("ERROR", "CANCELED", "DELETED")
LONGEST_WAIT = 900.0
"""Seconds that a deployment may take to become ready."""
PAUSE = 3.0
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", required=True, help="what the build answers as its version; unique to the build")
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="the folder whose .vercel/output is deployed (the current one)"
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*VERCEL)
    if not _VERSION.fullmatch(arguments.version):
        raise WrongUsageError(
            f"The version {arguments.version[:100]!r} is not made of letters, digits, dots and dashes.",
            "pass the NEXT_PUBLIC_VERSION that the app was built with.",
        )
    folder: Path = arguments.folder.resolve()
    _check_output(folder / OUTPUT)
    vercel = Vercel(context.http, context.settings)
    try:
        previous = vercel.project().serving
        # Run again after it was killed, it goes on with the deployment that it had made.
        deployment = _staged_already(vercel, arguments.version) or _deploy(vercel, folder, arguments.version, context)
        deployment = _wait_until_ready(vercel, deployment, context)
    except CallFailedError as error:
        raise _failed(f"Vercel {error.why}") from error
    _check(vercel, deployment, arguments.version)
    url = f"https://{deployment.host}"
    values = {
        "url": url,
        "deployment": deployment.id,
        "version": deployment.version,
        "previous": previous.id if previous else "",
    }
    context.console.output(**values)
    return Done(f"{url} is ready ({deployment.id}), and serves no domain.", values)


def _check_output(output: Path) -> None:
    """Refuse a build that is none, or that points outside itself: the upload would follow."""
    if not (output / "config.json").is_file():
        raise WrongUsageError(f"There is no build in {output}.", "`vercel build --prod` first.")
    for path in output.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(output.resolve()):
            raise WrongUsageError(
                f"{path} is a link that leads out of the build.", "build again; a build contains what it deploys."
            )


def _staged_already(vercel: Vercel, version: str) -> Deployment | None:
    made = [
        deployment for deployment in vercel.production_deployments_of(version) if deployment.state not in ENDED_BADLY
    ]
    return made[0] if made else None


def _deploy(vercel: Vercel, folder: Path, version: str, context: Context) -> Deployment:
    settings = context.settings
    meta = {
        "version": version,
        "commit": settings.get("GITHUB_SHA"),
        "ref": settings.get("GITHUB_REF_NAME"),
        "actor": actor(context),
        "run": run_link(context),
    }
    try:
        host = upload(
            settings,
            context.console,
            folder,
            api=vercel.url,
            meta={name: value for name, value in meta.items() if value},
        )
    except CommandLineError as error:
        # Its last words may be lost although the deployment was made.
        made = _staged_already(vercel, version)
        if made is None:
            raise _failed(str(error)) from error
        return made
    return vercel.deployment(host)


def _wait_until_ready(vercel: Vercel, deployment: Deployment, context: Context) -> Deployment:
    deadline = context.clock.monotonic() + LONGEST_WAIT
    while deployment.state != "READY":
        if deployment.state in ENDED_BADLY:
            raise _failed(f"{deployment.id} ended as {deployment.state}")
        if context.clock.monotonic() >= deadline:
            raise _failed(f"{deployment.id} is still {deployment.state} after {LONGEST_WAIT / 60:.0f} minutes")
        context.clock.sleep(PAUSE)
        deployment = vercel.deployment(deployment.id)
    return vercel.deployment(deployment.id)


def _check(vercel: Vercel, deployment: Deployment, version: str) -> None:
    """See that Vercel made what was asked for."""
    faults = {
        f"belongs to the project {deployment.project_id}": deployment.project_id != vercel.project_id,
        f"is for {deployment.target or 'preview'}": deployment.target != "production",
        f"carries the version {deployment.version!r}": deployment.version != version,
    }
    for fault, holds in faults.items():
        if holds:
            raise _failed(f"{deployment.id} {fault}")


def _failed(what: str) -> FailedError:
    return FailedError(
        f"Nothing was staged: {what}.",
        state="What served before serves.",
        following="re-run the failed job, or release again.",
    )


STAGE = Command(
    name="stage",
    summary="deploy a build as a production deployment without a domain, and wait until it is ready",
    configure=_configure,
    run=_run,
)
