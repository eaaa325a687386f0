"""The grammar of monitor queries, as far as it decides whether Datadog takes a monitor.

Sources: https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor (the query of each type) and
https://docs.datadoghq.com/monitors/types/slo/. Whether a metric or a facet exists is not checked, by Datadog neither.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from sandbox.world.datadog.errors import error
from sandbox.world.service import ServiceError

SEARCHES = {"log alert": "logs", "event-v2 alert": "events", "rum alert": "rum"}
_METRICS = ("metric alert", "query alert")
_COMPARISON = re.compile(r"(?P<left>.*\S)\s*(?P<operator>>=|<=|==|!=|>|<)\s*(?P<number>-?\d+(?:\.\d+)?)", re.DOTALL)
_WINDOW = r"(?:last|current|next)_\d+(?:mo|m|h|d|w)"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_METRIC_ALERT = re.compile(
    rf"(?:(?:avg|sum|min|max|count|percentile)\({_WINDOW}\)"
    rf"|(?:pct_)?change\((?:avg|sum|min|max|count)\({_WINDOW}\),{_WINDOW}\)):(?P<expression>.+)",
    re.DOTALL,
)
_METRIC = re.compile(r"(?:avg|sum|min|max|count|p\d{1,2}(?:\.\d+)?):[A-Za-z][\w./-]*\{[^{}]*\}")
_SEARCH = re.compile(
    rf"(?P<source>[a-z-]+)\({_TEXT}\)(?:\.index\({_TEXT}\))?\.rollup\({_TEXT}(?:,\s*{_TEXT})?\)"
    rf"(?:\.by\({_TEXT}\))?\.last\(\"(?P<window>\d+[mhdw])\"\)"
)
_FORMULA = re.compile(rf"formula\((?P<formula>{_TEXT})\)(?:\.rollup\({_TEXT}\))?\.last\(\"(?P<window>\d+[mhdw])\"\)")
_SERVICE_CHECK = re.compile(
    rf"{_TEXT}\.over\({_TEXT}(?:,\s*{_TEXT})*\)(?:\.exclude\({_TEXT}(?:,\s*{_TEXT})*\))?"
    rf"(?:\.by\({_TEXT}(?:,\s*{_TEXT})*\))?\.last\((?P<checks>\d+)\)\.(?:count_by_status|pct_by_status)\(\)"
)
_BURN_RATE = re.compile(
    r'burn_rate\("(?P<slo>[^"]+)"\)\.over\("(?P<over>7d|30d|90d)"\)'
    r'\.long_window\("(?P<long>\d+[mh])"\)\.short_window\("(?P<short>\d+[mh])"\)'
)
_ERROR_BUDGET = re.compile(r'error_budget\("(?P<slo>[^"]+)"\)\.over\("(?P<over>7d|30d|90d)"\)')
_MOST_MEMBERS = 10
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080}


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorQuery:
    """What a query says that the rest of its monitor has to fit."""

    operator: str = ""
    threshold: float | None = None
    """The number that it compares with; None for the kinds that compare with none."""
    slo_id: str | None = None
    is_burn_rate: bool = False
    over: str = ""
    """The time frame of its service level objective: `30d`."""
    checks: int = 0
    """How many results a service check looks at."""
    grouped: bool = False
    members: tuple[str, ...] = ()
    """The monitors that a composite combines."""


def parse_query(kind: str, query: str, variables: Collection[str]) -> MonitorQuery:
    """Read a query of a monitor type; `variables` are the names that its formula may use.

    Raises:
        ServiceError: 400 as Datadog answers to a query that it cannot read.
    """
    if kind in _WITHOUT_NUMBER:
        return _WITHOUT_NUMBER[kind](query)
    if kind not in (*SEARCHES, *_METRICS, "slo alert"):
        raise error(501, f"the sandbox's datadog does not read queries of the type {kind}")
    comparison = _COMPARISON.fullmatch(query.strip())
    if comparison is None:
        raise invalid("invalid operator specified: ")
    left, operator, threshold = comparison["left"], comparison["operator"], float(comparison["number"])
    grouped = ".by(" in left or re.search(r"\}\s*by\s*\{", left) is not None
    if kind == "slo alert":
        return _slo_query(left, operator, threshold)
    if left.startswith("formula("):
        _check_formula(left, variables)
    elif kind in SEARCHES:
        _check_search(kind, left)
    else:
        _check_metrics(left)
    return MonitorQuery(operator=operator, threshold=threshold, grouped=grouped)


def invalid(reason: str) -> ServiceError:
    """Datadog's answer to a query that it does not take."""
    return error(400, f"The value provided for parameter 'query' is invalid: {reason}")


def minutes(window: str) -> int:
    """The length of a window: `5m`, `1h`, `2d`."""
    return int(window[:-1]) * _MINUTES[window[-1]]


def _service_check_query(query: str) -> MonitorQuery:
    match = _SERVICE_CHECK.fullmatch(query)
    if match is None:
        raise invalid("invalid service check query")
    return MonitorQuery(checks=int(match["checks"]), grouped=".by(" in query)


def members(query: str) -> tuple[str, ...]:
    """The IDs of the monitors that a composite's query combines."""
    return tuple(dict.fromkeys(re.findall(r"\d+", query)))


def _composite_query(query: str) -> MonitorQuery:
    operand = r"!?\s*\(*\s*!?\s*\d+\s*\)*"
    if not re.fullmatch(rf"\s*{operand}(?:\s*(?:&&|\|\|)\s*{operand})*\s*", query) or query.count("(") != query.count(
        ")"
    ):
        raise invalid("a composite query combines monitor IDs with &&, || and !")
    if len(members(query)) > _MOST_MEMBERS:
        raise invalid(f"a composite query combines at most {_MOST_MEMBERS} monitors")
    return MonitorQuery(members=members(query))


def _no_query(_query: str) -> MonitorQuery:
    return MonitorQuery()


def _check_metrics(left: str) -> None:
    match = _METRIC_ALERT.fullmatch(left)
    if match is None:
        raise invalid("it begins with no aggregation over a time window, like avg(last_5m):")
    expression = match["expression"]
    for opening, closing in ("()", "{}", "[]"):
        if expression.count(opening) != expression.count(closing):
            raise invalid(f"unbalanced {opening}{closing}")
    if _METRIC.search(expression) is None:
        raise invalid("it names no metric, like avg:system.load.1{*}")


def _check_search(kind: str, left: str) -> None:
    match = _SEARCH.fullmatch(left)
    if match is None or match["source"] != SEARCHES[kind]:
        raise invalid(f'it is not of the form {SEARCHES[kind]}("…").rollup("count").last("5m")')
    if minutes(match["window"]) > minutes("48h"):
        raise invalid("the time window is longer than 2 days")


def _check_formula(left: str, variables: Collection[str]) -> None:
    match = _FORMULA.fullmatch(left)
    if match is None:
        raise invalid('it is not of the form formula("…").last("5m")')
    used = set(re.findall(r"[A-Za-z_]\w*\b(?!\s*\()", match["formula"]))
    unknown = sorted(used - set(variables))
    if unknown or not used:
        raise invalid(f"the formula uses {', '.join(unknown) or 'no query'}, which is not among the variables")


def _slo_query(left: str, operator: str, threshold: float) -> MonitorQuery:
    burn = _BURN_RATE.fullmatch(left)
    budget = _ERROR_BUDGET.fullmatch(left)
    if burn is None and budget is None:
        raise invalid(
            'it is neither burn_rate("ID").over("30d").long_window("1h").short_window("5m")'
            ' nor error_budget("ID").over("30d")'
        )
    if burn is None:
        return MonitorQuery(operator=operator, threshold=threshold, slo_id=left.split('"')[1], over=left.split('"')[3])
    if not minutes("1h") <= minutes(burn["long"]) <= minutes("48h"):
        raise invalid("the long window of a burn rate is at least 1h and at most 48h")
    if minutes(burn["short"]) >= minutes(burn["long"]):
        raise invalid("the short window of a burn rate is shorter than its long window")
    return MonitorQuery(
        operator=operator, threshold=threshold, slo_id=burn["slo"], over=burn["over"], is_burn_rate=True
    )


_WITHOUT_NUMBER = {
    "service check": _service_check_query,
    "composite": _composite_query,
    "synthetics alert": _no_query,
}
