"""Events (https://docs.datadoghq.com/api/latest/events/#post-an-event)."""

from typing import Any

from sandbox.world.datadog.errors import body_of, error
from sandbox.world.datadog.identifiers import seconds
from sandbox.world.service import Request, Response, Routes

routes = Routes()

EVENTS = "datadog.events"
ALERT_TYPES = ("error", "warning", "info", "success", "user_update", "recommendation", "snapshot")
_OLDEST_HOURS = 18
_LONGEST_TEXT = 4000
_LONGEST_AGGREGATION_KEY = 100
_SENT = (
    *("title", "text", "tags", "alert_type", "priority", "host", "device_name", "aggregation_key"),
    *("source_type_name", "related_event_id"),
)


@routes.add("POST", "/api/v1/events")
def post_event(request: Request) -> Response:
    """Post an event. Accepted, not yet searchable."""
    wanted = body_of(request)
    _check(wanted)
    event: dict[str, Any] = {name: wanted.get(name) for name in _SENT}
    event["tags"] = wanted.get("tags", [])
    event["date_happened"] = wanted.get("date_happened", seconds())
    number = request.state.collection(EVENTS).add(event)
    shown = ("title", "text", "date_happened", "tags", "priority", "related_event_id")
    answer = {
        **{name: event[name] for name in shown},
        "id": int(number),
        "id_str": number,
        "handle": None,
        "url": f"https://app.datadoghq.com/event/event?id={number}",
    }
    return Response(202, {"status": "ok", "event": answer})


def _check(wanted: dict[str, Any]) -> None:
    for name in ("title", "text"):
        if not isinstance(wanted.get(name), str) or not wanted[name]:
            raise error(400, f"The value provided for parameter '{name}' is invalid: it is required")
    if len(wanted["text"]) > _LONGEST_TEXT:
        raise error(400, f"The text of an event has at most {_LONGEST_TEXT} characters")
    if len(wanted.get("aggregation_key") or "") > _LONGEST_AGGREGATION_KEY:
        raise error(400, f"An aggregation key has at most {_LONGEST_AGGREGATION_KEY} characters")
    tags = wanted.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise error(400, "The value provided for parameter 'tags' is invalid: a list of strings is expected")
    for name, allowed in (("alert_type", ALERT_TYPES), ("priority", ("normal", "low"))):
        if wanted.get(name) not in (None, *allowed):
            raise error(400, f"The value provided for parameter '{name}' is invalid: {wanted[name]}")
    happened = wanted.get("date_happened", seconds())
    if not isinstance(happened, int):
        raise error(400, "The value provided for parameter 'date_happened' is invalid: seconds are expected")
    if happened < seconds() - _OLDEST_HOURS * 3600:
        raise error(400, "Event too far in the past")
