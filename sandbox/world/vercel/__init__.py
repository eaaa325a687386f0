"""Vercel's REST API (https://vercel.com/docs/rest-api), as far as the stacks, the release and Vercel's CLI call it."""

from sandbox.world.service import Service
from sandbox.world.vercel import (
    custom_environments,
    deployment_list,
    deployments,
    domains,
    environment_variables,
    files,
    git_link,
    log_drains,
    projects,
    promotion,
    protection_bypass,
    retention,
    teams_and_users,
)
from sandbox.world.vercel.authentication import authenticate

VERCEL = Service(
    name="vercel",
    subjects=(
        teams_and_users.routes,
        projects.routes,
        git_link.routes,
        domains.routes,
        environment_variables.routes,
        custom_environments.routes,
        protection_bypass.routes,
        retention.routes,
        log_drains.routes,
        files.routes,
        deployments.routes,
        deployment_list.routes,
        promotion.routes,
    ),
    authenticate=authenticate,
    error_body=lambda status, message: {"error": {"code": str(status), "message": message}},
)
