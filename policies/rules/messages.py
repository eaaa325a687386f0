"""What a monitor says: its recipients, the section of the runbook that it leads to, and its states."""

import re

from policies.model import Resource, at, is_unknown, sequence

ALERTS = frozenset({"Monitor", "SyntheticsTest"})
"""What tells somebody: a synthetic test brings a monitor of its own."""

_RECIPIENT = re.compile(r"(?<![\w.])@[A-Za-z][\w.-]+")
_RUNBOOK = re.compile(r"^Runbook: https?://\S+#([\w-]+)$", re.MULTILINE)


def recipients(text: str) -> list[str]:
    """The handles that a text tells."""
    return _RECIPIENT.findall(text)


def section(alert: Resource) -> str:
    """The section of the runbook that the message leads to; empty where it leads to none."""
    found = _RUNBOOK.search(alert.text("message"))
    return found[1] if found else ""


def said_in(alert: Resource, state: str) -> str:
    """What the message says in a state, such as `is_alert`; empty where it says nothing."""
    found = re.search(rf"{{{{#{state}}}}}(.*?){{{{/{state}}}}}", alert.text("message"), re.DOTALL)
    return found[1] if found else ""


def is_known(alert: Resource) -> bool:
    """Whether its message can be read already."""
    return not is_unknown(alert.inputs.get("message"))


def runbook_asset(monitor: Resource) -> str | None:
    """The address of the runbook that is attached to a monitor; empty where none is, None where nobody knows yet."""
    assets = monitor.inputs.get("assets")
    unsure = is_unknown(assets)
    for asset in sequence(assets):
        category, url = at(asset, "category"), at(asset, "url")
        if is_unknown(category) or (category == "runbook" and is_unknown(url)):
            unsure = True
        elif category == "runbook":
            return str(url or "")
    return None if unsure else ""
