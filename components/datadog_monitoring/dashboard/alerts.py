"""Which monitors are listed beside which graphs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from components.datadog_monitoring.dashboard.widgets import Json, monitor_list, note

_TRAFFIC = frozenset(
    (
        *("error-rate", "slow-requests", "traffic-moved", "latency", "function-timeouts"),
        *("drain-silent", "durations-missing"),
    )
)
_RELEASES = frozenset(
    (
        *("failed-build", "failed-deployment", "rollback", "failed-rollback"),
        *("failed-migration", "migration-waiting"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alerts:
    """Lists of monitors; each monitor is in one."""

    objectives: Json
    traffic: Json
    releases: Json
    probes: Json
    """The health check's and the certificate's, and whatever belongs nowhere else."""


def by_topic(monitor_ids: Mapping[str, str], *, objectives: Iterable[str]) -> Alerts:
    """The lists.

    Args:
        monitor_ids: Datadog's number of each monitor, by its key.
        objectives: keys of the objectives; an objective's alerts begin with it and a dash.
    """
    burning = {key for key in monitor_ids if key.startswith(tuple(f"{objective}-" for objective in objectives))}
    rest = set(monitor_ids) - burning - _TRAFFIC - _RELEASES
    return Alerts(
        objectives=_listed("Alerts of the error budgets", monitor_ids, burning),
        traffic=_listed("Alerts of the traffic", monitor_ids, _TRAFFIC),
        releases=_listed("Alerts of the releases", monitor_ids, _RELEASES),
        probes=_listed("Alerts of the health check", monitor_ids, rest),
    )


def _listed(title: str, monitor_ids: Mapping[str, str], keys: Iterable[str]) -> Json:
    """Found by number, as https://docs.datadoghq.com/monitors/manage/search/ has it: a plain number is a monitor's."""
    wanted = set(keys)
    numbers = [number for key, number in monitor_ids.items() if key in wanted]
    # An empty search would find every monitor of the account.
    return monitor_list(title, " OR ".join(numbers)) if numbers else note(f"**{title}**: there are none.")
