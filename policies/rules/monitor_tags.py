"""monitor-tags."""

from collections.abc import Iterator

from policies.model import Context, Resource, is_unknown, sequence
from policies.rule import Rule, Severity
from policies.rules.messages import ALERTS


def _untagged(resource: Resource, context: Context) -> Iterator[str]:
    if is_unknown(resource.inputs.get("tags")):
        return
    tags = [tag for tag in sequence(resource.inputs.get("tags")) if isinstance(tag, str)]
    for tag in (f"env:{context.names.environment}", f"service:{context.project}", "managed-by:pulumi"):
        if tag not in tags:
            yield f"it has no tag {tag}"
    if not any(tag.startswith("team:") and len(tag) > len("team:") for tag in tags):
        yield "no tag says whose it is: team:…"


RULE = Rule(
    id="monitor-tags",
    severity=Severity.MANDATORY,
    what="Every monitor, synthetic test and objective is tagged with `env`, `service`, `team` and `managed-by:pulumi`.",
    why="Dashboards, downtimes and on-call rules find a monitor by its tags; one without them is in none.",
    fix="Pass on the tags that components/datadog_monitoring/component.py makes.",
    kinds=ALERTS | {"ServiceLevelObjective"},
    resource=_untagged,
)
