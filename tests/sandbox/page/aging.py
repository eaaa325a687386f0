"""Letting time pass in a world: every moment that its documents hold moves into the past."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.world.github.identifiers import timestamp

AGING = (
    *("vercel.deployments", "vercel.projects", "github.activities", "github.comments", "github.deployments"),
    *("github.issues", "github.workflow_runs", "datadog.events", "datadog.monitors", "slack.messages"),
    *("webhooks.backups", "vercel.clock"),
)
_MILLISECONDS = (
    *("createdAt", "aliasAssigned", "ready", "readyAt", "buildingAt", "bootedAt", "requestedAt", "milliseconds"),
)
_WRITTEN = ("created_at", "updated_at", "started_at", "completed_at", "timestamp", "created", "modified", "at")


def older(value: Any, age: timedelta) -> Any:
    """A document whose every moment lies earlier."""
    if isinstance(value, list):
        return [older(item, age) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _older_field(name, held, age) for name, held in value.items()}


def _older_field(name: str, value: Any, age: timedelta) -> Any:
    if name in _MILLISECONDS and isinstance(value, int):
        return value - int(age.total_seconds() * 1000)
    if name == "date_happened":
        return value - int(age.total_seconds())
    if name == "ts":
        return f"{float(value) - age.total_seconds():.6f}"
    if name in _WRITTEN and isinstance(value, str):
        earlier = datetime.fromisoformat(value) - age
        return timestamp(earlier) if value.endswith("Z") else earlier.isoformat()
    return older(value, age)
