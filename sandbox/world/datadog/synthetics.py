"""Synthetic API tests (https://docs.datadoghq.com/api/latest/synthetics/). Each brings a monitor of its own."""

from typing import Any

from sandbox.world.datadog.authentication import creator
from sandbox.world.datadog.errors import body_of, error
from sandbox.world.datadog.identifiers import moment, public_identifier
from sandbox.world.datadog.listing import page_of
from sandbox.world.datadog.monitor_validation import MONITORS
from sandbox.world.datadog.monitors import keep_monitor, refuse_if_referenced
from sandbox.world.datadog.synthetics_validation import LOCATIONS, validate_test
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

TESTS = "datadog.synthetics_tests"
_WRITTEN = ("name", "message", "type", "subtype", "status", "tags", "locations", "config", "options")


@routes.add("GET", "/api/v1/synthetics/locations")
def list_locations(_request: Request) -> Response:
    """Where tests can run from."""
    return Response(200, {"locations": [{"id": key, "name": name} for key, name in LOCATIONS.items()]})


@routes.add("GET", "/api/v1/synthetics/tests")
def list_tests(request: Request) -> Response:
    """The tests, by page."""
    tests = [*request.state.collection(TESTS).values()]
    return Response(200, {"tests": page_of(request, tests, number="page_number", size="page_size")})


@routes.add("POST", "/api/v1/synthetics/tests/api")
def create_test(request: Request) -> Response:
    """Create an API test, and the monitor that alerts for it."""
    wanted = body_of(request)
    validate_test(wanted)
    created = moment()
    test: Document = {
        "public_id": public_identifier(),
        **_written(wanted),
        "org_id": 1,
        "created_at": created,
        "modified_at": created,
        "deleted_at": None,
        "created_by": creator(request),
        "modified_by": creator(request),
    }
    test["monitor_id"] = keep_monitor(request, _monitor_of(test))["id"]
    request.state.collection(TESTS)[test["public_id"]] = test
    return Response(200, test)


@routes.add("GET", "/api/v1/synthetics/tests/{test}")
@routes.add("GET", "/api/v1/synthetics/tests/api/{test}")
def show_test(request: Request) -> Response:
    """One test."""
    return Response(200, _requested(request, request.parameters["test"]))


@routes.add("PUT", "/api/v1/synthetics/tests/api/{test}")
def update_test(request: Request) -> Response:
    """Replace a test; its monitor follows."""
    test = _requested(request, request.parameters["test"])
    wanted = body_of(request)
    validate_test(wanted)
    return Response(200, _change(request, test, _written(wanted)))


@routes.add("PUT", "/api/v1/synthetics/tests/{test}/status")
def pause_or_start(request: Request) -> Response:
    """Pause a test, or let it run again."""
    test = _requested(request, request.parameters["test"])
    status = body_of(request).get("new_status")
    if status not in ("live", "paused"):
        raise error(400, "Error in 'new_status': it is live or paused")
    _change(request, test, {"status": status})
    return Response(200, body=True)


@routes.add("POST", "/api/v1/synthetics/tests/delete")
def delete_tests(request: Request) -> Response:
    """Delete tests with their monitors: all of those that are named, or none."""
    wanted = body_of(request)
    tests = [_requested(request, public_id) for public_id in wanted.get("public_ids", [])]
    monitors = request.state.collection(MONITORS)
    if not wanted.get("force_delete_dependencies"):
        for test in tests:
            refuse_if_referenced(request.state, monitors[str(test["monitor_id"])])
    deleted: list[dict[str, str]] = []
    for test in tests:
        del request.state.collection(TESTS)[test["public_id"]]
        monitors.pop(str(test["monitor_id"]), None)
        deleted.append({"public_id": test["public_id"], "deleted_at": moment()})
    return Response(200, {"deleted_tests": deleted})


def _written(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a request. The content of client certificates is never shown again."""
    kept: dict[str, Any] = {
        "subtype": "http",
        "status": "live",
        "tags": [],
        **{n: wanted[n] for n in _WRITTEN if n in wanted},
    }
    request = kept["config"].get("request", {})
    if "certificate" in request:
        shown = {
            part: {k: v for k, v in file.items() if k != "content"} for part, file in request["certificate"].items()
        }
        kept["config"] = {**kept["config"], "request": {**request, "certificate": shown}}
    return kept


def _change(request: Request, test: Document, changes: dict[str, Any]) -> Document:
    test = {**test, **changes, "modified_at": moment(), "modified_by": creator(request)}
    request.state.collection(TESTS)[test["public_id"]] = test
    monitors = request.state.collection(MONITORS)
    key = str(test["monitor_id"])
    monitors[key] = {**monitors[key], **_monitor_of(test), "modified": moment()}
    return test


def _monitor_of(test: Document) -> dict[str, Any]:
    """The monitor that Datadog derives from a test."""
    options = test["options"]
    derived = options.get("monitor_options", {})
    probes = [f"probe_dc:{location}" for location in test["locations"]]
    return {
        "type": "synthetics alert",
        "query": "no_query",
        "name": options.get("monitor_name") or test["name"],
        "message": test["message"],
        "tags": [*test["tags"], *probes, "check_type:api", f"check_status:{test['status']}"],
        "priority": options.get("monitor_priority"),
        "options": {
            **derived,
            "on_missing_data": "show_no_data",
            "notify_audit": False,
            "new_host_delay": 300,
            "include_tags": True,
            "silenced": {},
            "synthetics_check_id": test["public_id"],
        },
    }


def _requested(request: Request, public_id: str) -> Document:
    test = request.state.collection(TESTS).get(public_id)
    if test is None:
        raise error(404, "Synthetics test not found")
    return test
