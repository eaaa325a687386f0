"""The sandbox's own door: arm faults, read what was asked of the world. Never counted, never failed by a fault.

It is for programs on this machine: whatever a browser sends for a site is refused, or any site could arm faults.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world import exchanges, faults
from sandbox.world.service import Request, Response, Routes, Service, ServiceError

routes = Routes()


@routes.add("GET", "/world")
def describe_world(request: Request) -> Response:
    """Which world this is: its `folder`, null where it is in memory."""
    folder = request.state.folder
    return Response(200, {"folder": folder and str(folder.resolve())})


@routes.add("POST", "/faults")
def arm_fault(request: Request) -> Response:
    """Arm a fault: the body is a `Fault` as JSON."""
    try:
        return Response(201, {"key": faults.add(request.state, faults.Fault(**request.json()))})
    except (TypeError, ValueError) as error:
        raise ServiceError(400, {"message": str(error)}) from error


@routes.add("GET", "/faults")
def list_faults(request: Request) -> Response:
    """Every fault that has not been used up."""
    return Response(200, faults.armed(request.state))


@routes.add("DELETE", "/faults")
def disarm_faults(request: Request) -> Response:
    """Disarm every fault."""
    request.state.collection("faults").clear()
    return Response(204)


@routes.add("GET", "/exchanges")
def list_exchanges(request: Request) -> Response:
    """What was asked of the world, a line a call; `?since=KEY` gives only later ones."""
    listed = exchanges.since(request.state, int(request.query.get("since", "0")))
    return Response(
        200,
        [
            {"key": key, "service": e.service, "method": e.method, "path": e.path, "status": e.status, "known": e.known}
            for key, e in listed
        ],
    )


def _no_site(request: Request) -> Mapping[str, Any]:
    if "origin" in request.headers:
        raise ServiceError(403, {"message": "this door is not for browsers: the page has buttons of its own"})
    return {}


CONTROL = Service(name="control", subjects=(routes,), authenticate=_no_site)
