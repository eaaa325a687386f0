"""A monitor as data: what it asks, when it speaks, and how urgent that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LOGS = "logs"
EVENTS = "events"


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorDefinition:
    """One monitor, before Datadog knows it."""

    key: str
    """Its resource's name."""
    title: str
    """What broke, after the service and the environment in its name."""
    meaning: str
    """What that means for users and for the team."""
    type: str
    query: str
    """A `string.Template`: `$check_id` is the health check's public ID, `$slo_id` its objective's; a composite names
    its members by their keys, with underscores."""
    severity: int
    """Its priority in production, 1 to 5: 1 and 2 page. Elsewhere nothing is more urgent than 4."""
    critical: float | None = None
    """The number that the query ends in: Datadog refuses a monitor where they differ. None for a composite."""
    warning: float | None = None
    critical_recovery: float | None = None
    on_missing_data: str | None = "default"
    """None where Datadog takes none: objectives and composites."""
    once: bool = False
    """Whether it tells of something that happened, so that its end says nothing."""
    objective: str = ""
    """The objective that `$slo_id` is."""
    searches: Mapping[str, str] = field(default_factory=dict)
    """Searches by the name that a formula gives them."""
    data_source: str = LOGS
    """Where the searches look."""
    by: str = ""
    """The facet that the searches are grouped by: each of its values alerts and recovers by itself."""
    silence_told_by: str = ""
    """The monitor that speaks when this one's query finds nothing at all; empty where nothing is the good case."""
    told_as: str = ""
    """The composite that tells for this one; empty where it tells itself."""

    @property
    def section(self) -> str:
        """Its section in the runbook."""
        return self.told_as or self.objective or self.key

    @property
    def tells(self) -> bool:
        """Whether it notifies; a member of a composite leaves that to the composite."""
        return not self.told_as
