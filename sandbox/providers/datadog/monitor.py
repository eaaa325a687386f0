"""Monitor: /api/v1/monitor, asked about in every preview at /api/v1/monitor/validate."""

import re
from collections.abc import Iterator
from typing import ClassVar

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.datadog.monitor_body import NEW_HOST_DELAY_SECONDS, from_api, to_api
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, merged
from sandbox.providers.rules import conflicts, matches, one_of
from sandbox.providers.values import UNKNOWN, Properties, only_known

TYPES = (
    "audit alert",
    "ci-pipelines alert",
    "ci-tests alert",
    "composite",
    "cost alert",
    "data-jobs alert",
    "data-quality alert",
    "database-monitoring alert",
    "error-tracking alert",
    "event alert",
    "event-v2 alert",
    "log alert",
    "metric alert",
    "network-path alert",
    "network-performance alert",
    "process alert",
    "query alert",
    "rum alert",
    "service check",
    "slo alert",
    "synthetics alert",
    "trace-analytics alert",
)
ON_MISSING_DATA = ("show_no_data", "show_and_notify_no_data", "resolve", "default")
_STATUSES = ("alert", "warn", "no data")
_PRESETS = ("show_all", "hide_query", "hide_handles", "hide_all")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TEXT_THRESHOLDS = frozenset({"criticalQuery", "criticalRecoveryQuery"})
_NOT_IN_THE_SANDBOX = ("schedulingOptions", "ignoreTagKeys")
_NOT_VARIABLES_IN_THE_SANDBOX = (
    "aggregateAugmentedQueries",
    "aggregateFilteredQueries",
    "cloudCostQueries",
    "dataJobsQueries",
    "dataQualityQueries",
)
_ALIKE_TYPES = frozenset({"query alert", "metric alert"})


def _stripped(old: object, new: object) -> bool:
    return str(old or "").strip() == str(new or "").strip()


def _same_number(old: object, new: object) -> bool:
    texts = (str(old), str(new))
    return all(_NUMBER.fullmatch(text) for text in texts) and float(texts[0]) == float(texts[1])


class Monitor(Resource[Datadog]):
    """A monitor."""

    pulumi_type: ClassVar[str] = "datadog:index/monitor:Monitor"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"type"}),
        defaults={"includeTags": True, "requireFullWindow": True, "draftStatus": "published"},
        implied={"newHostDelay": NEW_HOST_DELAY_SECONDS},
        # Datadog counts a missing-data timeframe only with notifyNoData; the other two never reach it.
        never_differs=frozenset({"validate", "forceDelete", "noDataTimeframe"}),
        unordered=frozenset({"tags", "restrictedRoles", "renotifyStatuses", "notifyBies"}),
        computed=frozenset({"variables.eventQueries.indexes", "variables.eventQueries.groupBies"}),
        same={
            "message": _stripped,
            "query": _stripped,
            "escalationMessage": _stripped,
            "type": lambda old, new: old == new or {old, new} == _ALIKE_TYPES,
            **{
                f"monitorThresholds.{name}": _same_number
                for name in ("ok", "warning", "critical", "unknown", "warningRecovery", "criticalRecovery")
            },
        },
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Values from Datadog's lists, numbers where they are texts, and what the sandbox leaves out."""
        yield from one_of(inputs, "type", TYPES)
        yield from one_of(inputs, "notificationPresetName", _PRESETS)
        yield from one_of(inputs, "draftStatus", ("draft", "published"))
        yield from matches(inputs, "priority", r"[1-5]", "must be 1 (highest) to 5 (lowest)")
        yield from conflicts(inputs, "onMissingData", ["notifyNoData", "noDataTimeframe"])
        known = only_known(inputs)
        for name, threshold in known.get("monitorThresholds", {}).items():
            if name not in _TEXT_THRESHOLDS and not _NUMBER.fullmatch(threshold):
                yield Failure(f"monitorThresholds.{name}", f"{name!r} must be a number written as a text.")
        for status in known.get("renotifyStatuses", []):
            if status not in _STATUSES:
                yield Failure("renotifyStatuses", f"'renotifyStatuses' takes {', '.join(_STATUSES)}.")
        for name in _NOT_IN_THE_SANDBOX:
            if name in inputs:
                yield Failure(name, f"The sandbox's Datadog has no {name!r}: leave it out, or use a real account.")
        for name in _NOT_VARIABLES_IN_THE_SANDBOX:
            if name in known.get("variables", {}):
                yield Failure(f"variables.{name}", f"The sandbox's Datadog has no {name!r}; it has 'eventQueries'.")

    def plan(self, client: Datadog, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """POST the monitor to be validated, unless `validate` is false or the query is not known yet."""
        del state
        known = only_known(inputs)
        if known.get("validate", True) and all(name in known for name in ("name", "type", "query", "message")):
            path = f"/api/v1/monitor/{resource_id}/validate" if resource_id else "/api/v1/monitor/validate"
            client.http.post(path, to_api(known))
        return frozenset()

    def create(self, client: Datadog, inputs: Properties) -> Made:
        """POST the monitor."""
        monitor = client.http.post("/api/v1/monitor", to_api(inputs))
        return Made(str(monitor["id"]), merged(_own(inputs), **from_api(monitor)))

    def identify(self, _client: Datadog, resource_id: str) -> Made:
        """The monitor's number."""
        if not resource_id.isdecimal():
            raise RefusedError(f"The ID {resource_id!r} must be a monitor's number. Nothing was imported.")
        return Made(resource_id, {})

    def read(self, client: Datadog, resource_id: str, state: Properties) -> Made | None:
        """GET the monitor."""
        monitor = client.find(f"/api/v1/monitor/{resource_id}", with_assets="true")
        return monitor and Made(resource_id, merged(_own(state), **from_api(monitor)))

    def update(self, client: Datadog, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the monitor."""
        kept = {name: state[name] for name in ("tags", "restrictedRoles") if name in state}
        body = {**to_api({**kept, **inputs}), "id": int(resource_id)}
        monitor = client.http.put(f"/api/v1/monitor/{resource_id}", body)
        return merged(_own(inputs), **from_api(monitor))

    def delete(self, client: Datadog, resource_id: str, state: Properties) -> None:
        """DELETE the monitor, by force if the program says so."""
        force = "?force=true" if state.get("forceDelete") else ""
        client.http.delete(f"/api/v1/monitor/{resource_id}{force}")


def _own(properties: Properties) -> Properties:
    """What only the provider knows."""
    return {
        name: properties[name]
        for name in ("validate", "forceDelete")
        if name in properties and properties[name] is not UNKNOWN
    }
