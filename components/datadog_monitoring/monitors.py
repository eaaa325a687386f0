"""Monitors from their definitions."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_datadog as datadog

from components.datadog_monitoring import metrics
from components.datadog_monitoring.definition import LOGS, MonitorDefinition
from components.datadog_monitoring.message import message
from components.datadog_monitoring.watched import Watched

NOTIFIES_NO_DATA = "show_and_notify_no_data"
_COMPOSITE = "composite"
_GROUPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorArgs:
    """What the monitors of one environment share."""

    watched: Watched
    health_check_id: pulumi.Output[str]
    objective_ids: Mapping[str, pulumi.Output[str]]


def declare(
    name: str, definitions: Sequence[MonitorDefinition], args: MonitorArgs, opts: pulumi.ResourceOptions
) -> dict[str, datadog.Monitor]:
    """The monitors by their keys; composites last, for they name the others.

    Args:
        name: the component's.
        definitions: what to declare.
        args: what they share.
        opts: each resource's.
    """
    monitors: dict[str, datadog.Monitor] = {}
    for definition in sorted(definitions, key=lambda each: each.type == _COMPOSITE):
        known: dict[str, pulumi.Input[str]] = {"check_id": args.health_check_id}
        if definition.objective:
            known["slo_id"] = args.objective_ids[definition.objective]
        if definition.type == _COMPOSITE:
            known = {key.replace("-", "_"): monitor.id for key, monitor in monitors.items()}
        monitors[definition.key] = _monitor(name, definition, args, _query(definition, known), opts)
    return {definition.key: monitors[definition.key] for definition in definitions}


def _query(definition: MonitorDefinition, known: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[str]:
    """The query with what only Datadog knows; plain where it names nothing, so that a preview can show it."""
    template = string.Template(definition.query)
    named = {identifier: known[identifier] for identifier in template.get_identifiers()}
    return pulumi.Output.all(**named).apply(template.substitute) if named else definition.query


def _monitor(
    name: str,
    definition: MonitorDefinition,
    args: MonitorArgs,
    query: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> datadog.Monitor:
    return datadog.Monitor(
        f"{name}-{definition.key}",
        name=f"{args.watched.title}: {definition.title}",
        type=definition.type,
        query=query,
        message=_message(definition, args),
        tags=args.watched.tags,
        priority=str(args.watched.priority(definition.severity)),
        monitor_thresholds=_thresholds(definition),
        on_missing_data=definition.on_missing_data,
        renotify_interval=None if definition.once else args.watched.renotify_minutes(definition.severity),
        include_tags=False,
        assets=[
            datadog.MonitorAssetArgs(
                category="runbook", name="Runbook", url=f"{args.watched.links.runbook}#{definition.section}"
            )
        ],
        variables=_searches(definition),
        opts=opts,
    )


def _message(definition: MonitorDefinition, args: MonitorArgs) -> str:
    if not definition.tells:
        return f"{definition.meaning}\nRunbook: {args.watched.links.runbook}#{definition.section}"
    return message(
        meaning=definition.meaning,
        section=definition.section,
        severity=definition.severity,
        links=args.watched.links,
        recipients=args.watched.recipients,
        warns=definition.warning is not None,
        tells_no_data=definition.on_missing_data == NOTIFIES_NO_DATA,
        once=definition.once,
    )


def _thresholds(definition: MonitorDefinition) -> datadog.MonitorMonitorThresholdsArgs | None:
    given = {
        name: f"{value:.15g}"
        for name, value in {
            "critical": definition.critical,
            "warning": definition.warning,
            "critical_recovery": definition.critical_recovery,
        }.items()
        if value is not None
    }
    return datadog.MonitorMonitorThresholdsArgs(**given) if given else None


def _searches(definition: MonitorDefinition) -> datadog.MonitorVariablesArgs | None:
    """The searches that a formula names. In the logs each counts requests: one request writes several lines."""
    if not definition.searches:
        return None
    if definition.data_source == LOGS:
        compute = datadog.MonitorVariablesEventQueryComputeArgs(aggregation="cardinality", metric=metrics.REQUEST_ID)
    else:
        compute = datadog.MonitorVariablesEventQueryComputeArgs(aggregation="count")
    return datadog.MonitorVariablesArgs(
        event_queries=[
            datadog.MonitorVariablesEventQueryArgs(
                name=query_name,
                data_source=definition.data_source,
                indexes=["*"],
                search=datadog.MonitorVariablesEventQuerySearchArgs(query=search),
                computes=[compute],
                group_bies=[datadog.MonitorVariablesEventQueryGroupByArgs(facet=definition.by, limit=_GROUPS)]
                if definition.by
                else None,
            )
            for query_name, search in definition.searches.items()
        ]
    )
