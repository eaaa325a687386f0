"""A visit to a host: which deployment it leads to, whether the visitor may see it, and what Vercel says if not.

A visit is a look like any other: a deployment that is not ready goes one step on, and so does a promotion or rollback
that is under way when a visitor comes to one of the project's domains.

Sources: https://vercel.com/docs/errors, https://vercel.com/docs/deployment-protection and its
https://vercel.com/docs/deployment-protection/methods-to-bypass-deployment-protection/protection-bypass-automation.
"""

import time
from http import HTTPStatus
from urllib.parse import urlencode

from sandbox.world.service import Request, Response, Routes
from sandbox.world.site.answers import find_answer
from sandbox.world.site.browsers import kept_here, real_name, under_real_name
from sandbox.world.site.protection import is_open
from sandbox.world.state import Document, State
from sandbox.world.vercel.authentication import TEAMS
from sandbox.world.vercel.builds import advance_build
from sandbox.world.vercel.deployments import find_deployment, inspector_url
from sandbox.world.vercel.identifiers import LOWER_CASE, identifier
from sandbox.world.vercel.outcomes import broken_site
from sandbox.world.vercel.project_store import DOMAINS, PROJECTS
from sandbox.world.vercel.promotion_progress import advance_alias_request

routes = Routes()

_LOGIN = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Authentication Required</title></head>
<body><h1>Authentication Required</h1><p>This page is protected: log in with Vercel to see it.</p></body>
</html>
"""


@routes.add("GET", "/", authenticated=False)
@routes.add("HEAD", "/", authenticated=False)
@routes.add("GET", "/{path:path}", authenticated=False)
@routes.add("HEAD", "/{path:path}", authenticated=False)
async def visit(request: Request) -> Response:
    """Answer with the deployment that the Host header leads to."""
    answer = await _answer(under_real_name(request), real_name(request.headers.get("host", "")))
    return Response(
        answer.status,
        answer.body,
        {
            "Server": "Vercel",
            "X-Vercel-Id": f"iad1::{identifier(length=5, alphabet=LOWER_CASE)}-{time.time_ns() // 1_000_000}",
            "Cache-Control": "public, max-age=0, must-revalidate",
            **kept_here(request, answer.headers),
        },
    )


async def _answer(request: Request, host: str) -> Response:
    domain = request.state.collection(DOMAINS).get(host)
    if domain is not None:
        advance_alias_request(request.state, request.state.collection(PROJECTS)[domain["projectId"]])
        if domain["redirect"]:
            query = f"?{urlencode(request.query)}" if request.query else ""
            location = {"Location": f"https://{domain['redirect']}{request.path}{query}"}
            return Response(domain["redirectStatusCode"] or HTTPStatus.TEMPORARY_REDIRECT, "Redirecting...\n", location)
    deployment = _serving(request.state, host)
    if deployment is None:
        text = "The deployment could not be found on Vercel."
        return _platform_error(HTTPStatus.NOT_FOUND, "DEPLOYMENT_NOT_FOUND", text)
    project = request.state.collection(PROJECTS)[deployment["projectId"]]
    if not is_open(request, project, deployment, domain):
        login = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store, max-age=0"}
        return Response(HTTPStatus.UNAUTHORIZED, _LOGIN, login)
    if deployment["readyState"] != "READY":
        # https://vercel.com/docs/errors/DEPLOYMENT_NOT_READY_REDIRECTING
        page = inspector_url(request.state.collection(TEAMS)[deployment["ownerId"]], deployment)
        text = f"The deployment is {deployment['readyState']}."
        return _platform_error(HTTPStatus.SEE_OTHER, "DEPLOYMENT_NOT_READY_REDIRECTING", text, Location=page)
    arranged = broken_site(request.state, deployment, host, request.path)
    if arranged is not None:
        return _platform_error(arranged, "FUNCTION_INVOCATION_FAILED", "The site is broken, as was arranged.")
    return await find_answer(request, deployment)


def _serving(state: State, host: str) -> Document | None:
    # An ID is no host, so it must not lead anywhere here.
    deployment = find_deployment(state, host) if "." in host else None
    return None if deployment is None else advance_build(state, deployment)


def _platform_error(status: int, code: str, text: str, **headers: str) -> Response:
    """An error in the words of Vercel's platform, not the site's own."""
    plain = {"Content-Type": "text/plain; charset=utf-8", "X-Vercel-Error": code}
    return Response(status, f"{text}\n\n{code}\n", {**plain, **headers})
