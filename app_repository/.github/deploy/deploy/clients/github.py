"""GitHub's API as far as a release needs it (https://docs.github.com/rest)."""

from collections.abc import Mapping
from typing import Any

from deploy.http_client import Call, CallFailedError, HttpClient
from deploy.settings import Settings, check_url

API = "https://api.github.com"


def approvers(http: HttpClient, settings: Settings, run: str, environment: str) -> list[str]:
    """Who approved a run's deployment to an environment. `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`.

    Args:
        http: makes the call.
        settings: must have `GITHUB_TOKEN` and `GITHUB_REPOSITORY`.
        run: the run's number.
        environment: the environment's name.

    Returns:
        Logins, sorted; empty where nobody was asked.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    url = settings.get("GITHUB_API_URL", API).rstrip("/")
    check_url(url, "GITHUB_API_URL")
    call = Call(
        name="GitHub: who approved",
        url=f"{url}/repos/{settings['GITHUB_REPOSITORY']}/actions/runs/{run}/approvals",
        headers={"authorization": f"Bearer {settings['GITHUB_TOKEN']}", "accept": "application/vnd.github+json"},
    )
    answer = http.send(call, check_json=True).json()
    if not isinstance(answer, list):
        raise CallFailedError(call, "the answer is no list")
    try:
        return sorted({review["user"]["login"] for review in answer if _approves(review, environment)})
    except (KeyError, TypeError):
        raise CallFailedError(call, "the answer is no list of reviews") from None


def _approves(review: Mapping[str, Any], environment: str) -> bool:
    return review["state"] == "approved" and any(entry["name"] == environment for entry in review["environments"])
