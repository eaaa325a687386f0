"""`deploy preview`: a pull request's build becomes a healthy preview of this environment's project."""

import argparse
from pathlib import Path

from deploy.clients.vercel import Deployment, Vercel
from deploy.clients.vercel_cli import CommandLineError, upload
from deploy.command import Command, Context, Done
from deploy.commands.health import add_patience, patience_of
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release import build_output, readiness
from deploy.release.health_check import HealthCheck
from deploy.release.team import actor, run_link
from deploy.settings import VERCEL


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", required=True, help="what the build answers as its version; unique to the build")
    parser.add_argument("--commit", required=True, metavar="SHA", help="the pull request's commit")
    parser.add_argument("--pull-request", required=True, metavar="N", help="its number")
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="the folder whose .vercel/output is deployed (the current one)"
    )
    add_patience(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    patience = patience_of(arguments)
    settings = context.settings
    settings.require(*VERCEL)
    build_output.check_version(arguments.version)
    folder: Path = arguments.folder.resolve()
    build_output.check(folder)
    vercel = Vercel(context.http, settings)
    meta = {
        "version": arguments.version,
        "commit": arguments.commit,
        "pullRequest": arguments.pull_request,
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
            preview=True,
        )
        deployment = readiness.wait(vercel, vercel.deployment(host), context)
    except CallFailedError as error:
        raise _failed(f"Vercel {error.why}") from error
    except (CommandLineError, readiness.NotReadyError) as error:
        raise _failed(str(error)) from error
    _check(vercel, deployment)
    url = f"https://{deployment.host}"
    check = HealthCheck(http=context.http, clock=context.clock, console=context.console, patience=patience)
    health = check.run(url, version=arguments.version, bypass=settings.get("VERCEL_BYPASS"))
    if not health.healthy:
        raise _failed(f"{url} is not healthy after {health.tries} tries: {health.fault}")
    context.console.output(url=url, deployment=deployment.id)
    context.console.notice(f"{url} shows commit {arguments.commit[:12]} and is healthy.")
    return Done(
        f"{url} shows commit {arguments.commit[:12]} of pull request {arguments.pull_request}, healthy.",
        {"url": url, "deployment": deployment.id, "commit": arguments.commit},
    )


def _check(vercel: Vercel, deployment: Deployment) -> None:
    if deployment.target == "production" or deployment.project_id != vercel.project_id:
        raise _failed(f"{deployment.id} is no preview of this project")


def _failed(what: str) -> FailedError:
    return FailedError(
        f"There is no preview: {what}.",
        state="What serves is not touched by that.",
        following="look at the run, and ask for the preview again.",
    )


PREVIEW = Command(
    name="preview",
    summary="deploy a pull request's build as a preview, and see that it is healthy",
    configure=_configure,
    run=_run,
)
