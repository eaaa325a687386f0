"""What a stack is told: every configuration key, read and validated in one place.

Everything wrong or missing is reported at once, each with the command that puts it right. Values come from
`Pulumi.<stack>.yaml`, from `pulumi config set`, or from Pulumi ESC; docs/configuration.md describes each key.
"""

import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pulumi

from components.config_keys import ConfigKeys
from components.monitoring_config import MonitoringConfig

PRODUCTION = "production"
"""The stack with approval, backup, a deploy window and protected resources."""

NODE_VERSIONS = ("22.x", "24.x")
"""Node's supported long-term lines that Vercel's provider accepts: https://nodejs.org/en/about/previous-releases."""

COMMANDS = ("deploy", "preview", "rollback", "status", "lock", "unlock")
"""What a comment can ask for and COMMAND_ROLES can grant (deploy/comments/catalogue.py)."""

COMMAND_ROLES = ("write", "maintain", "admin")

DRAIN = "drain"
LOGS = ("none", "integration", DRAIN)
"""Not at all, so that nothing reads any; by Datadog's Vercel integration, installed by hand; by the stack's drain."""

_NAME = r"[A-Za-z0-9._-]+"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_WINDOW = re.compile(
    rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)* ([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d (\S+)"
)
_REVIEWER = re.compile(rf"(?:team:)?{_NAME}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_PUBLIC = "NEXT_PUBLIC_"


@dataclass(frozen=True, kw_only=True, slots=True)
class StackConfig:
    """One environment, as its stack describes it. Secrets are `Output[str]` and stay secret wherever they go."""

    environment: str
    """The stack's name, which is also the GitHub environment's: `staging`, `production`."""
    service: str
    """The app's name in Vercel, Datadog and GitHub: the Pulumi project's."""
    owner: str
    repository: str
    branch: str
    domain: str
    vercel_team: str
    vercel_project: str
    node_version: str
    public_variables: Mapping[str, str]
    """`NEXT_PUBLIC_*`: built into what every visitor downloads."""
    secret_variables: Mapping[str, pulumi.Output[str]]
    """Environment variables that only the server sees."""
    reviewers: tuple[str, ...]
    """GitHub logins, or `team:SLUG`."""
    prevent_self_review: bool
    delivered_by: str
    """Who passes the branch's ruleset to deliver workflow files: `role:admin` or `app:ID`."""
    deploy_window: str
    deploy_freezes: tuple[str, ...]
    require_staging: bool
    """Whether production only takes what staging has verified."""
    command_roles: Mapping[str, str]
    """The repository role that a comment's command needs, where it is not the usual one."""
    previews: bool
    """Whether pull requests may be shown as previews of this project, which then see its variables."""
    dora_metrics: bool
    logs: str
    """How Vercel's logs reach Datadog, one of LOGS."""
    monitoring: MonitoringConfig
    secrets: Mapping[str, pulumi.Output[str]]
    """What the workflows hold, by its name in GitHub (`VERCEL_TOKEN`, …); absent where optional and unset."""

    @property
    def is_production(self) -> bool:
        """Whether loss here hurts users."""
        return self.environment == PRODUCTION

    @classmethod
    def load(cls) -> "StackConfig":
        """Read the current stack's configuration.

        Raises:
            pulumi.RunError: listing everything missing or malformed, each with the command that fixes it.
        """
        keys = ConfigKeys(pulumi.get_project())
        environment = pulumi.get_stack()
        production = environment == PRODUCTION
        required = {ALWAYS, IN_PRODUCTION} if production else {ALWAYS}
        _check_credentials(keys)
        _check_names(keys, pulumi.get_project(), environment)
        config = cls(
            environment=environment,
            service=pulumi.get_project(),
            owner=keys.text("github:owner", _NAME, "acme"),
            repository=keys.text("repository", _NAME, "ai-tools"),
            branch=keys.text("branch", r"[A-Za-z0-9._/-]+", "main"),
            domain=keys.text("domain", r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "ai-tools.example.com"),
            vercel_team=keys.text("vercel:team", r"team_[A-Za-z0-9]+", "team_…"),
            vercel_project=keys.text(
                "vercelProject", r"[a-z0-9-]{1,52}", "ai-tools", default=f"{pulumi.get_project()}-{environment}"
            ),
            node_version=keys.choice("nodeVersion", NODE_VERSIONS),
            public_variables=_public_variables(keys, environment),
            secret_variables=_secret_variables(keys),
            reviewers=keys.texts("reviewers", _REVIEWER, "octocat", required=production),
            prevent_self_review=keys.flag("preventSelfReview", default=production),
            delivered_by=keys.text("deliveredBy", r"role:admin|app:\d+", "role:admin"),
            deploy_window=_deploy_window(keys, required=production),
            deploy_freezes=_deploy_freezes(keys),
            require_staging=keys.flag("requireStaging", default=True),
            command_roles=_command_roles(keys),
            previews=keys.flag("previews", default=False),
            dora_metrics=keys.flag("doraMetrics", default=False),
            logs=keys.choice("logs", LOGS, default=DRAIN),
            monitoring=MonitoringConfig.load(keys, production=production),
            secrets={
                name: value
                for name, key, pattern, needed in WORKFLOW_SECRETS
                if (value := keys.secret(key, pattern, required=needed in required)) is not None
            },
        )
        keys.raise_problems(environment)
        return config


_URL = r"https?://\S+"

ALWAYS, IN_PRODUCTION, NEVER = "always", "in production", "never"

WORKFLOW_SECRETS: tuple[tuple[str, str, str, str], ...] = (
    # GitHub secret, configuration key, pattern of a value, when it has to be there
    ("VERCEL_TOKEN", "vercelToken", r"\S{24,}", ALWAYS),
    ("SLACK_WEBHOOK", "slackWebhook", _URL, ALWAYS),
    ("DATADOG_API_KEY", "datadogApiKey", r"[0-9a-f]{32}", ALWAYS),
    ("DATADOG_APP_KEY", "datadogAppKey", r"[0-9a-f]{40}|ddapp_\w+", NEVER),
    ("DATABASE_URL", "databaseUrl", r"postgres(ql)?://\S+", ALWAYS),
    ("BACKUP_WEBHOOK", "backupWebhook", _URL, IN_PRODUCTION),
    ("BACKUP_TOKEN", "backupToken", r"\S+", IN_PRODUCTION),
    ("DB_ROLLBACK_WEBHOOK", "dbRollbackWebhook", _URL, IN_PRODUCTION),
    ("DB_ROLLBACK_TOKEN", "dbRollbackToken", r"\S+", IN_PRODUCTION),
)

_CREDENTIALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # provider configuration key, environment variables that its provider reads instead
    ("github:token", ("GITHUB_TOKEN",)),
    ("vercel:apiToken", ("VERCEL_API_TOKEN",)),
    ("datadog:apiKey", ("DD_API_KEY", "DATADOG_API_KEY")),
    ("datadog:appKey", ("DD_APP_KEY", "DATADOG_APP_KEY")),
)


def _check_names(keys: ConfigKeys, service: str, environment: str) -> None:
    """Both become tags, which Datadog keeps in lower case, and names of metrics, where a dash is an underscore."""
    for what, name, fix in (
        ("the project's", service, "edit `name` in Pulumi.yaml and run pulumi stack rename"),
        ("the stack's", environment, "pulumi stack rename NAME"),
    ):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            keys.wrong(f"{what} name, {name!r}, is not made of small letters, digits and dashes", fix)


def _check_credentials(keys: ConfigKeys) -> None:
    """The providers' own credentials: present, and never in plain text."""
    for key, variables in _CREDENTIALS:
        if keys.raw(key) is None:
            if not any(os.environ.get(variable) for variable in variables):
                keys.wrong(f"{key} is missing (and ${variables[0]} is not set)", f"pulumi config set --secret {key}")
        elif not keys.is_secret(key):
            keys.wrong(f"{key} is stored as plain text: revoke it, then", f"pulumi config set --secret {key}")


def _public_variables(keys: ConfigKeys, environment: str) -> Mapping[str, str]:
    """The `NEXT_PUBLIC_*` variables, with NEXT_PUBLIC_ENV from the stack's name."""
    key = "publicVariables"
    value = keys.structured(key)
    if value is None:
        value = dict[str, str]()
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        keys.wrong(f"{key} is not a map of texts", f"pulumi config rm {key}")
        return {}
    needed = ["NEXT_PUBLIC_API_URL", "NEXT_PUBLIC_ANALYTICS_ID"]
    if environment == PRODUCTION:
        needed.append("NEXT_PUBLIC_STRIPE_KEY")
    for name in needed:
        if not value.get(name):
            keys.wrong(f"{key}.{name} is missing", f"pulumi config set --path {key}.{name} VALUE")
    for name, entry in value.items():
        _check_public_variable(keys, name, entry)
    return {"NEXT_PUBLIC_ENV": environment, **value}


def _check_public_variable(keys: ConfigKeys, name: str, value: str) -> None:
    path = f"publicVariables.{name}"
    remove, replace = f"pulumi config rm --path {path}", f"pulumi config set --path {path}"
    if not _VARIABLE.fullmatch(name) or not name.startswith(_PUBLIC):
        keys.wrong(f"{path} is not a public variable: those begin with {_PUBLIC}", remove)
    elif name == "NEXT_PUBLIC_ENV":
        keys.wrong(f"{path} follows from the stack's name", remove)
    elif re.match(r"(sk|rk)_(live|test)_", value):
        keys.wrong(
            f"{path} is a Stripe secret key, and every visitor would download it: revoke it, then",
            f"{replace} pk_live_…",
        )
    elif name == "NEXT_PUBLIC_API_URL" and not re.fullmatch(_URL, value):
        keys.wrong(f"{path} is {value!r}, not a URL", f"{replace} https://api.example.com")


def _secret_variables(keys: ConfigKeys) -> Mapping[str, pulumi.Output[str]]:
    """Server-side variables: names are plain, each value is secret from here on."""
    key = "secretVariables"
    value = keys.structured(key)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        keys.wrong(f"{key} is not a map of texts", f"pulumi config rm {key}")
        return {}
    if value and not keys.is_secret(key):
        keys.wrong(
            f"{key} is stored as plain text: replace each value wherever it came from, then",
            f"pulumi config set --secret --path {key}.NAME",
        )
    for name in value:
        if not _VARIABLE.fullmatch(name) or name.startswith(_PUBLIC):
            keys.wrong(
                f"{key}.{name} is not the name of a server-side variable: capitals, not beginning with {_PUBLIC}",
                f"pulumi config rm --path {key}.{name}",
            )
    return {name: pulumi.Output.secret(entry) for name, entry in value.items()}


def _deploy_window(keys: ConfigKeys, *, required: bool) -> str:
    """When releases may start: days, hours and an IANA zone; empty means always."""
    key = "deployWindow"
    fix = f"pulumi config set {key} 'Mon-Fri 09:00-17:00 UTC'"
    value = keys.raw(key)
    if value is None:
        if required:
            keys.wrong(f"{key} is missing", fix)
        return ""
    match = _WINDOW.fullmatch(value)
    if match is None:
        keys.wrong(f"{key} is {value!r}, which does not look like 'Mon-Fri 09:00-17:00 UTC'", fix)
    elif match[3] not in zoneinfo.available_timezones():
        keys.wrong(f"{key} names {match[3]!r}, which is no IANA time zone", fix)
    return value


def _command_roles(keys: ConfigKeys) -> Mapping[str, str]:
    """Which repository role a command in a comment needs: `{"deploy": "admin"}`."""
    key = "commandRoles"
    value = keys.structured(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        keys.wrong(f"{key} is not a map of commands to roles", f"pulumi config rm {key}")
        return {}
    for name, role in value.items():
        if name not in COMMANDS:
            keys.wrong(f"{key}.{name} is no command: {', '.join(COMMANDS)}", f"pulumi config rm --path {key}.{name}")
        elif role not in COMMAND_ROLES:
            fix = f"pulumi config set --path {key}.{name} {COMMAND_ROLES[-1]}"
            keys.wrong(f"{key}.{name} is {role!r}, not one of {', '.join(COMMAND_ROLES)}", fix)
    return value


def _deploy_freezes(keys: ConfigKeys) -> tuple[str, ...]:
    """Days, or first/last days, on which only a hotfix or a rollback may start."""
    key = "deployFreezes"
    freezes = keys.texts(key, re.compile(r"(?s).*"), "2026-12-24/2027-01-02")
    for index, freeze in enumerate(freezes):
        if not _is_freeze(freeze):
            keys.wrong(
                f"{key}[{index}] is {freeze!r}, neither a day nor first/last days in order",
                f"pulumi config set --path '{key}[{index}]' 2026-12-24/2027-01-02",
            )
    return freezes


def _is_freeze(text: str) -> bool:
    first, _, last = text.partition("/")
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last or first)
    except ValueError:
        return False
