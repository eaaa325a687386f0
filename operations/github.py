"""What is written to GitHub: one comment of a pull request, one issue about drift.

Both are found again by a mark in their text, so there is never a second one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

BOT = "github-actions[bot]"
"""Whose comments and issues are this program's: a mark in somebody else's text changes nothing."""
PAGE_SIZE = 100
DRIFT = "drift"
"""The label of the issue, and its mark."""


class GitHubError(Exception):
    """GitHub refused, or could not be reached; the message says what was not written."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a text: `created`, `updated`, `closed` or `unchanged`, and where it is."""

    what: str
    url: str


class GitHub:
    """One repository, through https://docs.github.com/rest."""

    def __init__(self, http: httpx2.Client, repository: str) -> None:
        """Use a client with the API's address and a token, on `owner/name`."""
        self._http = http
        self._repository = repository

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "GitHub":
        """The repository, address and token of a workflow's step.

        Raises:
            GitHubError: a variable is missing.
        """
        names = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
        if missing := [name for name in names if not environ.get(name)]:
            raise GitHubError(f"{', '.join(missing)} must be set, as in a step of a workflow. Nothing was written.")
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {environ['GITHUB_TOKEN']}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        http = httpx2.Client(base_url=environ["GITHUB_API_URL"], headers=headers, timeout=30)
        return cls(http, environ["GITHUB_REPOSITORY"])

    def comment(self, number: int, mark: str, text: str) -> Written:
        """Write the one comment with that mark on an issue or pull request: change it, or add it.

        Source: https://docs.github.com/rest/issues/comments.
        """
        body = f"{_marked(mark)}\n{text}"
        for known in self._pages(f"/issues/{number}/comments", {}):
            if known["user"]["login"] == BOT and known["body"].startswith(_marked(mark)):
                return self._write("PATCH", f"/issues/comments/{known['id']}", {"body": body}, "updated")
        return self._write("POST", f"/issues/{number}/comments", {"body": body}, "created")

    def report_drift(self, title: str, text: str) -> Written:
        """Open the issue about drift, or bring the open one up to date: https://docs.github.com/rest/issues/issues."""
        content = {"title": title, "body": f"{_marked(DRIFT)}\n{text}"}
        known = self._drift_issue()
        if known is None:
            return self._write("POST", "/issues", {**content, "labels": [DRIFT]}, "created")
        return self._write("PATCH", f"/issues/{known['number']}", content, "updated")

    def end_drift(self, text: str) -> Written | None:
        """Say that drift is gone, and close its issue; None where there is none."""
        known = self._drift_issue()
        if known is None:
            return None
        self._write("POST", f"/issues/{known['number']}/comments", {"body": text}, "created")
        state = {"state": "closed", "state_reason": "completed"}
        return self._write("PATCH", f"/issues/{known['number']}", state, "closed")

    def _drift_issue(self) -> Mapping[str, Any] | None:
        for known in self._pages("/issues", {"state": "open", "labels": DRIFT}):
            if known["user"]["login"] == BOT and (known["body"] or "").startswith(_marked(DRIFT)):
                return known
        return None

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        page = 1
        while entries := self._ask("GET", path, params={**query, "per_page": PAGE_SIZE, "page": page}):
            yield from entries
            if len(entries) < PAGE_SIZE:
                return
            page += 1

    def _write(self, method: str, path: str, body: Mapping[str, Any], what: str) -> Written:
        return Written(what, self._ask(method, path, json=body)["html_url"])

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._http.request(method, f"/repos/{self._repository}{path}", **more)
            answer.raise_for_status()
        except httpx2.HTTPStatusError as error:
            said = f"{error.response.status_code} {error.response.text[:300]}"
            raise GitHubError(f"GitHub answered {method} {path} with {said}. Run the job again.") from error
        except httpx2.HTTPError as error:
            raise GitHubError(f"GitHub could not be asked for {method} {path}: {error}. Run the job again.") from error
        return answer.json()


def _marked(mark: str) -> str:
    return f"<!-- ai-tools-deployment: {mark} -->"
