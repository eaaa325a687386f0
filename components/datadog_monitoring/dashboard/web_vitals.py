"""Core Web Vitals as users' browsers report them, with Google's limits of the good ones (https://web.dev/articles/vitals).

Datadog's browser SDK reports durations in nanoseconds
(https://docs.datadoghq.com/real_user_monitoring/application_monitoring/browser/data_collected/).
"""

from dataclasses import dataclass

from components.datadog_monitoring.dashboard.queries import measured, page_views, release_markers
from components.datadog_monitoring.dashboard.widgets import Json, at, formula, graph, marker, note, timeseries
from components.datadog_monitoring.dashboard.widgets import group as grouped

_WORDS = (
    "What users' browsers measure, at the 75th percentile of page views. It stays empty until the app starts Datadog's "
    "[browser SDK](https://docs.datadoghq.com/real_user_monitoring/application_monitoring/browser/setup/) with this "
    "`service` and `env`."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vital:
    """One of the three."""

    title: str
    attribute: str
    good: float
    """The limit, in what browsers report: nanoseconds, or a plain number."""
    limit: str
    unit: str


VITALS = (
    Vital(
        title="Largest Contentful Paint",
        attribute="@view.largest_contentful_paint",
        good=2_500_000_000,
        limit="2.5 s",
        unit="nanosecond",
    ),
    Vital(
        title="Interaction to Next Paint",
        attribute="@view.interaction_to_next_paint",
        good=200_000_000,
        limit="200 ms",
        unit="nanosecond",
    ),
    Vital(
        title="Cumulative Layout Shift",
        attribute="@view.cumulative_layout_shift",
        good=0.1,
        limit="0.1",
        unit="",
    ),
)


def group() -> Json:
    """One graph a vital."""
    return grouped(
        "Web vitals",
        "vivid_yellow",
        [
            at(0, 0, 12, 1, note(_WORDS)),
            *(at(index * 4, 1, 4, 3, _graph(vital)) for index, vital in enumerate(VITALS)),
        ],
    )


def _graph(vital: Vital) -> Json:
    return timeseries(
        vital.title,
        [
            graph(
                [measured("vital", page_views(), aggregation="pc75", metric=vital.attribute, source="rum")],
                [formula("vital", "p75", vital.unit)],
            ),
            *release_markers(),
        ],
        markers=[marker(vital.good, f"good below {vital.limit}", severity="warning")],
    )
