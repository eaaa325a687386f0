"""`deploy stage`: a build becomes a production deployment that serves no domain.

With the app's migrations it decides how far the release takes the database, and writes that onto the deployment.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.clients.vercel import Deployment, Vercel
from deploy.clients.vercel_cli import CommandLineError, upload
from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release import build_output, readiness
from deploy.release.revisions import Revision, read_history
from deploy.release.schema import Schema, decide, named, schema_of
from deploy.release.team import actor, run_link
from deploy.settings import VERCEL

KEPT = 3
"""Deployments that have served and must be able to serve again, beside the one that serves."""
MOST_KEPT = 50


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", required=True, help="what the build answers as its version; unique to the build")
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="the folder whose .vercel/output is deployed (the current one)"
    )
    parser.add_argument("--migrations", type=Path, metavar="FOLDER", help="the app's migrations (none)")
    parser.add_argument(
        "--keep-rollbacks",
        type=int,
        default=KEPT,
        metavar="N",
        help="deployments that served and that no contract may break, beside the one that serves (%(default)s)",
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*VERCEL)
    build_output.check_version(arguments.version)
    if not 0 <= arguments.keep_rollbacks <= MOST_KEPT:
        raise WrongUsageError(
            f"--keep-rollbacks={arguments.keep_rollbacks} is no number from 0 to {MOST_KEPT}.",
            f"give one, such as {KEPT}.",
        )
    folder: Path = arguments.folder.resolve()
    build_output.check(folder)
    history = _history(arguments, context)
    vercel = Vercel(context.http, context.settings)
    try:
        previous = vercel.project().serving
        # Run again after it was killed, it goes on with the deployment that it had made, and with what that says.
        deployment = _staged_already(vercel, arguments.version)
        if deployment is None:
            schema = _schema(vercel, previous, history, arguments, context)
            deployment = _deploy(vercel, folder, arguments.version, schema, context)
        deployment = readiness.wait(vercel, deployment, context)
    except CallFailedError as error:
        raise _failed(f"Vercel {error.why}") from error
    except readiness.NotReadyError as error:
        raise _failed(str(error)) from error
    _check(vercel, deployment, arguments.version)
    url = f"https://{deployment.host}"
    values = {
        "url": url,
        "deployment": deployment.id,
        "version": deployment.version,
        "previous": previous.id if previous else "",
        "schema": schema_of(deployment).id,
    }
    context.console.output(**values)
    return Done(f"{url} is ready ({deployment.id}), and serves no domain.", values)


def _history(arguments: argparse.Namespace, context: Context) -> Sequence[Revision]:
    folder: Path | None = arguments.migrations
    history = read_history(folder) if folder else ()
    if folder and not history:
        context.console.log(f"There are no migrations in {folder}, so the deployment says nothing of the database.")
    return history


def _schema(
    vercel: Vercel,
    serving: Deployment | None,
    history: Sequence[Revision],
    arguments: argparse.Namespace,
    context: Context,
) -> Schema:
    """How far the release takes the database."""
    if not history:
        return Schema()
    decision = decide(history, serving, vercel.production_deployments(), keep=arguments.keep_rollbacks)
    waiting = ", ".join(revision.id for revision in decision.waiting)
    context.console.log(
        f"Migrations: this release takes the database to {decision.schema}, of {len(history)} revisions."
        + (f" {waiting}: left for a later release, because of {named(decision.holding)}." if waiting else "")
    )
    return decision.schema


def _staged_already(vercel: Vercel, version: str) -> Deployment | None:
    made = [
        deployment
        for deployment in vercel.production_deployments_of(version)
        if deployment.state not in readiness.ENDED_BADLY
    ]
    return made[0] if made else None


def _deploy(vercel: Vercel, folder: Path, version: str, schema: Schema, context: Context) -> Deployment:
    settings = context.settings
    meta = {
        "version": version,
        "commit": settings.get("GITHUB_SHA"),
        "ref": settings.get("GITHUB_REF_NAME"),
        "actor": actor(context),
        "run": run_link(context),
        **schema.meta,
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
