"""A project's domains (https://vercel.com/docs/rest-api/projects/add-a-domain-to-a-project)."""

import re
from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel.authentication import team_of
from sandbox.world.vercel.errors import bad_request, error, not_found
from sandbox.world.vercel.identifiers import now
from sandbox.world.vercel.project_store import DEPLOYMENTS, DOMAINS, PROJECTS, requested_project
from sandbox.world.vercel.validation import NULLABLE_STRING, STRING, Rule, body

routes = Routes()

_HOST = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z]{2,63}")
_REDIRECT_STATUS = Rule(type="number", nullable=True, values=(301, 302, 307, 308))
_CHANGEABLE = {
    "gitBranch": NULLABLE_STRING,
    "customEnvironmentId": NULLABLE_STRING,
    "redirect": NULLABLE_STRING,
    "redirectStatusCode": _REDIRECT_STATUS,
}


@routes.add("POST", "/v10/projects/{project}/domains")
def add_domain(request: Request) -> Response:
    """Add a domain. A production domain serves at once what is in production."""
    project = requested_project(request)
    rule = Rule(type="object", properties={"name": STRING, **_CHANGEABLE}, required=("name",))
    wanted = body(request, rule)
    name = wanted["name"].lower()
    if not _HOST.fullmatch(name):
        raise error(400, "invalid_domain", f'The domain "{name}" is not valid.')
    domains = request.state.collection(DOMAINS)
    if name in domains:
        raise _in_use(request, project, domains[name])
    moment = now(request.state)
    domain: Document = {
        "name": name,
        "apexName": ".".join(name.split(".")[-2:]),
        "projectId": project["id"],
        "redirect": None,
        "redirectStatusCode": None,
        "gitBranch": None,
        "customEnvironmentId": None,
        **{key: value for key, value in wanted.items() if key != "name"},
        "createdAt": moment,
        "updatedAt": moment,
        "verified": True,
    }
    _check(project, domain)
    domains[name] = domain
    _serve(request, project, domain)
    return Response(200, domain)


@routes.add("GET", "/v9/projects/{project}/domains")
def list_domains(request: Request) -> Response:
    """A project's domains."""
    project = requested_project(request)
    found = [domain for domain in request.state.collection(DOMAINS).values() if domain["projectId"] == project["id"]]
    return Response(200, {"domains": found, "pagination": {"count": len(found), "next": None, "prev": None}})


@routes.add("GET", "/v9/projects/{project}/domains/{domain}")
def show_domain(request: Request) -> Response:
    """One domain of a project."""
    return Response(200, _requested_domain(request, requested_project(request)))


@routes.add("PATCH", "/v9/projects/{project}/domains/{domain}")
def update_domain(request: Request) -> Response:
    """Change where a domain leads."""
    project = requested_project(request)
    domain = _requested_domain(request, project)
    wanted = body(request, Rule(type="object", properties=_CHANGEABLE))
    domain: Document = {**domain, **wanted, "updatedAt": now(request.state)}
    _check(project, domain)
    request.state.collection(DOMAINS)[domain["name"]] = domain
    _serve(request, project, domain)
    return Response(200, domain)


@routes.add("DELETE", "/v9/projects/{project}/domains/{domain}")
def delete_domain(request: Request) -> Response:
    """Take a domain from a project; it serves nothing from then on."""
    project = requested_project(request)
    domain = _requested_domain(request, project)
    del request.state.collection(DOMAINS)[domain["name"]]
    _stop_serving(request, project, domain["name"])
    return Response(200, {})


@routes.add("GET", "/v6/domains/{domain}/config")
def show_domain_configuration(request: Request) -> Response:
    """A domain's DNS. On this machine it leads to Vercel as soon as a project has the domain."""
    team_of(request)
    name = request.parameters["domain"]
    used = name in request.state.collection(DOMAINS)
    is_apex = name.count(".") == 1
    return Response(
        200,
        {
            "configuredBy": ("A" if is_apex else "CNAME") if used else None,
            "nameservers": [],
            "serviceType": "external",
            "cnames": ["cname.vercel-dns.com"] if used and not is_apex else [],
            "aValues": ["76.76.21.21"] if used and is_apex else [],
            "conflicts": [],
            "acceptedChallenges": ["http-01"] if used else [],
            "recommendedIPv4": [{"rank": 1, "value": ["76.76.21.21"]}],
            "recommendedCNAME": [{"rank": 1, "value": "cname.vercel-dns.com"}],
            "misconfigured": not used,
        },
    )


def _requested_domain(request: Request, project: Document) -> Document:
    domain = request.state.collection(DOMAINS).get(request.parameters["domain"].lower())
    if domain is None or domain["projectId"] != project["id"]:
        raise not_found("Project Domain")
    return domain


def _in_use(request: Request, project: Document, domain: Document) -> Exception:
    name = domain["name"]
    if domain["projectId"] == project["id"]:
        message = f"Cannot add {name} since it's already assigned to this project."
        return error(400, "domain_already_in_use", message, projectId=project["id"], domain=_public(domain))
    other = request.state.collection(PROJECTS)[domain["projectId"]]
    if other["accountId"] == project["accountId"]:
        message = f"Cannot add {name} since it's already in use by one of your projects."
        return error(409, "domain_already_in_use", message, projectId=other["id"], domain=_public(domain))
    return error(409, "domain_taken", f"Cannot add {name} since it's already in use by another Vercel project.")


def _public(domain: Document) -> dict[str, Any]:
    return {key: domain[key] for key in ("name", "apexName", "projectId", "verified")}


def _check(project: Document, domain: Document) -> None:
    branch, redirect = domain["gitBranch"], domain["redirect"]
    if branch and redirect:
        raise bad_request("You can't set both a git branch and a redirect for the domain.")
    if branch and project["link"] is None:
        raise bad_request(
            "You can't set a git branch for the domain of a project that is not linked to a Git repository."
        )
    if branch and branch == project["link"]["productionBranch"]:
        raise bad_request("You can not set the production branch as a branch for your domain.")
    if redirect == domain["name"]:
        raise bad_request("A domain cannot redirect to itself.")
    if redirect and not _HOST.fullmatch(redirect):
        raise bad_request("The domain redirect is not valid.")


def _serve(request: Request, project: Document, domain: Document) -> None:
    """Point a domain at what is in production, or away from it when it leads elsewhere now."""
    _stop_serving(request, project, domain["name"])
    if project["production"] is None or domain["redirect"] or domain["gitBranch"]:
        return
    deployments = request.state.collection(DEPLOYMENTS)
    current = deployments[project["production"]]
    deployments[current["id"]] = {**current, "alias": [*current["alias"], domain["name"]]}


def _stop_serving(request: Request, project: Document, name: str) -> None:
    deployments = request.state.collection(DEPLOYMENTS)
    for deployment in list(deployments.values()):
        if deployment["projectId"] == project["id"] and name in deployment["alias"]:
            aliases = [alias for alias in deployment["alias"] if alias != name]
            deployments[deployment["id"]] = {**deployment, "alias": aliases}
