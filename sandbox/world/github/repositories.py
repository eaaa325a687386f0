"""Repositories and the permissions of their collaborators.

https://docs.github.com/rest/repos/repos and https://docs.github.com/rest/collaborators/collaborators.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world.github.access import ROLES, open_repository, role, role_of
from sandbox.world.github.errors import error
from sandbox.world.github.identifiers import api_url, html_url, next_number, node_id, timestamp
from sandbox.world.github.organizations import account, find_organization
from sandbox.world.github.pages import found
from sandbox.world.github.users import find_user, simple_user
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

LEGACY_PERMISSION = {"read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"}

LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def add_repository(state: State, owner: str, name: str, *, default_branch: str) -> Document:
    """The private repository `owner/name`, made when there is none."""
    repositories = state.collection("github.repositories")
    key = f"{owner}/{name}".lower()
    if key not in repositories:
        repositories[key] = {
            "id": next_number(state),
            "owner": owner,
            "name": name,
            "full_name": f"{owner}/{name}",
            "private": True,
            "default_branch": default_branch,
            "created_at": timestamp(),
            "pushed_at": timestamp(),
        }
    return repositories[key]


def repository_url(request: Request, repository: Document, path: str = "") -> str:
    """The API's link to something in a repository."""
    return api_url(request, f"/repos/{repository['full_name']}{path}")


def minimal_repository(request: Request, repository: Document) -> Document:
    """A repository as other objects show it (schema `minimal-repository`)."""
    organization = find_organization(request.state, repository["owner"])
    owner = account(organization) if organization else find_user(request.state, repository["owner"])
    if owner is None:
        raise LookupError(f"the repository {repository['full_name']} belongs to nobody in this world")
    link = repository_url(request, repository)
    return {
        "id": repository["id"],
        "node_id": node_id("Repository", repository["id"]),
        "name": repository["name"],
        "full_name": repository["full_name"],
        "owner": simple_user(request, owner),
        "private": repository["private"],
        "html_url": html_url(request, f"/{repository['full_name']}"),
        "description": None,
        "fork": repository.get("fork", False),
        "url": link,
        **{name: f"{link}{path}" for name, path in LINKS.items()},
    }


@routes.add("GET", "/repos/{owner}/{repo}")
@routes.add("GET", "/repositories/{repository_id}")
def get_repository(request: Request) -> Response:
    """A repository, with what the caller may do in it."""
    repository = open_repository(request, "repos/repos#get-a-repository")
    body = whole_repository(request, repository)
    held = role_of(request.state, repository, request.identity)
    if held is not None:
        body["permissions"] = _permissions(held)
    return found(request, {**body, "network_count": 0, "subscribers_count": 0})


def whole_repository(request: Request, repository: Document) -> Document:
    """A repository with all that everybody is told of it (schema `repository`)."""
    page = html_url(request, f"/{repository['full_name']}")
    counts = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "open_issues", "size")
    return {
        **minimal_repository(request, repository),
        **dict.fromkeys((*counts, "open_issues_count"), 0),
        "git_url": page.replace("http://", "git://") + ".git",
        "ssh_url": f"git@localhost:{repository['full_name']}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "language": None,
        "license": None,
        "mirror_url": None,
        "default_branch": repository["default_branch"],
        "has_downloads": True,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "private" if repository["private"] else "public",
        "topics": [],
        "is_template": False,
        "allow_forking": False,
        "web_commit_signoff_required": False,
        "pushed_at": repository["pushed_at"],
        "created_at": repository["created_at"],
        "updated_at": repository["pushed_at"],
    }


@routes.add("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
def get_collaborator_permission(request: Request) -> Response:
    """A user's role in the repository: `role_name`, and `permission` as it was before roles."""
    documentation = "collaborators/collaborators#get-repository-permissions-for-a-user"
    repository = open_repository(request, documentation)
    user = find_user(request.state, request.parameters["username"])
    if user is None:
        raise error(404, f"{request.parameters['username']} is not a user", documentation)
    held = role(request.state, repository, user["login"])
    body: dict[str, Any] = {
        "permission": LEGACY_PERMISSION[held] if held else "none",
        "role_name": held or "none",
        "user": {**simple_user(request, user), "permissions": _permissions(held), "role_name": held or "none"},
    }
    return found(request, body)


def _permissions(held: str | None) -> Mapping[str, bool]:
    rank = ROLES.index(held) if held else -1
    names = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {name: rank >= ROLES.index(needed) for name, needed in names.items()}
