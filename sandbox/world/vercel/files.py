"""Files of deployments, kept by their digest (https://vercel.com/docs/rest-api/deployments/upload-deployment-files)."""

import base64
import hashlib

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import State
from sandbox.world.vercel.authentication import team_of
from sandbox.world.vercel.errors import bad_request, error

routes = Routes()

_FILES = "vercel.files"


@routes.add("POST", "/v2/files")
def upload_file(request: Request) -> Response:
    """Keep a file for the team's next deployments. Its SHA-1 comes in a header and must be that of the body."""
    team = team_of(request)
    claimed = request.headers.get("x-vercel-digest") or request.headers.get("x-now-digest")
    if not claimed:
        raise bad_request("The file digest is missing: send its SHA-1 as `x-vercel-digest`.")
    digest = hashlib.sha1(request.body, usedforsecurity=False).hexdigest()
    if claimed != digest:
        raise error(400, "invalid_digest", f"The digest {claimed} does not match the file, whose SHA-1 is {digest}.")
    size = request.headers.get("x-now-size")
    if size is not None and size != str(len(request.body)):
        raise error(400, "invalid_size", f"The size {size} does not match the file of {len(request.body)} bytes.")
    keep_file(request.state, team["id"], request.body)
    return Response(200, {"urls": []})


def keep_file(state: State, team_id: str, content: bytes) -> str:
    """Store a file for a team; returns its SHA-1."""
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    state.collection(_FILES)[f"{team_id}/{digest}"] = {"content": base64.b64encode(content).decode()}
    return digest


def has_file(state: State, team_id: str, digest: str) -> bool:
    """Whether the team uploaded that file."""
    return f"{team_id}/{digest}" in state.collection(_FILES)


def read_file(state: State, team_id: str, digest: str) -> bytes:
    """The content of a team's file by its SHA-1. Raises KeyError when it was never uploaded."""
    return base64.b64decode(state.collection(_FILES)[f"{team_id}/{digest}"]["content"])
