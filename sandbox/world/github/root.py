"""The API's own table of contents: https://docs.github.com/rest/meta/meta#github-api-root."""

from sandbox.world.github.identifiers import api_url
from sandbox.world.github.pages import found
from sandbox.world.service import Request, Response, Routes

routes = Routes()

PAGING = "{&page,per_page,sort,order}"
PATHS = {
    "current_user_url": "/user",
    "current_user_authorizations_html_url": "/settings/connections/applications{/client_id}",
    "authorizations_url": "/authorizations",
    "code_search_url": f"/search/code?q={{query}}{PAGING}",
    "commit_search_url": f"/search/commits?q={{query}}{PAGING}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "issue_search_url": f"/search/issues?q={{query}}{PAGING}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": f"/search/repositories?q={{query}}{PAGING}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": f"/search/users?q={{query}}{PAGING}",
}


@routes.add("GET", "/")
@routes.add("GET", "")
def get_root(request: Request) -> Response:
    """Where everything is; clients ask to see whether the API answers and what the token may do."""
    body = {name: api_url(request, path) for name, path in PATHS.items()}
    return found(request, body, {"X-OAuth-Scopes": ", ".join(request.identity["scopes"])})
