"""What a ready deployment answers: a file, what a function says, a redirect, or that there is nothing.

The requests are GET and HEAD. Answered 501 with a sentence: middleware, rewrites to other sites, functions for other
runtimes than Node.js or with Vercel's helpers, output that was uploaded as an archive, images of other sites. Images of
its own come as they are, in whichever size, and a page that grows old is its function's to answer at every request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qsl, quote, unquote, urlencode

from sandbox.world.edge.hosts import without_port
from sandbox.world.service import Request, Response
from sandbox.world.site.build_output import BuildOutput, File, Function
from sandbox.world.site.launchers import Call, FunctionError, Launchers
from sandbox.world.site.protection import BYPASS
from sandbox.world.site.route_conditions import UnsupportedRouteError, Visit
from sandbox.world.site.routing import Routed, find_route
from sandbox.world.state import Document, State
from sandbox.world.vercel.builds import OUTPUT_CONFIGURATION

# RFC 9110, 7.6.1, and what each side says of its own message.
_HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
_OWN = (*_HOP_BY_HOP, "content-length", "date")
_OUTPUTS_KEPT = 32
# https://vercel.com/docs/build-output-api/configuration#images; Next.js asks by a name of its own.
_IMAGES = ("/_vercel/image", "/_next/image")


@dataclass
class _Sites:
    """What the sites of one world keep between requests: deployments that were read, functions that run."""

    launchers: Launchers
    outputs: dict[str, BuildOutput] = field(default_factory=dict)

    def output(self, state: State, deployment: Document) -> BuildOutput:
        """A deployment's output: those asked for lately are kept as read."""
        found = self.outputs.pop(deployment["id"], None) or BuildOutput(state, deployment)
        self.outputs[deployment["id"]] = found
        while len(self.outputs) > _OUTPUTS_KEPT:
            del self.outputs[next(iter(self.outputs))]
        return found


_SITES: dict[State, _Sites] = {}
"""By world, until it is no longer served."""


def _sites_of(state: State) -> _Sites:
    if state not in _SITES:
        home = state.folder
        folder = Path(mkdtemp(prefix="sandbox-functions-")) if home is None else home / "functions"
        _SITES[state] = _Sites(Launchers(folder))
    return _SITES[state]


def end_functions(state: State) -> None:
    """End the functions of a world that is no longer served, and delete their files."""
    sites = _SITES.pop(state, None)
    if sites is not None:
        sites.launchers.stop()


async def find_answer(request: Request, deployment: Document) -> Response:
    """What a ready deployment answers to a GET or HEAD of the request's path."""
    sites = _sites_of(request.state)
    output = sites.output(request.state, deployment)
    if OUTPUT_CONFIGURATION not in output.digests:
        return Response(HTTPStatus.NOT_IMPLEMENTED, "the sandbox's site serves no archives: deploy without --archive\n")
    try:
        if request.path in _IMAGES and "images" in output.config:
            request = _for_the_image(request)
        visit = Visit(
            method=request.method,
            host=without_port(request.headers.get("host", "")),
            path=unquote(request.path),
            query=request.query,
            headers=request.headers,
        )
        routed = find_route(output.config.get("routes", []), visit, output.has)
    except UnsupportedRouteError as error:
        return Response(HTTPStatus.NOT_IMPLEMENTED, f"{error}\n")
    if routed.redirects:
        return Response(routed.status or 0, "Redirecting...\n", _named(routed.headers))
    if not routed.found:
        return _not_found(output, routed)
    file = output.find_file(routed.path)
    if file is not None:
        return _file(output, file, routed)
    function = output.find_function(routed.path)
    if function is None:
        raise LookupError(f"{routed.path} leads to nothing that it led to before")
    return await _function(request, output, function, routed, sites.launchers)


def _for_the_image(request: Request) -> Request:
    """The request of an image in some size, as one of the image itself."""
    image = request.query.get("url", "")
    if not image.startswith("/") or image.startswith("//"):
        raise UnsupportedRouteError(f"The sandbox's site fetches no image elsewhere: {image}.")
    path, _, query = image.partition("?")
    return replace(request, path=path, query=dict(parse_qsl(query)))


def _file(output: BuildOutput, file: File, routed: Routed) -> Response:
    headers = {**file.headers, "etag": f'"{file.digest}"', **routed.headers, **routed.important}
    status = routed.status if routed.status is not None else file.status
    return Response(status, output.read(file.digest), _named(headers))


async def _function(
    request: Request, output: BuildOutput, function: Function, routed: Routed, launchers: Launchers
) -> Response:
    host = request.headers.get("host", "")
    sent = {name: value for name, value in request.headers.items() if name not in (*_OWN, BYPASS)}
    sent |= {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": host,
        "x-forwarded-proto": "https",
        "x-real-ip": "127.0.0.1",
        "x-vercel-deployment-url": output.deployment["url"],
        # Next.js is told by it which of its pages is asked for.
        "x-matched-path": routed.important.get("x-matched-path") or routed.headers.get("x-matched-path") or routed.path,
    }
    query = f"?{urlencode(routed.query)}" if routed.query else ""
    call = Call(
        method=request.method, target=f"{quote(request.path, safe='/%')}{query}", headers=sent, body=request.body
    )
    try:
        answer = await launchers.call(output, function, call)
    except FunctionError as error:
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Vercel-Error": error.code}
        text = f"{error}\n\n{error.code}\n" if error.code else f"{error}\n"
        return Response(error.status, text, headers if error.code else {})
    own = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _OWN}
    headers = {"x-vercel-cache": "MISS", **routed.headers, **own, **routed.important}
    status = routed.status if routed.status is not None else answer.status
    return Response(status, answer.body, _named(headers))


def _not_found(output: BuildOutput, routed: Routed) -> Response:
    page = output.error_page()
    status = routed.status or HTTPStatus.NOT_FOUND
    if page is not None and status == HTTPStatus.NOT_FOUND:
        return Response(status, output.read(page.digest), _named({**routed.headers, **page.headers}))
    error = {"content-type": "text/plain; charset=utf-8", "x-vercel-error": "NOT_FOUND"}
    return Response(status, "The page could not be found\n\nNOT_FOUND\n", _named({**routed.headers, **error}))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in headers.items()}
