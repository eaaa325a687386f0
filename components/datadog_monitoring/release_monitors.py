"""Monitors of what the pipeline does, read from the events that it posts (deploy/release/events.py)."""

from collections.abc import Iterator
from dataclasses import dataclass

from components.datadog_monitoring.definition import EVENTS, MonitorDefinition

_WINDOW = "15m"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Happened:
    """One kind of event that somebody has to hear of."""

    key: str
    title: str
    meaning: str
    search: str
    severity: int


_HAPPENED = (
    _Happened(
        key="failed-build",
        title="a build failed",
        meaning="Nothing was deployed. Users see what they saw before.",
        search="kind:deployment outcome:failure failed:build",
        severity=4,
    ),
    _Happened(
        key="failed-deployment",
        title="a deployment failed",
        meaning="A release stopped. Unless its last message says otherwise, users see what they saw before.",
        search="kind:deployment outcome:failure -failed:build",
        severity=3,
    ),
    _Happened(
        key="rollback",
        title="a rollback happened",
        meaning="Users see an earlier deployment again. What was released last is not live.",
        search="kind:rollback outcome:success",
        severity=3,
    ),
    _Happened(
        key="failed-rollback",
        title="a rollback failed",
        meaning="Users may see a deployment that nobody has verified.",
        search="kind:rollback outcome:failure",
        severity=1,
    ),
    _Happened(
        key="failed-migration",
        title="a migration failed",
        meaning="The database is as it was, or between two revisions that both work. The release did not go live.",
        search="kind:migration outcome:failure",
        severity=3,
    ),
)


def release_monitors(*, service: str, environment: str, approved: bool) -> Iterator[MonitorDefinition]:
    """The monitors that read the pipeline's events.

    Args:
        service: the app's name.
        environment: the stack's name.
        approved: whether a release waits for an approval.
    """
    scope = f"service:{service} env:{environment}"
    for each in _HAPPENED:
        yield MonitorDefinition(
            key=each.key,
            title=each.title,
            meaning=each.meaning,
            type="event-v2 alert",
            query=f'events("{scope} {each.search}").rollup("count").last("{_WINDOW}") > 0',
            critical=0,
            severity=each.severity,
            once=True,
        )
    if not approved:
        return
    yield MonitorDefinition(
        key="migration-waiting",
        title="a release waits for its approval",
        meaning="Its staged deployment has passed its tests; its migrations, and then traffic, wait for a reviewer.",
        type="event-v2 alert",
        # Datadog looks back two days at most: a release that waits for longer is told of once.
        query='formula("default_zero(waiting) - default_zero(ended)").last("48h") > 0',
        critical=0,
        severity=4,
        data_source=EVENTS,
        # Each by itself: the end of one that has waited for days must not be taken for the end of the next.
        by="deployment",
        searches={
            "waiting": f"{scope} kind:migration outcome:waiting",
            "ended": f"{scope} kind:migration outcome:(success OR failure)",
        },
    )
