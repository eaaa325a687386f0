"""What a deployment may be asked to be (https://vercel.com/docs/rest-api/deployments/create-a-new-deployment).

Beside the documented properties stand those that the CLI sends: its own, and everything a vercel.json may hold.
"""

from sandbox.world.vercel.validation import BOOLEAN, FREE, NUMBER, STRING, Rule

_FILE = Rule(
    type="object",
    properties={
        "file": STRING,
        "sha": STRING,
        "size": NUMBER,
        "mode": NUMBER,
        "data": STRING,
        "encoding": Rule(values=("base64", "utf-8")),
    },
    required=("file",),
)
_TEXTS = Rule(type="object")
_LIST = Rule(type="array")
_COMMAND = Rule(nullable=True)
_CONFIGURATION = {
    "$schema": STRING,
    "buildCommand": _COMMAND,
    "bulkRedirectsPath": STRING,
    "builds": _LIST,
    "bunVersion": STRING,
    "cleanUrls": BOOLEAN,
    "crons": _LIST,
    "devCommand": _COMMAND,
    "framework": _COMMAND,
    "functions": FREE,
    "git": FREE,
    "headers": _LIST,
    "ignoreCommand": _COMMAND,
    "images": FREE,
    "installCommand": _COMMAND,
    "outputDirectory": _COMMAND,
    "redirects": _LIST,
    "regions": _LIST,
    "rewrites": _LIST,
    "routes": _LIST,
    "trailingSlash": BOOLEAN,
    "version": NUMBER,
}
DEPLOYMENT = Rule(
    type="object",
    required=("name",),
    properties={
        **_CONFIGURATION,
        "actor": STRING,
        "autoAssignCustomDomains": BOOLEAN,
        "build": FREE,
        "buildMachine": FREE,
        "customEnvironmentSlugOrId": STRING,
        "deploymentId": STRING,
        "env": _TEXTS,
        "files": Rule(type="array", items=_FILE),
        "gitMetadata": FREE,
        "meta": _TEXTS,
        "monorepoManager": _COMMAND,
        "name": Rule(longest=100),
        "project": STRING,
        "projectSettings": FREE,
        "source": STRING,
        "target": Rule(nullable=True, values=("production", "preview", "staging")),
        "withLatestCommit": BOOLEAN,
    },
)
