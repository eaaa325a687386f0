"""What a monitor says: its recipients, the section of the runbook that it leads to, and its states."""

import re

from policies.model import Resource, mapping

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


def runbook_asset(monitor: Resource) -> str:
    """The address of the runbook that is attached to a monitor; empty where none is."""
    for asset in monitor.inputs.get("assets") or []:
        if mapping(asset).get("category") == "runbook":
            return str(mapping(asset).get("url", ""))
    return ""
