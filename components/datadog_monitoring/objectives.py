"""The service level objectives of one environment.

Both count events, good ones among all: Datadog takes no burn-rate alert on an objective that is made of synthetics
monitors (https://github.com/DataDog/documentation/pull/20137). Availability counts the probes of the health check, so
it is known while nobody gets through; latency counts what users wait for, function invocations in the logs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_datadog as datadog

from components.datadog_monitoring import metrics
from components.service_levels import PERIOD_DAYS

AVAILABILITY = "availability"
LATENCY = "latency"


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """A target, and what is counted for it."""

    key: str
    title: str
    description: str
    target: float
    """Percent of what is counted that is to be good."""
    good: pulumi.Input[str]
    all: pulumi.Input[str]


def availability(check_id: pulumi.Output[str], target: float) -> Objective:
    """Probes that found the app healthy."""
    return Objective(
        key=AVAILABILITY,
        title="the app is healthy",
        description="Health checks that passed, of all from every location.",
        target=target,
        good=check_id.apply(metrics.good_probes),
        all=check_id.apply(metrics.probes),
    )


def latency(
    name: str,
    *,
    service: str,
    environment: str,
    domain: str,
    target: float,
    milliseconds: int,
    opts: pulumi.ResourceOptions,
) -> Objective:
    """Invocations that were fast enough, counted by two metrics that are made from the logs."""
    counted = {"invocations": None, "fast_invocations": milliseconds}
    prefix = f"{service}.{environment}".replace("-", "_")
    named = {
        metric: datadog.LogsMetric(
            f"{name}-{metric.replace('_', '-')}",
            name=f"{prefix}.{metric}",
            compute=datadog.LogsMetricComputeArgs(aggregation_type="count"),
            filter=datadog.LogsMetricFilterArgs(query=metrics.invocations(domain, at_most_milliseconds=most)),
            opts=opts,
        ).name
        for metric, most in counted.items()
    }
    return Objective(
        key=LATENCY,
        title=f"answers come within {milliseconds} ms",
        description=f"Function invocations on {domain} that took at most {milliseconds} ms, of all.",
        target=target,
        good=pulumi.Output.concat("sum:", named["fast_invocations"], "{*}.as_count()"),
        all=pulumi.Output.concat("sum:", named["invocations"], "{*}.as_count()"),
    )


def declare(
    name: str, objective: Objective, *, title: str, tags: Sequence[str], opts: pulumi.ResourceOptions
) -> datadog.ServiceLevelObjective:
    """The objective at Datadog, over the period of its error budget.

    Args:
        name: the component's.
        objective: what to declare.
        title: service and environment.
        tags: those that everything of the environment carries.
        opts: the resource's.
    """
    return datadog.ServiceLevelObjective(
        f"{name}-objective-{objective.key}",
        name=f"{title}: {objective.title}",
        type="metric",
        description=objective.description,
        query=datadog.ServiceLevelObjectiveQueryArgs(numerator=objective.good, denominator=objective.all),
        thresholds=[datadog.ServiceLevelObjectiveThresholdArgs(timeframe=f"{PERIOD_DAYS}d", target=objective.target)],
        timeframe=f"{PERIOD_DAYS}d",
        target_threshold=objective.target,
        tags=tags,
        opts=opts,
    )
