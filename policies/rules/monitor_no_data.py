"""monitor-no-data."""

from collections.abc import Iterator

from policies.model import Context, Resource, differs, is_unknown
from policies.rule import Rule, Severity
from policies.rules.messages import is_known, recipients, said_in

_TAKE_NONE = frozenset({"slo alert", "composite"})
_NOTIFIES = "show_and_notify_no_data"
_CHOICES = frozenset({"default", "resolve", "show_no_data", _NOTIFIES})


def _unhandled(monitor: Resource, _: Context) -> Iterator[str]:
    chosen = monitor.inputs.get("onMissingData")
    if monitor.text("type") in _TAKE_NONE:
        if differs(chosen, None):
            yield f"Datadog refuses onMissingData for the type {monitor.text('type')}"
    elif differs(chosen, *_CHOICES) and not (chosen is None and is_unknown(monitor.inputs.get("type"))):
        yield "it does not say what the absence of data means"
    elif chosen == _NOTIFIES and is_known(monitor) and not recipients(said_in(monitor, "is_no_data")):
        yield "it speaks when data is missing, and then tells nobody"
    if differs(monitor.inputs.get("notifyNoData"), None, False):
        yield "notifyNoData is the old way, which onMissingData excludes"


RULE = Rule(
    id="monitor-no-data",
    severity=Severity.MANDATORY,
    what="Every monitor says what the absence of data means, and tells somebody where that is an alert.",
    why="A check that has stopped looks like one that passes.",
    fix="Set `on_missing_data` in the monitor's definition; objectives and composites take none.",
    kinds=frozenset({"Monitor"}),
    resource=_unhandled,
)
