"""Whether an API key is valid (https://docs.datadoghq.com/api/latest/authentication/)."""

from sandbox.world.service import Request, Response, Routes

routes = Routes()


@routes.add("GET", "/api/v1/validate")
def validate_key(_request: Request) -> Response:
    """Only a valid key comes this far."""
    return Response(200, {"valid": True})
