"""The measurements that monitors, objectives and the dashboard read, each named once.

Sources: https://docs.datadoghq.com/synthetics/metrics/ (tests), the log pipeline of Datadog's Vercel integration
(https://github.com/DataDog/integrations-extras/blob/master/vercel/assets/logs/vercel.yaml: `@proxy.*` as Vercel sends
it, `@lambda.duration` in nanoseconds). The values of the tag `status` are documented nowhere; whether both series exist
is watched by `prober-dead`, `drain-silent` and `durations-missing`.
"""

REQUEST_ID = "@requestId"
"""What requests are counted by, as Datadog's own dashboard of the integration does: one writes several log lines."""

NANOSECONDS_PER_MILLISECOND = 1_000_000


def probes(check_id: str) -> str:
    """Runs of a synthetic test, as a metric's query."""
    return f"sum:synthetics.test_runs{{check_id:{check_id}}}.as_count()"


def good_probes(check_id: str) -> str:
    """Runs of a synthetic test that passed."""
    return f"sum:synthetics.test_runs{{check_id:{check_id},status:success}}.as_count()"


def answered(domain: str, lowest: int, highest: int) -> str:
    """The log search of requests that were answered with a status from the lowest to the highest."""
    return f"{_logs(domain)} @proxy.statusCode:[{lowest} TO {highest}]"


def requests(domain: str) -> str:
    """The log search of answered requests, told apart by host.

    With one Vercel project a stack both deploy with `--prod`, so Vercel's own environment says production in either.
    A status of -1 is a background revalidation, which nobody waits for.
    """
    return answered(domain, 100, 599)


def server_errors(domain: str) -> str:
    """The log search of requests that ended in a server error."""
    return answered(domain, 500, 599)


def invocations(domain: str, *, at_most_milliseconds: int | None = None) -> str:
    """The log search of function invocations with their duration: all, or those that were fast enough."""
    highest = "*" if at_most_milliseconds is None else at_most_milliseconds * NANOSECONDS_PER_MILLISECOND
    return f"{_logs(domain)} @lambda.duration:[0 TO {highest}]"


def timeouts(domain: str) -> str:
    """The log search of function invocations that Vercel cut off."""
    return f'{_logs(domain)} ("Vercel Runtime Timeout Error" OR @proxy.statusCode:504)'


def _logs(domain: str) -> str:
    """What every log of the domain's requests has."""
    return f"source:vercel @proxy.host:{domain}"
