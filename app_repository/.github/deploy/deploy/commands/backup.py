"""`deploy backup`: a backup that was made, or no release.

The webhook takes `{"action": "backup", "environment": …}` and names the backup in its answer: `{"backup_id": …,
"status": "completed"}`. With `"created_at"` (ISO 8601) and `"verified": true` it says of when the backup is and that it
was read in full, as `deploy migrate up` asks before it takes something away. One that takes its time answers `pending`
or `running`, and is asked again until it has ended: at its `Location`, if it gave one, else with the same idempotency
key, which asks for the same backup.
"""

import argparse
import json
import math
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from deploy.clients.webhooks import Webhook
from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.http_client import CallFailedError, Reply

COMPLETED = ("completed", "succeeded", "success")
UNDER_WAY = ("pending", "queued", "running", "in_progress")
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
FRESH = timedelta(hours=1)
"""How old a backup may be that was asked for just now."""
ACCEPTED = 202
"""The HTTP status of what has begun and not ended, should the answer's document not say so."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait", type=float, default=600.0, metavar="SECONDS", help="how long it may take (%(default)s)"
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    settings = context.settings
    settings.require("BACKUP_WEBHOOK", "BACKUP_TOKEN", "ENVIRONMENT")
    if not 0 <= arguments.wait < math.inf:
        raise WrongUsageError(f"--wait={arguments.wait} is no time that ends.", "give it in seconds, such as 600.")
    webhook = Webhook(context.http, settings, "BACKUP")
    request = {"action": "backup", "environment": settings["ENVIRONMENT"]}
    run, attempt = settings.get("GITHUB_RUN_ID"), settings.get("GITHUB_RUN_ATTEMPT", "1")
    key = f"backup-{run}-{attempt}" if run else str(uuid.uuid4())
    deadline = context.clock.monotonic() + arguments.wait
    pause = FIRST_PAUSE
    try:
        reply = webhook.post(request, key=key)
        location, backup = reply.headers.get("location", ""), _identifier(reply)
        while _status(reply) in UNDER_WAY:
            left = deadline - context.clock.monotonic()
            if left <= 0:
                raise _failed(f"The backup has not ended after {arguments.wait:.0f} s")
            context.console.log(f"The backup is {_status(reply)}.")
            context.clock.sleep(min(pause, left))
            pause = min(LONGEST_PAUSE, pause * 2)
            reply = (location and webhook.follow(location)) or webhook.post(request, key=key)
            backup = _identifier(reply) or backup
    except CallFailedError as error:
        raise _failed(f"There is no backup: the webhook {error.why}") from error
    if _status(reply) not in COMPLETED:
        raise _failed(f"The backup {backup or 'without a name'} ended as {_status(reply)!r}")
    if not backup:
        raise _failed("The webhook answered, but named no backup")
    restore_point = _restore_point(reply, backup)
    _warn_of_an_old_one(restore_point, context)
    context.console.output(backup_id=backup, restore_point=json.dumps(restore_point))
    read = ", read in full" if restore_point["verified"] else ""
    return Done(f"Backup: {backup}{read}.", {"backup_id": backup, "restore_point": restore_point})


def _failed(what: str) -> FailedError:
    return FailedError(
        f"{what}.",
        state="Nothing was released: without a backup it goes no further.",
        following="look at the backup service, then re-run the failed job.",
    )


def _document(reply: Reply) -> dict[str, Any]:
    document = reply.json()
    return document if isinstance(document, dict) else {}


def _status(reply: Reply) -> str:
    status = _document(reply).get("status")
    if status is None:
        return UNDER_WAY[0] if reply.status == ACCEPTED else COMPLETED[0]
    return str(status).lower()


def _restore_point(reply: Reply, backup: str) -> dict[str, Any]:
    """What the service says of the backup, for `deploy migrate up --restore-point`, which judges it."""
    said = _document(reply)
    created = said.get("created_at")
    return {
        "id": backup,
        "created_at": created if isinstance(created, str) else "",
        "verified": said.get("verified") is True,
    }


def _warn_of_an_old_one(restore_point: Mapping[str, Any], context: Context) -> None:
    """Say so where the service names a backup of long ago, as if it had made one."""
    try:
        created = datetime.fromisoformat(restore_point["created_at"])
    except ValueError:
        return
    if created.tzinfo is None:
        return
    age = context.clock.now() - created
    if age > FRESH:
        context.console.warn(
            f"The backup {restore_point['id']} is {age.total_seconds() / 3600:.1f} hours old, although it was "
            "asked for just now. What was written since then is in none."
        )


def _identifier(reply: Reply) -> str:
    """The backup's name; empty where the answer has none that could be found again."""
    name = _document(reply).get("backup_id")
    return name.strip() if isinstance(name, str) else str(name) if type(name) is int else ""


BACKUP = Command(
    name="backup", summary="ask for a backup, and fail unless one was made", configure=_configure, run=_run
)
