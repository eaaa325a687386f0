"""GitHub's REST API as this project's program, workflows and tools use it: https://docs.github.com/rest."""

from sandbox.world.github import (
    branch_policies,
    branches,
    commit_statuses,
    commits,
    contents,
    environments,
    issues,
    organizations,
    pending_deployments,
    repositories,
    root,
    rulesets,
    secrets,
    users,
    variables,
    workflow_dispatch,
    workflow_runs,
)
from sandbox.world.github.authentication import authenticate
from sandbox.world.service import Service

GITHUB = Service(
    name="github",
    subjects=(
        root.routes,
        users.routes,
        organizations.routes,
        repositories.routes,
        branches.routes,
        commits.routes,
        commit_statuses.routes,
        contents.routes,
        environments.routes,
        branch_policies.routes,
        secrets.routes,
        variables.routes,
        rulesets.routes,
        issues.routes,
        workflow_dispatch.routes,
        workflow_runs.routes,
        pending_deployments.routes,
    ),
    authenticate=authenticate,
    strip_prefix="/api/v3",
)
