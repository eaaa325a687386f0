"""The synthetic tests of one environment: the health check, and how long its certificate is still valid."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_datadog as datadog

from components.datadog_monitoring import synthetic_cost
from components.datadog_monitoring.message import message
from components.datadog_monitoring.watched import Watched

CERTIFICATE_SECONDS = 3600
CERTIFICATE_LOCATIONS = 2
_SLOWEST_MILLISECONDS = 5000
"""Later is as good as never. Slowness is what `latency` is for: here a slow minute would page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateTest:
    """One limit of the certificate's remaining days."""

    key: str
    days: int
    severity: int


CERTIFICATES = (
    # Vercel renews by itself, so that neither is ever seen while that works.
    CertificateTest(key="certificate", days=10, severity=3),
    CertificateTest(key="certificate-ends", days=3, severity=2),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyntheticsArgs:
    """What the tests of one environment share."""

    watched: Watched
    domain: str
    locations: Sequence[str]
    seconds: int
    """Between two health checks from one location."""


def health_check(name: str, args: SyntheticsArgs, opts: pulumi.ResourceOptions) -> datadog.SyntheticsTest:
    """Asks /api/health as a user's browser would reach it: status, time, content type, `status` and `version`."""
    return datadog.SyntheticsTest(
        f"{name}-health",
        name=f"{args.watched.title}: health check",
        type="api",
        subtype="http",
        status="live",
        locations=args.locations,
        message=message(
            meaning="What serves now is unhealthy, or cannot be reached.",
            section="health",
            severity=1,
            links=args.watched.links,
            recipients=args.watched.recipients,
        ),
        tags=args.watched.tags,
        request_definition=datadog.SyntheticsTestRequestDefinitionArgs(
            method="GET", url=f"https://{args.domain}/api/health", timeout=10
        ),
        assertions=[
            datadog.SyntheticsTestAssertionArgs(type="statusCode", operator="is", target="200"),
            datadog.SyntheticsTestAssertionArgs(
                type="responseTime", operator="lessThan", target=str(_SLOWEST_MILLISECONDS)
            ),
            datadog.SyntheticsTestAssertionArgs(
                type="header", property="content-type", operator="contains", target="application/json"
            ),
            _body("$.status", "is", "ok"),
            # Which version is right changes with each release, and the release checks it; here it must name one.
            _body("$.version", "matches", r"\S+"),
        ],
        options_list=datadog.SyntheticsTestOptionsListArgs(
            tick_every=args.seconds,
            # One lost packet on one continent wakes nobody.
            retry=datadog.SyntheticsTestOptionsListRetryArgs(count=2, interval=5000),
            min_failure_duration=60,
            min_location_failed=min(2, len(args.locations)),
            monitor_options=_monitor_options(1, args),
            monitor_priority=args.watched.priority(1),
        ),
        opts=opts,
    )


def certificate_test(
    name: str, certificate: CertificateTest, args: SyntheticsArgs, opts: pulumi.ResourceOptions
) -> datadog.SyntheticsTest:
    """Asks hourly, from the first two locations, how long the domain's certificate is valid."""
    return datadog.SyntheticsTest(
        f"{name}-{certificate.key}",
        name=f"{args.watched.title}: certificate ends within {certificate.days} days",
        type="api",
        subtype="ssl",
        status="live",
        locations=args.locations[:CERTIFICATE_LOCATIONS],
        message=message(
            meaning=f"The certificate of {args.domain} ends within {certificate.days} days and has not been renewed, "
            "or nobody can connect, of which `health` speaks too. Once it has ended, browsers warn users off.",
            section="certificate",
            severity=certificate.severity,
            links=args.watched.links,
            recipients=args.watched.recipients,
        ),
        tags=args.watched.tags,
        request_definition=datadog.SyntheticsTestRequestDefinitionArgs(host=args.domain, port="443"),
        assertions=[
            datadog.SyntheticsTestAssertionArgs(
                type="certificate", operator="isInMoreThan", target=str(certificate.days)
            )
        ],
        options_list=datadog.SyntheticsTestOptionsListArgs(
            tick_every=CERTIFICATE_SECONDS,
            retry=datadog.SyntheticsTestOptionsListRetryArgs(count=2, interval=5000),
            # A test that cannot connect fails as well: from one location that says nothing of the certificate.
            min_location_failed=min(CERTIFICATE_LOCATIONS, len(args.locations)),
            monitor_options=_monitor_options(certificate.severity, args),
            monitor_priority=args.watched.priority(certificate.severity),
        ),
        opts=opts,
    )


def monthly_runs(locations: int, seconds: int) -> int:
    """How many runs all tests of a stack make in 30 days."""
    return synthetic_cost.runs(locations, seconds) + len(CERTIFICATES) * synthetic_cost.runs(
        min(CERTIFICATE_LOCATIONS, locations), CERTIFICATE_SECONDS
    )


def _body(path: str, operator: str, value: str) -> datadog.SyntheticsTestAssertionArgs:
    return datadog.SyntheticsTestAssertionArgs(
        type="body",
        operator="validatesJSONPath",
        targetjsonpath=datadog.SyntheticsTestAssertionTargetjsonpathArgs(
            jsonpath=path, operator=operator, targetvalue=value
        ),
    )


def _monitor_options(severity: int, args: SyntheticsArgs) -> datadog.SyntheticsTestOptionsListMonitorOptionsArgs | None:
    """What pages says so again until somebody has looked."""
    minutes = args.watched.renotify_minutes(severity)
    return None if minutes is None else datadog.SyntheticsTestOptionsListMonitorOptionsArgs(renotify_interval=minutes)
