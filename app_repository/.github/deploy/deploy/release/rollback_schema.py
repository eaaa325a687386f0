"""Whether the database's present schema suits the target of a rollback, from what the deployments say: none is opened.

A contract of a release that never served may have run all the same, so what was only staged counts as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.clients.vercel import Deployment
from deploy.console import Console
from deploy.errors import FailedError
from deploy.release.revisions import BASE
from deploy.release.schema import SERVED, schema_of

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Present:
    """What is known of the database's schema.

    Attributes:
        serving: what serves.
        listed: the production deployments; empty where Vercel did not list them.
    """

    serving: Deployment | None
    listed: Sequence[Deployment]

    @property
    def _known(self) -> list[Deployment]:
        """Those that may have changed the database: all, or what serves alone."""
        return [*([self.serving] if self.serving else []), *self.listed]

    @property
    def oldest(self) -> int:
        """The strictest of what the deployments say is the oldest schema whose application lives."""
        return max((schema_of(deployment).oldest for deployment in self._known), default=0)

    def suits(self, target: Deployment) -> bool:
        """Whether an application lives with it."""
        return schema_of(target).number >= self.oldest

    def safe_targets(self) -> list[Deployment]:
        """Those that can serve again and live with it, newest first."""
        serves = self.serving.id if self.serving else ""
        others = [deployment for deployment in self.listed if deployment.can_serve_again and deployment.id != serves]
        return [deployment for deployment in others if self.suits(deployment)]

    def check(self, target: Deployment, console: Console, *, looked_at: bool) -> None:
        """Refuse a target that the schema would break.

        Args:
            target: what a rollback goes to.
            console: gets a warning where the target is let pass because somebody has looked at the database.
            looked_at: whether somebody has.

        Raises:
            FailedError: naming what removed the target's schema, and what helps.
        """
        if self.suits(target):
            return
        brings = schema_of(target)
        if looked_at:
            console.warn(
                f"{self._why(target)} You say that you have looked at the database and that it suits the target, so "
                f"the rollback goes on.{self._unfinished(target)}"
            )
            return
        safe = ", ".join(str(deployment) for deployment in self.safe_targets()[:_SHOWN])
        targets = f"name one of those that it suits: {safe}" if safe else "release a commit that works"
        raise FailedError(
            self._why(target),
            state=f"Nothing was moved: {self.serving or 'nothing'} serves.",
            following=f"{targets}. Or look at the database (`python3 -m deploy migrate status`), take it back where "
            f"that is needed (`python3 -m deploy migrate down --to {brings.id or BASE}`), then run the same with "
            f"--schema-checked.",
        )

    def _why(self, target: Deployment) -> str:
        """What keeps the target from serving."""
        breaking = self._breaking(target)
        ran = [deployment for deployment in breaking if deployment in self._certain]
        # The least strict of them names the contract that came first.
        first = min((schema_of(deployment) for deployment in ran or breaking), key=lambda schema: schema.oldest)
        at = max((schema_of(deployment) for deployment in self._certain or breaking), key=lambda schema: schema.number)
        contract = first.contract or "a contract"
        brings = schema_of(target)
        without = f"brings the schema {brings}" if brings.number else "says of no schema that it brings it"
        needs = f"{target} {without}, and an application needs the number {self.oldest} or a later one"
        if ran:
            return (
                f"By what the deployments say, the database is at {at}, and {contract} removed what the target needs: "
                f"{needs}."
            )
        staged = " and ".join(deployment.id for deployment in breaking[:_SHOWN])
        return (
            f"By what the deployments say, the database is at {at} or further, and {contract} may have removed what "
            f"the target needs: the release of {staged} never served, but its migrations may have run; {needs}."
        )

    @property
    def _certain(self) -> list[Deployment]:
        """Those whose migrations have run: they serve or have served."""
        serves = self.serving.id if self.serving else ""
        return [known for known in self._known if known.id == serves or known.substate == SERVED]

    def _breaking(self, target: Deployment) -> list[Deployment]:
        number = schema_of(target).number
        return [deployment for deployment in self._known if schema_of(deployment).oldest > number]

    def _unfinished(self, target: Deployment) -> str:
        """A release that may still run the contract while the target serves."""
        certain = {deployment.id for deployment in self._certain}
        staged = [deployment.id for deployment in self._breaking(target) if deployment.id not in certain]
        return (
            f" See that the release of {' and '.join(staged)} does not run on: reject or cancel it." if staged else ""
        )
