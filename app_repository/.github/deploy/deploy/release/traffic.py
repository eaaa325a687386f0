"""Moving production from one deployment to another, and knowing that it really moved.

Vercel accepts a promotion or a rollback first and carries it out afterwards, one at a time. An answer can get lost, and
a runner can be killed: so what Vercel says of the project decides what has happened, never what was sent.
"""

from dataclasses import replace
from typing import Literal

from deploy.clients.vercel import Deployment, Project, Vercel
from deploy.clock import Clock
from deploy.command import Context
from deploy.errors import FailedError, NeedsPersonError
from deploy.http_client import CallFailedError
from deploy.release.health_check import Health, HealthCheck, Patience

Kind = Literal["promote", "rollback"]

ASKS = 5
"""How often a move is asked for, at most: again only where Vercel shows that the one before was not taken."""
LONGEST_WAIT = 300.0
"""Seconds that a move may take."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between two looks at the project."""
CONFLICT = 409
FORBIDDEN = (401, 403)
EXPLANATIONS = {
    402: "The plan does not allow it: on Hobby, only the deployment that served just before can serve again.",
    422: "Vercel takes the deployment for one that cannot serve again.",
}


class Traffic:
    """Moves and watches the production of one project."""

    def __init__(self, context: Context, patience: Patience) -> None:
        """Prepare.

        Args:
            context: what the command works with; its settings must have Vercel's and the domain.
            patience: how long the domain's health is waited for.
        """
        self._console = context.console
        self._clock: Clock = context.clock
        self.domain = context.settings["DOMAIN"]
        self._bypass = context.settings.get("VERCEL_BYPASS")
        self.vercel = Vercel(context.http, context.settings)
        self._health = HealthCheck(http=context.http, clock=context.clock, console=context.console, patience=patience)

    def move(self, kind: Kind, target: Deployment, *, reason: str = "") -> Project:
        """Make Vercel serve a deployment, and return when it says that it does.

        Args:
            kind: `promote` or `rollback`: the words of Vercel's own record.
            target: what shall serve, and does not yet.
            reason: why, for a rollback; kept by Vercel.

        Returns:
            What the project says then.

        Raises:
            FailedError: when Vercel refused, and what served before serves.
            NeedsPersonError: when it cannot be told what serves.
        """
        self._ask(kind, target, reason)
        project = self._watch(target.id)
        if not _serves(project, target.id):
            raise FailedError(
                f"Vercel did not {_verb(kind)} {target}: {_last(project)}.",
                state=self.state(project),
                following=f"run `python3 -m deploy settle`, then try again. Vercel's page of {self.domain} says more.",
            )
        self._console.log(f"{target} serves {self.domain}, says Vercel.")
        return project

    def confirm(self, target: Deployment) -> Health:
        """Whether the domain is healthy with exactly this deployment."""
        if target.version:
            return self._health.run(f"https://{self.domain}", version=target.version, bypass=self._bypass)
        self._console.log(f"{target} carries no version, so Vercel is asked where {self.domain} leads to.")
        try:
            leads_to = self.vercel.deployment(self.domain).id
        except CallFailedError as error:
            return Health(healthy=False, tries=0, faults=[error.why])
        if leads_to != target.id:
            return Health(healthy=False, tries=0, faults=[f"{self.domain} leads to {leads_to}"])
        return self._health.run(f"https://{self.domain}", version="", bypass=self._bypass)

    def confirm_staged(self, deployment: Deployment) -> Health:
        """Whether a deployment is healthy at its own address, where it was tested before: one good answer is enough."""
        check = replace(self._health, patience=replace(self._health.patience, successes=1))
        return check.run(f"https://{deployment.host}", version=deployment.version, bypass=self._bypass)

    def project(self) -> Project:
        """What serves now.

        Raises:
            NeedsPersonError: when Vercel does not tell.
        """
        try:
            return self.vercel.project()
        except CallFailedError as error:
            raise NeedsPersonError(
                f"Vercel does not say what serves: {error.why}.",
                state=f"It is not known what serves {self.domain}.",
                following="`python3 -m deploy settle` once Vercel answers (https://www.vercel-status.com).",
            ) from error

    def settled(self) -> Project:
        """What serves once no move is under way.

        Raises:
            NeedsPersonError: when Vercel does not tell, or does not come to an end.
        """
        return self._watch(None)

    def state(self, project: Project) -> str:
        """A sentence on what serves."""
        return f"{project.serving or 'Nothing'} serves {self.domain}."

    def _ask(self, kind: Kind, target: Deployment, reason: str) -> None:
        why = ""
        for number in range(1, ASKS + 1):
            try:
                self._send(kind, target.id, reason)
            except CallFailedError as error:
                why = error.why
                if self._was_taken(kind, target, error):
                    return
                if number < ASKS:
                    self._clock.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2**number))
            else:
                return
        raise FailedError(
            f"Vercel did not take the request to {_verb(kind)} {target}: {why}.",
            state=self.state(self.project()),
            following="try again once Vercel answers (https://www.vercel-status.com).",
        )

    def _send(self, kind: Kind, deployment_id: str, reason: str) -> None:
        if kind == "promote":
            self.vercel.promote(deployment_id)
        else:
            self.vercel.roll_back(deployment_id, reason)

    def _was_taken(self, kind: Kind, target: Deployment, error: CallFailedError) -> bool:
        """Whether Vercel is at it, or done, although it did not say so; False where it can be asked again.

        Raises:
            FailedError: when Vercel refused for good.
            NeedsPersonError: when it cannot be told.
        """
        project = self.project()
        asked = project.alias_request
        if _serves(project, target.id) or (asked is not None and asked.is_running and asked.target == target.id):
            return True
        if asked is not None and asked.is_running:
            self._console.log(f"Vercel is at another {asked.kind}, to {asked.target}: waiting for its end.")
            self._watch(None)
            if kind == "promote":
                raise FailedError(
                    f"Production was moved by somebody else ({asked.kind} to {asked.target}) meanwhile.",
                    state=self.state(self.project()),
                    following="look at why, then start the release again.",
                ) from error
            return _serves(self.project(), target.id)
        if error.status is not None and error.status < 500 and error.status not in (CONFLICT, 429):  # noqa: PLR2004 - the class of server errors
            raise FailedError(
                f"Vercel refused to {_verb(kind)} {target}: it {error.why}.{_explained(error.status)}",
                state=self.state(project),
                following="mend what Vercel names, then try again.",
            ) from error
        return False

    def _watch(self, target_id: str | None) -> Project:
        """Look at the project until no request is running, and the target, if there is one, serves or has failed."""
        deadline = self._clock.monotonic() + LONGEST_WAIT
        pause = FIRST_PAUSE
        while True:
            project = self._look()
            asked = project.alias_request if project else None
            if project and not (asked and asked.is_running):
                # A request that succeeded may be seen before its effect.
                pending = asked and asked.target == target_id and asked.state not in ("failed", "skipped")
                if target_id is None or _serves(project, target_id) or not pending:
                    return project
            if self._clock.monotonic() >= deadline:
                raise NeedsPersonError(
                    f"After {LONGEST_WAIT / 60:.0f} minutes Vercel has not come to an end: {_last(project)}.",
                    state=self.state(project) if project else f"It is not known what serves {self.domain}.",
                    following="look at the project on vercel.com, then `python3 -m deploy settle`.",
                )
            self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    def _look(self) -> Project | None:
        """What the project says; None where Vercel does not answer this time."""
        try:
            return self.vercel.project()
        except CallFailedError as error:
            if error.status in FORBIDDEN:
                raise NeedsPersonError(
                    f"Vercel no longer takes the token: it {error.why}.",
                    state=f"It is not known what serves {self.domain}.",
                    following="put a valid VERCEL_TOKEN into the stack's configuration, `pulumi up`, then "
                    "`python3 -m deploy settle`.",
                ) from error
            return None


def _serves(project: Project, deployment_id: str) -> bool:
    return project.serving is not None and project.serving.id == deployment_id


def _last(project: Project | None) -> str:
    asked = project.alias_request if project else None
    if asked is None:
        return "it shows no request to move production"
    return f"its last request, {asked.kind} to {asked.target}, is {asked.state}"


def _verb(kind: Kind) -> str:
    return "promote" if kind == "promote" else "roll back to"


def _explained(status: int) -> str:
    return f" {EXPLANATIONS[status]}" if status in EXPLANATIONS else ""
