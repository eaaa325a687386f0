"""Service levels: what is promised, what is left of it, and how fast it goes."""

from collections.abc import Mapping

from components.datadog_monitoring.dashboard.queries import burn_rate, release_markers
from components.datadog_monitoring.dashboard.widgets import Json, at, formula, graph, marker, objective, timeseries
from components.datadog_monitoring.dashboard.widgets import group as grouped
from components.service_levels import BURN_RATES

_ROWS = 3


def group(slo_ids: Mapping[str, str], alerts: Json) -> Json:
    """One row an objective, and their alerts beside."""
    widgets: list[Json] = []
    for index, (key, slo_id) in enumerate(sorted(slo_ids.items())):
        widgets.append(at(0, index * _ROWS, 4, _ROWS, objective(f"{key.title()} and budget left", slo_id)))
        widgets.append(at(4, index * _ROWS, 4, _ROWS, _burning(key, slo_id)))
    widgets.append(at(8, 0, 4, len(slo_ids) * _ROWS, alerts))
    return grouped("Service levels", "vivid_purple", widgets)


def _burning(key: str, slo_id: str) -> Json:
    return timeseries(
        f"{key.title()}: how many times too fast its budget burns",
        [graph([burn_rate("burning", slo_id)], [formula("burning", "burn rate")]), *release_markers()],
        markers=[
            marker(
                rate.factor,
                f"over {rate.key}: {'pages' if rate.pages else 'tells'}",
                severity="error" if rate.pages else "warning",
            )
            for rate in BURN_RATES
        ],
    )
