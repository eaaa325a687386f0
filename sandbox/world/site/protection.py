"""Deployment Protection: which addresses of a project open to everybody, and what opens the others.

Source: https://vercel.com/docs/deployment-protection; the names of the types are those of the projects' API. A login is
no way in here, and of the ways past it only the automation's header is one: no query parameter, no cookie.
"""

from sandbox.world.service import Request
from sandbox.world.state import Document

BYPASS = "x-vercel-protection-bypass"
_OWN_APEX = "vercel.app"


def is_open(request: Request, project: Document, deployment: Document, domain: Document | None) -> bool:
    """Whether a visitor sees a deployment.

    Args:
        request: the visit.
        project: the deployment's.
        deployment: what the host leads to.
        domain: the project's domain that led there; None for the deployment's own address.
    """
    if request.headers.get(BYPASS) in project["protectionBypass"]:
        return True
    return not is_protected(project, deployment, domain)


def is_protected(project: Document, deployment: Document, domain: Document | None) -> bool:
    """Whether only some see a deployment; the arguments are those of `is_open`."""
    protections = [project[name] for name in ("ssoProtection", "passwordProtection") if project[name] is not None]
    return any(_covers(protection["deploymentType"], deployment, domain) for protection in protections)


def _covers(kind: str, deployment: Document, domain: Document | None) -> bool:
    if kind == "all":
        return True
    if deployment["target"] != "production":
        return True
    if kind == "preview":
        return False
    if domain is None:
        return True
    # The older standard protection leaves every production domain open; the newer one only those of the team's own.
    return kind == "all_except_custom_domains" and domain["apexName"] == _OWN_APEX
