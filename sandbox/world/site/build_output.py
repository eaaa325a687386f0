"""What a deployment answers: the files of its Build Output API v3 (https://vercel.com/docs/build-output-api).

Served are `static/**` by exact path, as `PATH.html` and as `PATH/index.html`, with the `overrides` of `config.json`.
Of its `routes`, only those are followed that add headers and continue, before files are looked at and in the phase
`hit`. Not done: functions and prerendered pages, which are answered 501 and named; rewrites, redirects, conditions on
headers, cookies or queries; middleware, images and wildcard domains; output that was uploaded as an archive.
"""

import json
import re
from http import HTTPStatus
from mimetypes import MimeTypes
from typing import Any
from urllib.parse import unquote

from sandbox.world.service import Request, Response
from sandbox.world.state import Document, State
from sandbox.world.vercel.builds import OUTPUT_CONFIGURATION
from sandbox.world.vercel.files import read_file

_OUTPUT = OUTPUT_CONFIGURATION.removesuffix("config.json")
_STATIC = f"{_OUTPUT}static/"
_FUNCTIONS = f"{_OUTPUT}functions/"
_TYPES = MimeTypes()
# What Vercel says; the standard library changed its mind with Python 3.12.
_TYPES.add_type("application/javascript", ".js")
_TYPES.add_type("application/javascript", ".mjs")
_TEXTUAL = ("application/json", "application/javascript", "application/xml", "image/svg+xml")


def find_answer(request: Request, deployment: Document) -> Response:
    """What a ready deployment answers to a GET or HEAD of the request's path."""
    digests: dict[str, str] = {file["file"]: file["sha"] for file in deployment["files"]}
    state, team = request.state, deployment["ownerId"]
    if OUTPUT_CONFIGURATION not in digests:
        return Response(HTTPStatus.NOT_IMPLEMENTED, "the sandbox's site serves no archives: deploy without --archive\n")
    config = json.loads(read_file(state, team, digests[OUTPUT_CONFIGURATION]))
    path = unquote(request.path)
    headers = _route_headers(config, path, hit=False)
    found = _find_file(config, digests, path)
    if found is not None:
        name, content_type = found
        headers |= {
            "Content-Type": content_type,
            "ETag": f'"{digests[name]}"',
            **_route_headers(config, path, hit=True),
        }
        return Response(HTTPStatus.OK, read_file(state, team, digests[name]), headers)
    function = f"{_FUNCTIONS}{path.strip('/') or 'index'}.func/.vc-config.json"
    if function in digests:
        return Response(HTTPStatus.NOT_IMPLEMENTED, f"the sandbox's site runs no functions: {function}\n", headers)
    return _not_found(state, deployment, digests, headers)


def _find_file(config: dict[str, Any], digests: dict[str, str], path: str) -> tuple[str, str] | None:
    """The uploaded file that a path leads to, and its content type."""
    overrides: dict[str, dict[str, str]] = config.get("overrides", {})
    served = {given["path"]: name for name, given in overrides.items() if "path" in given}
    wanted = path.strip("/")
    for candidate in (wanted, f"{wanted}.html", f"{wanted}/index.html".lstrip("/")):
        # An override moves a file: it is not to be had under its own name any more.
        name = served.get(candidate, candidate)
        given = overrides.get(name, {})
        if f"{_STATIC}{name}" in digests and given.get("path", candidate) == candidate:
            return f"{_STATIC}{name}", given.get("contentType") or _content_type(name)
    return None


def _content_type(name: str) -> str:
    kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTUAL else kind


def _route_headers(config: dict[str, Any], path: str, *, hit: bool) -> dict[str, str]:
    """The headers of the routes that match a path and continue: in the phase `hit`, or in the first one."""
    headers: dict[str, str] = {}
    phase = ""
    for route in config.get("routes", []):
        if "handle" in route:
            phase = route["handle"]
            continue
        simple = route.get("continue") and not route.keys() & {"has", "missing", "methods", "dest", "status"}
        if phase == ("hit" if hit else "") and simple and _matches(route.get("src", ""), path):
            headers |= {name.title(): value for name, value in route.get("headers", {}).items()}
    return headers


def _matches(source: str, path: str) -> bool:
    # The sources are JavaScript's regular expressions, which write named groups otherwise.
    return re.match(re.sub(r"\(\?<(?=\w)", "(?P<", source), path) is not None


def _not_found(state: State, deployment: Document, digests: dict[str, str], headers: dict[str, str]) -> Response:
    page = f"{_STATIC}404.html"
    if page in digests:
        content = read_file(state, deployment["ownerId"], digests[page])
        return Response(HTTPStatus.NOT_FOUND, content, {**headers, "Content-Type": "text/html; charset=utf-8"})
    error = {"Content-Type": "text/plain; charset=utf-8", "X-Vercel-Error": "NOT_FOUND"}
    return Response(HTTPStatus.NOT_FOUND, "The page could not be found\n\nNOT_FOUND\n", {**headers, **error})
