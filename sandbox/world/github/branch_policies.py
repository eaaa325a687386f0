"""Which branches and tags may deploy to an environment: https://docs.github.com/rest/deployments/branch-policies."""

from sandbox.world.github.environments import below, open_environment
from sandbox.world.github.errors import invalid_request, json_body, not_found, optional, required
from sandbox.world.github.identifiers import next_number, node_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

ALL = "/repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies"
ONE = f"{ALL}/{{branch_policy_id}}"
PAGE = "deployments/branch-policies"


@routes.add("GET", ALL)
def list_policies(request: Request) -> Response:
    """An environment's custom policies."""
    _, key = _environment(request, f"{PAGE}#list-deployment-branch-policies", write=False)
    policies = list(below(request.state, "github.branch_policies", key).values())
    page, headers = select_page(request, policies)
    shown = [_policy(policy) for policy in page]
    return found(request, {"total_count": len(policies), "branch_policies": shown}, headers)


@routes.add("POST", ALL)
def create_policy(request: Request) -> Response:
    """Add a pattern: 200, or 303 to the policy that has it already. 404 unless the environment has custom policies."""
    documentation = f"{PAGE}#create-a-deployment-branch-policy"
    repository, key = _environment(request, documentation, write=True)
    body = json_body(request, documentation)
    name = required(body, "name", str, documentation)
    kind = optional(body, "type", str, documentation) or "branch"
    if kind not in ("branch", "tag"):
        raise invalid_request('"type" must be one of "branch" and "tag".', documentation)
    for known in below(request.state, "github.branch_policies", key).values():
        if (known["name"], known["type"]) == (name, kind):
            environment = request.parameters["environment"]
            path = f"/environments/{environment}/deployment-branch-policies/{known['id']}"
            return Response(303, None, {"Location": repository_url(request, repository, path)})
    policy = {"id": next_number(request.state), "name": name, "type": kind}
    request.state.collection("github.branch_policies")[f"{key}/{policy['id']}"] = policy
    return Response(200, _policy(policy))


@routes.add("GET", ONE)
def get_policy(request: Request) -> Response:
    """A policy."""
    documentation = f"{PAGE}#get-a-deployment-branch-policy"
    _, key = _environment(request, documentation, write=False)
    return found(request, _policy(_named(request, key, documentation)))


@routes.add("PUT", ONE)
def update_policy(request: Request) -> Response:
    """Change a policy's pattern; its type stays."""
    documentation = f"{PAGE}#update-a-deployment-branch-policy"
    _, key = _environment(request, documentation, write=True)
    policy = _named(request, key, documentation)
    policy["name"] = required(json_body(request, documentation), "name", str, documentation)
    request.state.collection("github.branch_policies")[f"{key}/{policy['id']}"] = policy
    return Response(200, _policy(policy))


@routes.add("DELETE", ONE)
def delete_policy(request: Request) -> Response:
    """Remove a policy: 204."""
    documentation = f"{PAGE}#delete-a-deployment-branch-policy"
    _, key = _environment(request, documentation, write=True)
    policy = _named(request, key, documentation)
    del request.state.collection("github.branch_policies")[f"{key}/{policy['id']}"]
    return Response(204)


def _environment(request: Request, documentation: str, *, write: bool) -> tuple[Document, str]:
    needs, permission = ("admin", "administration:write") if write else ("read", "actions:read")
    repository, key, environment = open_environment(request, documentation, needs=needs, permission=permission)
    if not (environment["deployment_branch_policy"] or {}).get("custom_branch_policies"):
        raise not_found(documentation)
    return repository, key


def _named(request: Request, key: str, documentation: str) -> Document:
    policies = request.state.collection("github.branch_policies")
    policy = policies.get(f"{key}/{request.parameters['branch_policy_id']}")
    if policy is None:
        raise not_found(documentation)
    return policy


def _policy(policy: Document) -> Document:
    return {**policy, "node_id": node_id("DeploymentBranchPolicy", policy["id"])}
