"""Which GitHub environments the pipeline needs, and which secret and variable goes to which.

Four things at once: the app's own code never runs where a credential is; one approval a production release, asked when
its staged deployment has passed its tests; repairing and rolling back wait for nobody; and only the stack's branch
reads anything. Three environments are the fewest that give them:

- `STACK-build`, where the app is installed, built and tested: public values, and the secret that opens a staged page.
- `STACK-database`, where a person approves the release and migrations run: the database's credential and no other.
- `STACK`, where the deployment tool stages, promotes, repairs and rolls back: everything else, no approval.
"""

import json

import pulumi

from components.config import StackConfig
from components.github_environment import GitHubEnvironmentArgs
from components.vercel_app import VercelApp

RELEASE_SECRETS = (
    "VERCEL_TOKEN",
    "SLACK_WEBHOOK",
    "DATADOG_API_KEY",
    "DATADOG_APP_KEY",
    "BACKUP_WEBHOOK",
    "BACKUP_TOKEN",
    "DB_ROLLBACK_WEBHOOK",
    "DB_ROLLBACK_TOKEN",
)


def pipeline_environments(config: StackConfig, app: VercelApp) -> dict[str, GitHubEnvironmentArgs]:
    """The environments of a stack by purpose: `release`, `build` and `database`."""
    everywhere: dict[str, pulumi.Input[str]] = {
        "ENVIRONMENT": config.environment,
        "DOMAIN": config.domain,
        "VERCEL_ORG_ID": config.vercel_team,
        "VERCEL_PROJECT_ID": app.project_id,
    }
    release: dict[str, pulumi.Input[str]] = {
        **everywhere,
        "SERVICE": config.service,
        "TEAM": config.monitoring.team,
        "DATADOG_SITE": config.monitoring.site,
        # GitHub refuses an empty variable; without a window or a freeze there is none.
        **({"DEPLOY_WINDOW": config.deploy_window} if config.deploy_window else {}),
        **({"DEPLOY_FREEZES": json.dumps(config.deploy_freezes)} if config.deploy_freezes else {}),
        **({"DATADOG_DORA": "true"} if config.dora_metrics else {}),
        **({} if config.require_staging else {"REQUIRE_STAGING": "false"}),
        **({"COMMAND_ROLES": json.dumps(config.command_roles)} if config.command_roles else {}),
    }
    return {
        "release": GitHubEnvironmentArgs(
            repository=config.repository,
            environment=config.environment,
            branch=config.branch,
            secrets={
                **{
                    name: config.secrets[name]
                    for name in RELEASE_SECRETS
                    if name in config.secrets and _used(name, config)
                },
                "VERCEL_BYPASS": app.bypass_secret,
            },
            variables=release,
        ),
        "build": GitHubEnvironmentArgs(
            repository=config.repository,
            environment=f"{config.environment}-build",
            branch=config.branch,
            secrets={"VERCEL_BYPASS": app.bypass_secret},
            variables={**everywhere, "NODE_VERSION": config.node_version, **config.public_variables},
        ),
        "database": GitHubEnvironmentArgs(
            repository=config.repository,
            environment=f"{config.environment}-database",
            branch=config.branch,
            reviewers=config.reviewers,
            prevent_self_review=config.prevent_self_review,
            secrets={"DATABASE_URL": config.secrets["DATABASE_URL"]},
            variables={**everywhere, **({"PREVENT_SELF_REVIEW": "true"} if config.prevent_self_review else {})},
        ),
    }


def _used(name: str, config: StackConfig) -> bool:
    """Whether the pipeline has a use for a secret: an application key may do much, and only DORA metrics need one."""
    return name != "DATADOG_APP_KEY" or config.dora_metrics
