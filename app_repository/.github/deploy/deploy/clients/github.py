"""GitHub's API as far as a release needs it (https://docs.github.com/rest)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from deploy.http_client import Call, CallFailedError, HttpClient
from deploy.settings import Settings, check_url

API = "https://api.github.com"
NEEDED = ("GITHUB_TOKEN", "GITHUB_REPOSITORY")
BOT = "github-actions[bot]"
"""Who a workflow's own token is (https://docs.github.com/actions/concepts/security/github_token)."""
NOT_FOUND = 404
UNPROCESSABLE = 422


class GitHub:
    """The calls of one repository."""

    def __init__(self, http: HttpClient, settings: Settings) -> None:
        """Take the token and the repository from the settings, which must have `NEEDED`."""
        self._http = http
        self._token = settings["GITHUB_TOKEN"]
        self.repository = settings["GITHUB_REPOSITORY"]
        self.server = settings.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        self.url = settings.get("GITHUB_API_URL", API).rstrip("/")
        check_url(self.url, "GITHUB_API_URL")

    def get(self, name: str, path: str, shape: type, **query: str) -> Any:
        """What GitHub answers to a read.

        Args:
            name: what it is for, for the log.
            path: below `/repos/{owner}/{repo}`; an absolute one, such as `//user`, begins with two slashes.
            shape: `dict` or `list`, which the answer has to be.
            query: the parameters.

        Raises:
            CallFailedError: when GitHub does not tell; `status` 404 where it does not know what is asked for.
        """
        call = self._call(name, "GET", f"{path}?{urlencode(query)}" if query else path, None, repeatable=True)
        return self._shaped(call, shape)

    def find(self, name: str, path: str, shape: type, **query: str) -> Any:
        """As `get`, but None where GitHub does not know it. Raises CallFailedError for anything else."""
        try:
            return self.get(name, path, shape, **query)
        except CallFailedError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def send(self, name: str, method: str, path: str, body: Any = None, *, repeatable: bool = False) -> Any:
        """What GitHub answers to a change: a JSON object, or None where it has nothing to say.

        Args:
            name: what it is for, for the log.
            method: `POST`, `PATCH`, `PUT` or `DELETE`.
            path: below `/repos/{owner}/{repo}`.
            body: sent as JSON.
            repeatable: whether asking twice has the effect of once.

        Raises:
            CallFailedError: when GitHub refused, or did not say that it did it.
        """
        call = self._call(name, method, path, body, repeatable=repeatable)
        reply = self._http.send(call)
        try:
            return reply.json() if reply.body else None
        except (ValueError, RecursionError):
            raise CallFailedError(call, "answered something that is not JSON", maybe_done=True) from None

    def page(self, path: str) -> str:
        """The address of one of the repository's pages, such as `/actions/runs/1`."""
        return f"{self.server}/{self.repository}{path}"

    def _shaped(self, call: Call, shape: type) -> Any:
        answer = self._http.send(call, check_json=True).json()
        if not isinstance(answer, shape):
            raise CallFailedError(call, f"the answer is no {shape.__name__}")
        return answer

    def _call(self, name: str, method: str, path: str, body: Any, *, repeatable: bool) -> Call:
        place = path[1:] if path.startswith("//") else f"/repos/{self.repository}{path}"
        return Call(
            name=f"GitHub: {name}",
            url=f"{self.url}{place}",
            method=method,
            headers={"authorization": f"Bearer {self._token}", "accept": "application/vnd.github+json"},
            body=body,
            repeatable=repeatable,
        )


def approvers(github: GitHub, run: str, environment: str) -> list[str]:
    """Who approved a run's deployment to an environment. `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`.

    Args:
        github: the repository.
        run: the run's number.
        environment: the environment's name.

    Returns:
        Logins, sorted; empty where nobody was asked.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    reviews = github.get("who approved", f"/actions/runs/{run}/approvals", list)
    try:
        return sorted({review["user"]["login"] for review in reviews if _approves(review, environment)})
    except (KeyError, TypeError):
        raise unreadable("who approved") from None


def unreadable(name: str, *, maybe_done: bool = False) -> CallFailedError:
    """An answer without what every answer of its kind has; it may be that of a change that was made."""
    call = Call(name=f"GitHub: {name}", url="")
    return CallFailedError(call, "answered something that cannot be read", maybe_done=maybe_done)


def _approves(review: Mapping[str, Any], environment: str) -> bool:
    return review["state"] == "approved" and any(entry["name"] == environment for entry in review["environments"])
