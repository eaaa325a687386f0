"""`deploy rollback`: traffic goes back to a deployment that served before.

Two rounds of calls until traffic moves: look at the project and the target together, then ask. Whoever else has to hear
of it is told beside that or afterwards, and changes nothing about how it ends. Production is locked meanwhile, so that
nothing rolls forward by accident.
"""

import argparse
import uuid
from dataclasses import replace

from deploy.clients.slack import CHANNEL, escape
from deploy.clients.vercel import Deployment
from deploy.clients.webhooks import Webhook
from deploy.command import Command, Context, Done
from deploy.commands.health import add_patience, patience_of
from deploy.errors import DeployError, NeedsPersonError, WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release import rollback_target
from deploy.release.beside import beside
from deploy.release.events import Event, record
from deploy.release.health_check import Health
from deploy.release.record_at_github import hold_production
from deploy.release.rollback_report import origin_of, tell_moved
from deploy.release.team import actor, run_link, tell
from deploy.release.traffic import Traffic
from deploy.settings import VERCEL


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", default=rollback_target.PREVIOUS, help="a deployment's ID or address, or previous (%(default)s)"
    )
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the rollback")
    parser.add_argument(
        "--database",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="also ask the database's webhook to roll back (no)",
    )
    parser.add_argument(
        "--schema-checked",
        action="store_true",
        help="I have looked at the database: its schema suits the target, whatever the deployments say",
    )
    add_patience(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    patience = patience_of(arguments)
    target = rollback_target.parse(arguments.target)
    reason = " ".join(arguments.reason.split())
    if not reason:
        raise WrongUsageError("A rollback needs a reason.", "add --reason with one.")
    context.settings.require(*VERCEL)
    if arguments.database:
        context.settings.require("DB_ROLLBACK_WEBHOOK", "DB_ROLLBACK_TOKEN")
    traffic = Traffic(context, patience)
    started = context.clock.now()
    project, deployment = rollback_target.find(
        traffic.vercel, target, context.console, schema_checked=arguments.schema_checked
    )
    left = project.serving.id if project.serving else "nothing"
    context.console.log(f"Rolling back from {left} to {deployment}: {reason}")
    event = Event(
        kind="rollback",
        outcome="failure",
        deployment=deployment.id,
        version=deployment.version,
        commit=deployment.commit,
        reason=reason,
        type="manual",
        taken_back=project.serving.id if project.serving else "",
        started=started,
    )
    with beside(context.console) as start:
        start(_announce, context, deployment, reason)
        start(hold_production, context, reason)
        try:
            moved = traffic.move("rollback", deployment, reason=f"{reason} ({actor(context)})")
            # A promotion that it waited for may have moved production meanwhile.
            event = replace(event, taken_back=origin_of(moved, deployment.id) or event.taken_back)
            # At once: users see something else by now, whatever becomes of this process.
            start(tell_moved, context, event, deployment)
            health = traffic.confirm(deployment)
        except DeployError as error:
            start(_tell_failure, context, error)
            start(record, context, event)
            raise
        if not health.healthy:
            start(record, context, event)
        start(_tell_end, context, deployment, health)
        if arguments.database:
            start(_roll_back_database, context, deployment, reason)
    if not health.healthy:
        raise NeedsPersonError(
            f"{deployment} serves {traffic.domain} again, but it is not healthy: {health.fault}.",
            state="Users may see errors now.",
            following="look at its logs on vercel.com, or name an older target: "
            "`python3 -m deploy rollback --target <deployment> --reason …`.",
        )
    return Done(
        f"{deployment} serves https://{traffic.domain} again, healthy after {health.tries} tries.",
        {"deployment": deployment.id, "from": left, "domain": traffic.domain, "reason": reason},
    )


def _announce(context: Context, deployment: Deployment, reason: str) -> None:
    fields = [
        {"title": "Target Deployment", "value": escape(str(deployment)), "short": True},
        {"title": "Reason", "value": escape(reason), "short": True},
    ]
    text = f":rotating_light: EMERGENCY ROLLBACK INITIATED by {escape(actor(context))} {run_link(context)}"
    tell(context, text, attachments=[{"color": "warning", "fields": fields}])


def _tell_end(context: Context, deployment: Deployment, health: Health) -> None:
    sign = ":leftwards_arrow_with_hook:" if health.healthy else f":fire: {CHANNEL}"
    told = "serves again, healthy" if health.healthy else f"serves again, but is not healthy: {health.fault}"
    domain = context.settings["DOMAIN"]
    tell(context, f"{sign} Rollback: {escape(str(deployment))} {escape(told)}. https://{domain} {run_link(context)}")


def _tell_failure(context: Context, error: DeployError) -> None:
    tell(context, f":fire: {CHANNEL} The rollback failed. {escape(str(error))} {run_link(context)}")


def _roll_back_database(context: Context, deployment: Deployment, reason: str) -> None:
    run = context.settings.get("GITHUB_RUN_ID") or str(uuid.uuid4())
    webhook = Webhook(context.http, context.settings, "DB_ROLLBACK")
    try:
        webhook.post({"target": deployment.id, "reason": reason}, key=f"rollback-{run}-{deployment.id}")
    except CallFailedError as error:
        said = f"The database was not rolled back, or nobody knows: its webhook {error.why}. Traffic has moved."
        context.console.warn(f"{said} Ask whoever runs the database.")
        tell(context, f":warning: {CHANNEL} {escape(said)} {run_link(context)}")


ROLLBACK = Command(
    name="rollback",
    summary="let a deployment that served before serve again",
    configure=_configure,
    run=_run,
)
