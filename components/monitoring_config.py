"""What a stack is told of its monitoring: where it probes from, what it promises, and whom it tells."""

import re
from dataclasses import dataclass

from components.config_keys import ConfigKeys
from components.service_levels import highest_target, too_few_probes, unreachable

HEALTH_CHECK_SECONDS = (60, 300, 900, 1800, 3600, 21600, 43200, 86400)
"""Intervals of a Datadog synthetic test that its page offers."""

_HANDLE = re.compile(r"@\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringConfig:
    """The monitoring of one environment, as its stack describes it."""

    site: str
    """The Datadog site, `datadoghq.com`."""
    team: str
    """Whose service it is, as the tag `team` says."""
    notify: tuple[str, ...]
    """Datadog handles that hear of everything: `@slack-ACCOUNT-CHANNEL`."""
    page: tuple[str, ...]
    """Handles that wake somebody: `@oncall-TEAM`. Empty outside production."""
    locations: tuple[str, ...]
    """Where the health check runs from: `aws:eu-central-1`."""
    health_check_seconds: int
    runbook_url: str
    """The runbook; each monitor links its section."""
    availability_target: float | None
    """Percent of health checks that are to pass in 30 days; None where nothing is promised."""
    latency_target: float
    """Percent of function invocations that are to be fast enough."""
    latency_milliseconds: int
    """What is fast enough."""

    @classmethod
    def load(cls, keys: ConfigKeys, *, production: bool) -> "MonitoringConfig":
        """Read the current stack's keys; what is wrong with them is noted there."""
        config = cls(
            site=keys.text("datadogSite", r"[a-z0-9.-]+", "datadoghq.com", default="datadoghq.com"),
            team=keys.text("team", r"[a-z0-9][a-z0-9_-]*", "web"),
            notify=keys.texts("datadogNotify", _HANDLE, "@slack-acme-deploys", required=True),
            page=keys.texts("datadogPage", _HANDLE, "@oncall-web", required=production),
            locations=keys.texts(
                "healthCheckLocations", re.compile(r"[a-z]+:[a-z0-9-]+"), "aws:eu-central-1", required=True
            ),
            health_check_seconds=int(
                keys.choice("healthCheckSeconds", tuple(str(seconds) for seconds in HEALTH_CHECK_SECONDS))
            ),
            runbook_url=keys.text(
                "runbookUrl", r"https?://\S+", "https://github.com/acme/deployment/blob/main/docs/runbook.md"
            ),
            availability_target=keys.percent("availabilityTarget", "99.9", required=production),
            latency_target=keys.percent("latencyTarget", "99", required=False) or 99,
            latency_milliseconds=keys.whole("latencyMilliseconds", default=1500),
        )
        if config.page and not production:
            keys.wrong("datadogPage is set, and only production wakes somebody", "pulumi config rm datadogPage")
        _check_objectives(keys, config)
        return config


def _check_objectives(keys: ConfigKeys, config: MonitoringConfig) -> None:
    """Refuse targets that Datadog would refuse, or that one failed probe would page for."""
    if problem := unreachable(config.latency_target):
        keys.wrong(f"latencyTarget is {config.latency_target:g}: {problem}", "pulumi config set latencyTarget 99")
    target = config.availability_target
    if target is None or not config.locations or keys.raw("healthCheckSeconds") != str(config.health_check_seconds):
        return
    probes = {"locations": len(config.locations), "seconds": config.health_check_seconds}
    if problem := unreachable(target):
        keys.wrong(f"availabilityTarget is {target:g}: {problem}", "pulumi config set availabilityTarget 99.5")
    elif problem := too_few_probes(target, **probes):
        highest = highest_target(**probes)
        mended = not unreachable(highest) and not too_few_probes(highest, **probes)
        fix = f"availabilityTarget {highest:g}" if mended else "healthCheckSeconds 60"
        keys.wrong(f"availabilityTarget is {target:g}: {problem}", f"pulumi config set {fix}")
