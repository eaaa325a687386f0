"""Telling GitHub what serves, and holding production after a rollback. Neither ever fails what it is told about."""

from deploy.clients.github import NEEDED, GitHub
from deploy.clients.vercel import Deployment
from deploy.command import Context
from deploy.errors import WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release import lock, serving_record
from deploy.release.environments import ENVIRONMENTS, PRODUCTION
from deploy.release.lock import Lock
from deploy.release.serving_record import Serving
from deploy.release.team import actor, run_link


def record_serving(context: Context, deployment: Deployment, kind: str, *, taken_back: str = "") -> None:
    """Record at GitHub that a deployment serves this environment, or say in the log why it is not recorded.

    Args:
        context: what the command works with; ENVIRONMENT names the environment.
        deployment: what serves.
        kind: `release` or `rollback`.
        taken_back: of a rollback that Datadog was told of, the ID of what was taken back.
    """
    environment = ENVIRONMENTS.get(context.settings.get("ENVIRONMENT"))
    github = _github(context)
    if environment is None or github is None:
        context.console.log(f"GitHub is not told that {deployment} serves: it needs ENVIRONMENT, {', '.join(NEEDED)}.")
        return
    serving = Serving(
        deployment=deployment.id,
        commit=deployment.commit,
        url=f"https://{deployment.host}",
        by=actor(context),
        run=run_link(context),
        kind=kind,
        taken_back=taken_back,
    )
    try:
        serving_record.write(github, environment.name, environment.branch, serving)
    except CallFailedError as error:
        context.console.warn(f"GitHub does not know that {deployment} serves {environment}: it {error.why}.")


def rollback_recorded(context: Context, deployment_id: str, taken_back: str) -> bool:
    """Whether somebody has recorded that a deployment serves again, and what was taken back.

    Args:
        context: what the command works with; ENVIRONMENT names the environment.
        deployment_id: what serves.
        taken_back: the ID of what served until then.

    Returns:
        True also where GitHub cannot be asked or does not tell, which is said in the log: an event that comes days
        later would call somebody for nothing.
    """
    environment = ENVIRONMENTS.get(context.settings.get("ENVIRONMENT"))
    github = _github(context)
    if environment is None or github is None:
        context.console.log(
            f"Whether Datadog knows that {taken_back} was taken back is not looked up: it needs ENVIRONMENT, "
            f"{', '.join(NEEDED)}."
        )
        return True
    try:
        last = serving_record.newest(github, environment.name)
    except CallFailedError as error:
        context.console.warn(
            f"Datadog may not know that {taken_back} was taken back, for GitHub does not say whether it was told: it "
            f"{error.why}."
        )
        return True
    return last is not None and (last.deployment, last.taken_back) == (deployment_id, taken_back)


def hold_production(context: Context, reason: str) -> None:
    """Lock production after a rollback, so that nothing rolls forward by accident; or say why it is not locked."""
    github = _github(context)
    if github is None:
        context.console.warn(
            f"Production is not locked, for there is no {' or '.join(NEEDED)}: the next push to {PRODUCTION.branch} "
            "releases again."
        )
        return
    wanted = Lock(
        environment=PRODUCTION.name,
        reason=f"rolled back: {reason}",
        by=actor(context),
        since=lock.said(context.clock.now()),
        link=run_link(context),
    )
    try:
        held = lock.take(github, wanted)
    except CallFailedError as error:
        context.console.warn(
            f"Production may not be locked, for GitHub {error.why}: the next push to {PRODUCTION.branch} may release "
            "again."
        )
        return
    context.console.log(f"{held}. `@workflow:unlock` lets releases go on.")


def _github(context: Context) -> GitHub | None:
    if any(not context.settings.get(name) for name in NEEDED):
        return None
    try:
        return GitHub(context.http, context.settings)
    except WrongUsageError as error:
        context.console.warn(str(error))
        return None
