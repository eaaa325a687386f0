"""What a monitor says in each of its states, and whom it tells.

Source of the conditions: https://docs.datadoghq.com/monitors/notify/variables/#conditional-variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipients:
    """Who hears of an environment."""

    notify: Sequence[str]
    """Slack: told of everything."""
    page: Sequence[str]
    """On call: told of what cannot wait. Empty but in production."""

    def of(self, severity: int) -> str:
        """The handles for that severity, as a message has them."""
        return " ".join([*self.notify, *(self.page if severity <= LEAST_PAGED else ())])


LEAST_PAGED = 2
"""The least urgent severity that pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Where a message leads."""

    runbook: str
    """The runbook's address; each monitor has a section there."""
    deployments: str
    """The events of releases and rollbacks, the last one first."""


def message(
    *,
    meaning: str,
    section: str,
    severity: int,
    links: Links,
    recipients: Recipients,
    warns: bool = False,
    tells_no_data: bool = False,
    once: bool = False,
) -> str:
    """A notification for every state that the monitor can be in.

    Args:
        meaning: what broke means.
        section: the monitor's in the runbook.
        severity: 1 to 5, as in production.
        links: where to read on.
        recipients: who hears of the environment.
        warns: whether it has a warning threshold; a warning never pages.
        tells_no_data: whether it notifies when its query finds nothing.
        once: whether it tells of something that happened, so that its end says nothing.
    """
    read_on = f"Last deployment: {links.deployments}\nRunbook: {links.runbook}#{section}"
    told, quiet = recipients.of(severity), recipients.of(LEAST_PAGED + 1)
    states = {"is_alert": f"{meaning}\n{read_on}\n{told}"}
    if warns:
        states["is_warning"] = f"Not yet, but on the way: {meaning}\n{read_on}\n{quiet}"
    if tells_no_data:
        states["is_no_data"] = f"There is nothing to judge by. {meaning}\n{read_on}\n{told}"
    if not once:
        states["is_recovery"] = f"Recovered. {told}"
    # That something has not happened again does not mean that it is mended: whoever was woken closes the page.
    return "\n".join(f"{{{{#{state}}}}}\n{text}\n{{{{/{state}}}}}" for state, text in states.items())
