"""DatadogMonitoring: the health check, the monitors and the dashboard of one environment."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_datadog as datadog

from components.config import StackConfig
from components.datadog_monitoring.dashboard import dashboard
from components.datadog_monitoring.monitors import MonitorDefinition, define_monitors, message, urgency


@dataclass(frozen=True, kw_only=True, slots=True)
class DatadogMonitoringArgs:
    """What DatadogMonitoring is made from."""

    service: str
    environment: str
    domain: str
    site: str
    """The Datadog site, `datadoghq.com`."""
    notify: Sequence[str]
    """Datadog handles that are told, `@slack-ACCOUNT-CHANNEL` or `@oncall-TEAM`."""
    locations: Sequence[str]
    """Where the health check runs from: `aws:eu-central-1`."""
    health_check_seconds: int
    runbook_url: str
    """The runbook; each monitor links the section of its key."""

    @classmethod
    def from_config(cls, config: StackConfig) -> "DatadogMonitoringArgs":
        """What the stack's configuration says of it."""
        return cls(
            service=config.service,
            environment=config.environment,
            domain=config.domain,
            site=config.datadog_site,
            notify=config.datadog_notify,
            locations=config.health_check_locations,
            health_check_seconds=config.health_check_seconds,
            runbook_url=config.runbook_url,
        )


class DatadogMonitoring(pulumi.ComponentResource):
    """What watches one environment. The health check is a synthetic test, which brings a monitor of its own."""

    health_check_url: pulumi.Output[str]
    dashboard_url: pulumi.Output[str]
    monitor_urls: Mapping[str, pulumi.Output[str]]
    """Each monitor's page, by its key."""

    def __init__(self, name: str, args: DatadogMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:DatadogMonitoring", name, None, opts)
        app = f"https://app.{args.site}"
        tags = [f"env:{args.environment}", f"service:{args.service}", "managed-by:pulumi"]
        health_check = _health_check(name, args, tags, pulumi.ResourceOptions(parent=self))
        monitors = {
            definition.key: _monitor(name, args, tags, definition, health_check.id, pulumi.ResourceOptions(parent=self))
            for definition in define_monitors(service=args.service, environment=args.environment, domain=args.domain)
        }
        page = datadog.DashboardJson(
            f"{name}-dashboard",
            dashboard=pulumi.Output.json_dumps(
                pulumi.Output.all(
                    health_check=health_check.id,
                    monitors={
                        "health": health_check.monitor_id.apply(str),
                        **{key: monitor.id for key, monitor in monitors.items()},
                    },
                ).apply(
                    lambda known: dashboard(
                        service=args.service,
                        environment=args.environment,
                        domain=args.domain,
                        health_check_id=known["health_check"],
                        monitor_ids=known["monitors"],
                    )
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.health_check_url = pulumi.Output.concat(app, "/synthetics/details/", health_check.id)
        self.dashboard_url = pulumi.Output.concat(app, "/dashboard/", page.id)
        self.monitor_urls = {
            key: pulumi.Output.concat(app, "/monitors/", monitor.id) for key, monitor in monitors.items()
        }
        self.register_outputs(
            {
                "healthCheckUrl": self.health_check_url,
                "dashboardUrl": self.dashboard_url,
                "monitorUrls": self.monitor_urls,
            }
        )


def _health_check(
    name: str, args: DatadogMonitoringArgs, tags: list[str], opts: pulumi.ResourceOptions
) -> datadog.SyntheticsTest:
    """Asks /api/health as a user's browser would reach it: status, body, content type and time."""
    return datadog.SyntheticsTest(
        f"{name}-health",
        name=f"{args.service} {args.environment}: health check",
        type="api",
        subtype="http",
        status="live",
        locations=args.locations,
        message=message(
            "The live deployment is unhealthy or cannot be reached.",
            runbook_url=f"{args.runbook_url}#health",
            recipients=args.notify,
        ),
        tags=tags,
        request_definition=datadog.SyntheticsTestRequestDefinitionArgs(
            method="GET", url=f"https://{args.domain}/api/health", timeout=10
        ),
        assertions=[
            datadog.SyntheticsTestAssertionArgs(type="statusCode", operator="is", target="200"),
            datadog.SyntheticsTestAssertionArgs(type="responseTime", operator="lessThan", target="2000"),
            datadog.SyntheticsTestAssertionArgs(
                type="header", property="content-type", operator="contains", target="application/json"
            ),
            datadog.SyntheticsTestAssertionArgs(
                type="body",
                operator="validatesJSONPath",
                targetjsonpath=datadog.SyntheticsTestAssertionTargetjsonpathArgs(
                    jsonpath="$.status", operator="is", targetvalue="ok"
                ),
            ),
        ],
        options_list=datadog.SyntheticsTestOptionsListArgs(
            tick_every=args.health_check_seconds,
            # One lost packet on one continent wakes nobody.
            retry=datadog.SyntheticsTestOptionsListRetryArgs(count=2, interval=5000),
            min_failure_duration=60,
            min_location_failed=min(2, len(args.locations)),
            monitor_options=datadog.SyntheticsTestOptionsListMonitorOptionsArgs(renotify_interval=60),
            monitor_priority=urgency(args.environment),
        ),
        opts=opts,
    )


def _monitor(  # noqa: PLR0917 - one call, each argument once
    name: str,
    args: DatadogMonitoringArgs,
    tags: list[str],
    definition: MonitorDefinition,
    health_check_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> datadog.Monitor:
    """One monitor from its definition."""
    return datadog.Monitor(
        f"{name}-{definition.key}",
        name=definition.name,
        type=definition.type,
        query=health_check_id.apply(lambda known: string.Template(definition.query).substitute(check_id=known)),
        message=message(definition.meaning, runbook_url=f"{args.runbook_url}#{definition.key}", recipients=args.notify),
        tags=tags,
        priority=str(definition.priority),
        monitor_thresholds=datadog.MonitorMonitorThresholdsArgs(critical=f"{definition.critical:g}"),
        on_missing_data=definition.on_missing_data,
        include_tags=False,
        variables=_log_queries(definition.event_queries),
        opts=opts,
    )


def _log_queries(searches: Mapping[str, str]) -> datadog.MonitorVariablesArgs | None:
    """The searches that a formula names, each counting requests: one request writes several log lines."""
    if not searches:
        return None
    return datadog.MonitorVariablesArgs(
        event_queries=[
            datadog.MonitorVariablesEventQueryArgs(
                name=query_name,
                data_source="logs",
                indexes=["*"],
                search=datadog.MonitorVariablesEventQuerySearchArgs(query=search),
                computes=[
                    datadog.MonitorVariablesEventQueryComputeArgs(aggregation="cardinality", metric="@vercel.requestId")
                ],
            )
            for query_name, search in searches.items()
        ]
    )
