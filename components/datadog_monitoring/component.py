"""DatadogMonitoring: what watches one environment, and whom it tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pulumi
import pulumi_datadog as datadog

from components.config import StackConfig
from components.datadog_monitoring import monitors, objectives, synthetics
from components.datadog_monitoring.burn_rate_monitors import burn_rate_monitors
from components.datadog_monitoring.dashboard import dashboard
from components.datadog_monitoring.definition import MonitorDefinition
from components.datadog_monitoring.message import Links, Recipients
from components.datadog_monitoring.probe_monitors import probe_monitors
from components.datadog_monitoring.release_monitors import release_monitors
from components.datadog_monitoring.synthetic_cost import dollars
from components.datadog_monitoring.synthetics import CERTIFICATES, SyntheticsArgs
from components.datadog_monitoring.traffic_monitors import traffic_monitors
from components.datadog_monitoring.watched import Watched
from components.monitoring_config import MonitoringConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class DatadogMonitoringArgs:
    """What DatadogMonitoring is made from."""

    service: str
    environment: str
    production: bool
    domain: str
    vercel_project: str
    log_drain: bool
    """Whether there are logs to read."""
    monitoring: MonitoringConfig

    @classmethod
    def from_config(cls, config: StackConfig) -> "DatadogMonitoringArgs":
        """What the stack's configuration says of it."""
        return cls(
            service=config.service,
            environment=config.environment,
            production=config.is_production,
            domain=config.domain,
            vercel_project=config.vercel_project,
            log_drain=config.logs != "none",
            monitoring=config.monitoring,
        )

    @property
    def title(self) -> str:
        """How every name begins."""
        return f"{self.service} {self.environment}"

    @property
    def tags(self) -> list[str]:
        """What everything carries. The version is not among them: a monitor outlives many; events carry it.

        Source: https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/.
        """
        return [
            f"env:{self.environment}",
            f"service:{self.service}",
            f"team:{self.monitoring.team}",
            "managed-by:pulumi",
        ]


class DatadogMonitoring(pulumi.ComponentResource):
    """What watches one environment. A synthetic test brings a monitor of its own."""

    health_check_url: pulumi.Output[str]
    dashboard_url: pulumi.Output[str]
    monitor_urls: Mapping[str, pulumi.Output[str]]
    """Each monitor's page, by its key."""
    synthetic_cost: Mapping[str, float]
    """What the tests lead to in 30 days: `runs`, `usd`."""

    def __init__(self, name: str, args: DatadogMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:DatadogMonitoring", name, None, opts)
        config = args.monitoring
        app = _app(config.site)
        child = pulumi.ResourceOptions(parent=self)
        environment = Watched(
            title=args.title,
            tags=args.tags,
            links=Links(
                runbook=config.runbook_url,
                deployments=f"{app}/event/explorer?query={quote(_release_events(args))}",
            ),
            recipients=Recipients(notify=config.notify, page=config.page),
            production=args.production,
        )
        tests = SyntheticsArgs(
            watched=environment,
            domain=args.domain,
            locations=config.locations,
            seconds=config.health_check_seconds,
        )
        health_check = synthetics.health_check(name, tests, child)
        certificates = {each.key: synthetics.certificate_test(name, each, tests, child) for each in CERTIFICATES}
        targets = {
            objective.key: objectives.declare(name, objective, title=args.title, tags=args.tags, opts=child)
            for objective in _objectives(name, args, health_check.id, child)
        }
        watched = monitors.declare(
            name,
            define_monitors(args),
            monitors.MonitorArgs(
                watched=environment,
                health_check_id=health_check.id,
                objective_ids={key: objective.id for key, objective in targets.items()},
            ),
            child,
        )
        tests_monitors = {"health": health_check, **certificates}
        monitor_ids: dict[str, pulumi.Output[str]] = {
            **{key: test.monitor_id.apply(str) for key, test in tests_monitors.items()},
            **{key: monitor.id for key, monitor in watched.items()},
        }
        page = datadog.DashboardJson(
            f"{name}-dashboard",
            dashboard=pulumi.Output.json_dumps(
                pulumi.Output.all(
                    health_check=health_check.id,
                    monitors=monitor_ids,
                    objectives={key: objective.id for key, objective in targets.items()},
                ).apply(
                    lambda known: dashboard(
                        service=args.service,
                        environment=args.environment,
                        domain=args.domain,
                        vercel_project=args.vercel_project,
                        runbook_url=config.runbook_url,
                        health_check_id=known["health_check"],
                        slo_ids=known["objectives"],
                        monitor_ids=known["monitors"],
                        log_drain=args.log_drain,
                    )
                )
            ),
            opts=child,
        )
        self.health_check_url = pulumi.Output.concat(app, "/synthetics/details/", health_check.id)
        self.dashboard_url = pulumi.Output.concat(app, "/dashboard/", page.id)
        self.monitor_urls = {
            key: pulumi.Output.concat(app, "/monitors/", monitor_id) for key, monitor_id in monitor_ids.items()
        }
        monthly = synthetics.monthly_runs(len(config.locations), config.health_check_seconds)
        self.synthetic_cost = {"runs": monthly, "usd": dollars([monthly])}
        self.register_outputs(
            {
                "healthCheckUrl": self.health_check_url,
                "dashboardUrl": self.dashboard_url,
                "monitorUrls": self.monitor_urls,
                "syntheticCost": self.synthetic_cost,
            }
        )


def define_monitors(args: DatadogMonitoringArgs) -> list[MonitorDefinition]:
    """Every monitor of an environment but those that synthetic tests bring."""
    config = args.monitoring
    probed = {"probe_seconds": config.health_check_seconds}
    defined = [
        *probe_monitors(**probed),
        *release_monitors(service=args.service, environment=args.environment, approved=args.production),
    ]
    if args.log_drain:
        defined += traffic_monitors(
            service=args.service,
            environment=args.environment,
            domain=args.domain,
            latency_milliseconds=config.latency_milliseconds,
            **probed,
        )
    if config.availability_target is not None:
        defined += burn_rate_monitors(
            objectives.AVAILABILITY,
            target=config.availability_target,
            counted="health checks failed",
            silence_told_by="prober-dead",
        )
        if args.log_drain:
            defined += burn_rate_monitors(
                objectives.LATENCY,
                target=config.latency_target,
                counted=f"function invocations took longer than {config.latency_milliseconds} ms",
                silence_told_by="durations-missing",
            )
    return defined


def _objectives(
    name: str, args: DatadogMonitoringArgs, check_id: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> Iterator[objectives.Objective]:
    config = args.monitoring
    if config.availability_target is None:
        return
    yield objectives.availability(check_id, config.availability_target)
    if args.log_drain:
        yield objectives.latency(
            name,
            service=args.service,
            environment=args.environment,
            domain=args.domain,
            target=config.latency_target,
            milliseconds=config.latency_milliseconds,
            opts=opts,
        )


def _app(site: str) -> str:
    """Where a Datadog site's pages are: https://docs.datadoghq.com/getting_started/site/."""
    return f"https://{site}" if site.count(".") > 1 else f"https://app.{site}"


def _release_events(args: DatadogMonitoringArgs) -> str:
    return f"service:{args.service} env:{args.environment} kind:(deployment OR rollback)"
