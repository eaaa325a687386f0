"""The functions that look things up: github.get_user, get_team and get_repository."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.github.client import GitHub, go_time
from sandbox.providers.provider import Function
from sandbox.providers.resource import RefusedError
from sandbox.providers.values import Properties

_USER = {
    "login": "login",
    "avatarUrl": "avatar_url",
    "gravatarId": "gravatar_id",
    "company": "company",
    "blog": "blog",
    "location": "location",
    "name": "name",
    "email": "email",
    "bio": "bio",
    "nodeId": "node_id",
}
_USER_COUNTS = {
    "publicRepos": "public_repos",
    "publicGists": "public_gists",
    "followers": "followers",
    "following": "following",
}
_TEAM = {
    "name": "name",
    "description": "description",
    "privacy": "privacy",
    "notificationSetting": "notification_setting",
    "permission": "permission",
    "nodeId": "node_id",
}
_REPOSITORY = {
    "name": "name",
    "fullName": "full_name",
    "description": "description",
    "homepageUrl": "homepage",
    "defaultBranch": "default_branch",
    "visibility": "visibility",
    "htmlUrl": "html_url",
    "gitCloneUrl": "git_url",
    "sshCloneUrl": "ssh_url",
    "httpCloneUrl": "clone_url",
    "svnUrl": "svn_url",
    "nodeId": "node_id",
    "primaryLanguage": "language",
}
_REPOSITORY_FLAGS = {
    "private": "private",
    "fork": "fork",
    "archived": "archived",
    "isTemplate": "is_template",
    "hasIssues": "has_issues",
    "hasProjects": "has_projects",
    "hasWiki": "has_wiki",
    "hasDownloads": "has_downloads",
    "hasDiscussions": "has_discussions",
    "allowMergeCommit": "allow_merge_commit",
    "allowSquashMerge": "allow_squash_merge",
    "allowRebaseMerge": "allow_rebase_merge",
    "allowAutoMerge": "allow_auto_merge",
    "allowForking": "allow_forking",
    "allowUpdateBranch": "allow_update_branch",
    "deleteBranchOnMerge": "delete_branch_on_merge",
}


def _texts(found: Mapping[str, Any], names: Mapping[str, str]) -> Properties:
    return {name: found.get(api) or "" for name, api in names.items()}


def get_user(client: GitHub, arguments: Properties) -> Properties:
    """GET /users/{username}, then the user's GPG and SSH keys."""
    user = client.http.get(f"/users/{arguments['username']}")
    login = user["login"]
    gpg_keys = client.http.get(f"/users/{login}/gpg_keys")
    ssh_keys = client.http.get(f"/users/{login}/keys")
    return {
        "id": str(user["id"]),
        "username": arguments["username"],
        **_texts(user, _USER),
        **{name: user.get(api, 0) for name, api in _USER_COUNTS.items()},
        "siteAdmin": user.get("site_admin", False),
        "createdAt": go_time(user.get("created_at")),
        "updatedAt": go_time(user.get("updated_at")),
        "suspendedAt": go_time(user.get("suspended_at")),
        "gpgKeys": [key.get("public_key", "") for key in gpg_keys],
        "sshKeys": [key["key"] for key in ssh_keys],
    }


def get_team(client: GitHub, arguments: Properties) -> Properties:
    """GET /orgs/{org}/teams/{team_slug}.

    Raises:
        RefusedError: without `summaryOnly`, which would list members and repositories.
    """
    if not arguments.get("summaryOnly"):
        raise RefusedError("The sandbox's github.get_team knows teams in summary only: pass summary_only=True.")
    team = client.http.get(f"/orgs/{client.owner}/teams/{arguments['slug']}")
    return {
        "id": str(team["id"]),
        "slug": arguments["slug"],
        "summaryOnly": True,
        "membershipType": arguments.get("membershipType", "all"),
        "resultsPerPage": arguments.get("resultsPerPage", 100),
        **_texts(team, _TEAM),
        "members": [],
        "repositories": [],
        "repositoriesDetaileds": [],
    }


def get_repository(client: GitHub, arguments: Properties) -> Properties:
    """GET /repos/{owner}/{repo}.

    Raises:
        RefusedError: unless exactly one of `name` and `fullName` says which.
    """
    if ("name" in arguments) == ("fullName" in arguments):
        raise RefusedError("github.get_repository takes either name or full_name.")
    path = arguments.get("fullName") or f"{client.owner}/{arguments['name']}"
    found = client.http.get(f"/repos/{path}")
    return {
        "id": found["name"],
        "repoId": found["id"],
        **_texts(found, _REPOSITORY),
        **{name: found.get(api, False) for name, api in _REPOSITORY_FLAGS.items()},
        "topics": found.get("topics", []),
        "mergeCommitMessage": found.get("merge_commit_message") or "",
        "mergeCommitTitle": found.get("merge_commit_title") or "",
        "squashMergeCommitMessage": found.get("squash_merge_commit_message") or "",
        "squashMergeCommitTitle": found.get("squash_merge_commit_title") or "",
        "pages": [],
        "repositoryLicenses": [],
        "templates": [],
    }


FUNCTIONS: Mapping[str, Function] = {
    "github:index/getUser:getUser": Function(sdk_name="get_user", required=frozenset({"username"}), call=get_user),
    "github:index/getTeam:getTeam": Function(sdk_name="get_team", required=frozenset({"slug"}), call=get_team),
    "github:index/getRepository:getRepository": Function(
        sdk_name="get_repository", required=frozenset(), call=get_repository
    ),
}
