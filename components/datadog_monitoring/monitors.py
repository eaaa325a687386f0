"""The monitors of one environment as data: what each asks, when it speaks, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorDefinition:
    """One monitor, before Datadog knows it."""

    key: str
    """Its resource's name, and its section in the runbook."""
    name: str
    type: str
    query: str
    """A `string.Template`: $check_id is the health check's public ID, which tags its metrics."""
    critical: float
    """The number that the query ends in: Datadog refuses a monitor where they differ."""
    meaning: str
    priority: int
    """1 (wake someone) to 5, as Datadog counts."""
    on_missing_data: str = "default"
    event_queries: Mapping[str, str] = field(default_factory=dict)
    """Log searches by the name that a formula query gives them."""


def define_monitors(*, service: str, environment: str, domain: str) -> list[MonitorDefinition]:
    """The monitors beside the health check's own.

    Requests are told apart by host: with one Vercel project a stack, both deploy with `--prod`, so Vercel's own
    environment tag says production in either.

    Sources: the metrics of synthetic tests (https://docs.datadoghq.com/synthetics/metrics/, times in milliseconds), the
    log attributes of Datadog's Vercel integration, the query forms of POST /api/v1/monitor.

    Args:
        service: the app's name.
        environment: the stack's name.
        domain: the host that users open.
    """
    title = f"{service} {environment}"
    urgent = urgency(environment)
    waits = urgent + 1
    return [
        MonitorDefinition(
            key="error-rate",
            name=f"{title}: more than 2 % of requests fail",
            type="log alert",
            query='formula("100 * errors / requests").last("10m") > 2',
            critical=2,
            meaning="Users see server errors on the live deployment.",
            priority=urgent,
            event_queries={
                "errors": f"source:vercel @proxy.host:{domain} @proxy.statusCode:[500 TO 599]",
                # -1 is a background revalidation, which no user waits for.
                "requests": f"source:vercel @proxy.host:{domain} @proxy.statusCode:[100 TO 599]",
            },
        ),
        MonitorDefinition(
            key="latency",
            name=f"{title}: the health check takes longer than 1.5 s",
            type="query alert",
            query="avg(last_15m):avg:synthetics.http.response.time{check_id:$check_id} > 1500",
            critical=1500,
            meaning="The live deployment answers, but slowly, seen from every location.",
            priority=waits,
            # The health check's own monitor speaks when there is no answer to time.
            on_missing_data="show_no_data",
        ),
        MonitorDefinition(
            key="failed-deployment",
            name=f"{title}: a deployment failed",
            type="event-v2 alert",
            query=(
                f'events("service:{service} env:{environment} kind:deployment outcome:failure")'
                '.rollup("count").last("15m") > 0'
            ),
            critical=0,
            meaning="A release stopped. Unless its last message says otherwise, users see what they saw before.",
            priority=waits,
        ),
    ]


def urgency(environment: str) -> int:
    """The priority of what users feel now: production's wakes someone, elsewhere it waits for the morning."""
    return 1 if environment == "production" else 4


def message(meaning: str, *, runbook_url: str, recipients: Sequence[str]) -> str:
    """A notification: what it means, where to read on, who is told when it starts and when it ends.

    Source of the conditions: https://docs.datadoghq.com/monitors/notify/variables/#conditional-variables.
    """
    told = " ".join(recipients)
    return (
        f"{{{{#is_alert}}}}{meaning}\nRunbook: {runbook_url}\n{told}{{{{/is_alert}}}}"
        f"{{{{#is_recovery}}}}Recovered. {told}{{{{/is_recovery}}}}"
    )
