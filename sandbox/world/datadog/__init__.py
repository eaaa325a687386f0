"""Datadog's API (https://docs.datadoghq.com/api/latest/), as far as the stacks and the release call it."""

from sandbox.world.datadog import dashboards, dora, events, logs_metrics, monitors, slo, synthetics, validate
from sandbox.world.datadog.authentication import authenticate
from sandbox.world.service import Service

DATADOG = Service(
    name="datadog",
    subjects=(
        validate.routes,
        monitors.routes,
        synthetics.routes,
        slo.routes,
        dashboards.routes,
        events.routes,
        dora.routes,
        logs_metrics.routes,
    ),
    authenticate=authenticate,
    error_body=lambda _status, message: {"errors": [message]},
)
