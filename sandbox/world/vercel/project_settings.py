"""What a project can be told: the properties of its create and update calls, and what they are at first.

Sources: https://vercel.com/docs/rest-api/projects/create-a-new-project and …/update-an-existing-project; the node
versions and protection types are those of Vercel's Terraform provider.
"""

from typing import Any

from sandbox.world.vercel.validation import (
    BOOLEAN,
    FREE,
    NULLABLE_BOOLEAN,
    NULLABLE_STRING,
    NUMBER,
    STRING,
    STRINGS,
    Rule,
)

NODE_VERSIONS = ("24.x", "22.x", "20.x", "18.x", "16.x", "14.x", "12.x", "10.x")
FRAMEWORKS = (
    *("angular", "astro", "blitzjs", "brunch", "create-react-app", "docusaurus", "docusaurus-2", "dojo", "eleventy"),
    *(
        "elysia",
        "ember",
        "express",
        "fastapi",
        "fasthtml",
        "fastify",
        "flask",
        "gatsby",
        "gridsome",
        "h3",
        "hexo",
        "hono",
    ),
    *("hugo", "hydrogen", "ionic-angular", "ionic-react", "jekyll", "koa", "middleman", "nestjs", "nextjs", "nitro"),
    *("node", "nuxtjs", "parcel", "polymer", "preact", "python", "react-router", "redwoodjs", "remix", "ruby", "rust"),
    *(
        "saber",
        "sanity",
        "sapper",
        "scully",
        "services",
        "solidstart",
        "solidstart-1",
        "stencil",
        "storybook",
        "svelte",
    ),
    *("sveltekit", "sveltekit-1", "tanstack-start", "umijs", "vite", "vitepress", "vue", "vuepress", "xmcp", "zola"),
)
PROTECTIONS = ("all", "all_except_custom_domains", "preview", "prod_deployment_urls_and_all_previews")
_COMMAND = Rule(nullable=True, longest=256)
_PROTECTION = Rule(
    type="object",
    nullable=True,
    properties={"deploymentType": Rule(values=PROTECTIONS)},
    required=("deploymentType",),
)
_RESOURCES = Rule(
    type="object",
    properties={
        "functionDefaultMemoryType": Rule(values=("standard_legacy", "standard", "performance")),
        "functionDefaultTimeout": NUMBER,
        "functionDefaultRegions": STRINGS,
        "fluid": BOOLEAN,
        "elasticConcurrencyEnabled": BOOLEAN,
        "buildMachineType": Rule(nullable=True, values=("standard", "enhanced", "turbo", "")),
        "buildMachineSelection": Rule(values=("fixed", "elastic")),
    },
)
_SHARED = {
    "buildCommand": _COMMAND,
    "commandForIgnoringBuildStep": _COMMAND,
    "devCommand": _COMMAND,
    "enableAffectedProjectsDeployments": BOOLEAN,
    "enablePreviewFeedback": NULLABLE_BOOLEAN,
    "enableProductionFeedback": NULLABLE_BOOLEAN,
    "framework": Rule(nullable=True, values=FRAMEWORKS),
    "installCommand": _COMMAND,
    "name": Rule(longest=100),
    "oidcTokenConfig": Rule(
        type="object",
        nullable=True,
        properties={"enabled": BOOLEAN, "issuerMode": Rule(values=("team", "global"))},
    ),
    "outputDirectory": _COMMAND,
    "previewDeploymentSuffix": NULLABLE_STRING,
    "previewDeploymentsDisabled": NULLABLE_BOOLEAN,
    "resourceConfig": _RESOURCES,
    "rootDirectory": _COMMAND,
    "serverlessFunctionRegion": Rule(nullable=True, longest=4),
    "ssoProtection": _PROTECTION,
}
CREATE = Rule(
    type="object",
    required=("name",),
    properties={
        **_SHARED,
        "gitRepository": Rule(
            type="object",
            properties={"type": Rule(values=("github", "gitlab", "bitbucket")), "repo": STRING},
            required=("type", "repo"),
        ),
    },
)
UPDATE = Rule(
    type="object",
    properties={
        **_SHARED,
        "autoAssignCustomDomains": BOOLEAN,
        "autoExposeSystemEnvs": BOOLEAN,
        "customerSupportCodeVisibility": BOOLEAN,
        "directoryListing": BOOLEAN,
        "gitComments": Rule(type="object", nullable=True, properties={"onCommit": BOOLEAN, "onPullRequest": BOOLEAN}),
        "gitForkProtection": BOOLEAN,
        "gitLFS": BOOLEAN,
        "gitProviderOptions": FREE,
        "nodeVersion": Rule(values=NODE_VERSIONS),
        "optionsAllowlist": Rule(type="object", nullable=True),
        "passwordProtection": Rule(
            type="object",
            nullable=True,
            properties={"deploymentType": Rule(values=PROTECTIONS), "password": Rule(nullable=True, longest=72)},
            required=("deploymentType",),
        ),
        "productionDeploymentsFastLane": BOOLEAN,
        "protectedSourcemaps": BOOLEAN,
        "serverlessFunctionZeroConfigFailover": BOOLEAN,
        "skewProtectionMaxAge": NUMBER,
        "trustedIps": Rule(type="object", nullable=True),
        "trustedSources": Rule(type="object", nullable=True),
    },
)


def initial_settings() -> dict[str, Any]:
    """What a project is that was told nothing but its name."""
    return {
        "autoAssignCustomDomains": True,
        "autoExposeSystemEnvs": True,
        "buildCommand": None,
        "commandForIgnoringBuildStep": None,
        "customerSupportCodeVisibility": False,
        "deploymentExpiration": {
            "expirationDays": 180,
            "expirationDaysProduction": 365,
            "expirationDaysCanceled": 30,
            "expirationDaysErrored": 90,
            "deploymentsToKeep": 10,
        },
        "devCommand": None,
        "directoryListing": False,
        "enableAffectedProjectsDeployments": True,
        "enablePreviewFeedback": None,
        "enableProductionFeedback": None,
        "framework": None,
        "gitComments": {"onCommit": False, "onPullRequest": True},
        "gitForkProtection": True,
        "gitLFS": False,
        "installCommand": None,
        "nodeVersion": "24.x",
        "oidcTokenConfig": {"enabled": True, "issuerMode": "team"},
        "optionsAllowlist": None,
        "outputDirectory": None,
        "passwordProtection": None,
        "previewDeploymentSuffix": None,
        "previewDeploymentsDisabled": False,
        "productionDeploymentsFastLane": True,
        "protectedSourcemaps": False,
        "resourceConfig": {
            "functionDefaultMemoryType": "standard",
            "functionDefaultTimeout": 300,
            "functionDefaultRegions": ["iad1"],
            "fluid": True,
            "elasticConcurrencyEnabled": False,
            "buildMachineType": "standard",
            "buildMachineSelection": "fixed",
        },
        "rootDirectory": None,
        "serverlessFunctionRegion": "iad1",
        "serverlessFunctionZeroConfigFailover": False,
        "skewProtectionMaxAge": 0,
        "ssoProtection": {"deploymentType": "all_except_custom_domains"},
        "trustedIps": None,
        "trustedSources": None,
    }


def apply_settings(project: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Change a project as an update asks: what is left out stays, null clears, and no password is ever shown again."""
    for key, value in wanted.items():
        if key == "resourceConfig":
            project[key] = {**project[key], **value}
        elif key == "passwordProtection" and value is not None:
            project[key] = {"deploymentType": value["deploymentType"]}
        elif key == "previewDeploymentsDisabled":
            project[key] = bool(value)
        else:
            project[key] = value
