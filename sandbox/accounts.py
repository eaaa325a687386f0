"""The accounts a new user would have to open, opened in the sandbox's world: tokens, organisation, repository, team.

What they are called comes from the committed stack files, so the program finds what it was configured for.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from operations.stack_files import read_config
from sandbox.world.datadog.seed import seed as seed_datadog
from sandbox.world.edge.hosts import WEBHOOKS
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.state import State
from sandbox.world.vercel.seed import seed as seed_vercel

_MORE = "secrets.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """The credentials of one sandbox. They open nothing outside it."""

    github_token: str
    reviewer_token: str
    """Somebody's at GitHub whom production asks for approval."""
    vercel_token: str
    """The operator's, for the provider."""
    vercel_deploy_token: str
    """The workflows'."""
    datadog_api_key: str
    datadog_app_key: str
    slack_hook: str
    """The path of the incoming webhook, `T…/B…/…`."""
    webhook_token: str
    database_password: str


def load_accounts(home: Path) -> Accounts:
    """The sandbox's credentials, made up on first use and kept where only this user reads them."""
    kept = home / "accounts.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if not known.keys() >= {field.name for field in fields(Accounts)}:
        home.mkdir(parents=True, exist_ok=True)
        made_up = {
            "github_token": f"ghp_{secrets.token_hex(18)}",
            "reviewer_token": f"ghp_{secrets.token_hex(18)}",
            "vercel_token": secrets.token_hex(12),
            "vercel_deploy_token": secrets.token_hex(12),
            "datadog_api_key": secrets.token_hex(16),
            "datadog_app_key": secrets.token_hex(20),
            "slack_hook": f"T{secrets.token_hex(4)}/B{secrets.token_hex(4)}/{secrets.token_hex(12)}".upper(),
            "webhook_token": secrets.token_hex(20),
            "database_password": secrets.token_hex(12),
        }
        unfinished = kept.with_suffix(".new")
        unfinished.touch(mode=0o600)
        known = {**made_up, **known}
        unfinished.write_text(json.dumps(known))
        unfinished.rename(kept)
    return Accounts(**known)


def open_accounts(state: State, accounts: Accounts, stack_files: Sequence[Path]) -> None:
    """Make the world ready for the stacks; what is there already stays as it is.

    Raises:
        operations.stack_files.StackFileError: a stack's file is faulty.
    """
    for file in stack_files:
        config = read_config(file, "github:owner", "ai-tools:repository", "ai-tools:branch", "vercel:team")
        reviewers = config.get("ai-tools:reviewers", [])
        logins = [name for name in reviewers if not name.startswith("team:")]
        teams = [name.removeprefix("team:") for name in reviewers if name.startswith("team:")]
        seed_github(
            state,
            owner=config["github:owner"],
            repository=config["ai-tools:repository"],
            branches=[config["ai-tools:branch"]],
            users=logins,
            # Where only teams are asked, somebody has to be in them.
            teams={team: [] if logins else [reviewer_of(config)] for team in teams},
        )
        if reviewers:
            state.collection("github.tokens")[accounts.reviewer_token] = {
                "login": reviewer_of(config),
                "type": "User",
                "scopes": ["repo"],
            }
        seed_vercel(state, team_id=config["vercel:team"], team_slug=config["github:owner"], plan="pro")
        for token in (accounts.vercel_token, accounts.vercel_deploy_token):
            state.collection("vercel.tokens")[token] = {"user": "operator", "teams": [config["vercel:team"]]}
    state.collection("github.tokens")[accounts.github_token] = {
        "login": "operator",
        "type": "User",
        "scopes": ["repo", "workflow", "read:org"],
    }
    seed_datadog(state, api_key=accounts.datadog_api_key, app_key=accounts.datadog_app_key)
    state.collection("slack.webhooks")[accounts.slack_hook] = {"channel": "deploys"}
    state.collection("webhooks.tokens")[accounts.webhook_token] = {"name": "pipeline"}


def reviewer_of(config: Mapping[str, Any]) -> str:
    """Who approves in the sandbox, by a stack's configuration: the first person whom it asks, or one of its teams."""
    reviewers = config.get("ai-tools:reviewers", [])
    return next((name for name in reviewers if not name.startswith("team:")), "octocat")


def stack_secrets(accounts: Accounts, stack: str) -> dict[str, str]:
    """The secret configuration of a stack, as `pulumi config set --secret` would add it.

    The webhooks have the names under which the edge knows them, whatever the ports of the world are.
    """
    return {
        "github:token": accounts.github_token,
        "vercel:apiToken": accounts.vercel_token,
        "datadog:apiKey": accounts.datadog_api_key,
        "datadog:appKey": accounts.datadog_app_key,
        "ai-tools:vercelToken": accounts.vercel_deploy_token,
        "ai-tools:datadogApiKey": accounts.datadog_api_key,
        "ai-tools:slackWebhook": f"https://hooks.slack.com/services/{accounts.slack_hook}",
        "ai-tools:databaseUrl": f"postgresql://ai_tools:{accounts.database_password}@127.0.0.1:5432/ai_tools_{stack}",
        "ai-tools:backupWebhook": f"https://{WEBHOOKS}/backup",
        "ai-tools:backupToken": accounts.webhook_token,
        "ai-tools:dbRollbackWebhook": f"https://{WEBHOOKS}/database-rollback",
        "ai-tools:dbRollbackToken": accounts.webhook_token,
    }


def secrets_of(home: Path, stack: str) -> dict[str, str]:
    """The secret configuration of a stack in a sandbox: the accounts' own, and what `add_secrets` has put there."""
    kept = home / _MORE
    more = json.loads(kept.read_text()) if kept.exists() else {}
    return {**stack_secrets(load_accounts(home), stack), **more.get(stack, {})}


def add_secrets(home: Path, more: Mapping[str, Mapping[str, str]]) -> None:
    """Give stacks of a sandbox other secret configuration than the accounts' own, by stack and key."""
    kept = home / _MORE
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(more))


def stack_addresses(urls: Mapping[str, str]) -> dict[str, Any]:
    """The plain configuration that points the providers at the sandbox; Vercel's has no key for its address."""
    return {"github:baseUrl": f"{urls['github']}/", "datadog:apiUrl": urls["datadog"]}
