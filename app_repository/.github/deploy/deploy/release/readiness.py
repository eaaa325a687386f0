"""Waiting until Vercel has made a deployment ready."""

from deploy.clients.vercel import Deployment, Vercel
from deploy.command import Context

ENDED_BADLY = ("ERROR", "CANCELED", "DELETED")
LONGEST_WAIT = 900.0
"""Seconds that a deployment may take to become ready."""
PAUSE = 3.0


class NotReadyError(Exception):
    """It will not become ready, or not in time; the message says which."""


def wait(vercel: Vercel, deployment: Deployment, context: Context) -> Deployment:
    """The deployment, once it is ready.

    Raises:
        NotReadyError: it ended otherwise, or takes too long.
        CallFailedError: when Vercel does not tell.
    """
    deadline = context.clock.monotonic() + LONGEST_WAIT
    while deployment.state != "READY":
        if deployment.state in ENDED_BADLY:
            raise NotReadyError(f"{deployment.id} ended as {deployment.state}")
        if context.clock.monotonic() >= deadline:
            raise NotReadyError(f"{deployment.id} is still {deployment.state} after {LONGEST_WAIT / 60:.0f} minutes")
        context.clock.sleep(PAUSE)
        deployment = vercel.deployment(deployment.id)
    return vercel.deployment(deployment.id)
