"""For each resource of the stand-ins: good inputs, a change that updates it, and what must exist before it."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.values import Properties

ENVIRONMENT = "github:index/repositoryEnvironment:RepositoryEnvironment"
POLICY = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
SECRET = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret"
VARIABLE = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
FILE = "github:index/repositoryFile:RepositoryFile"
RULESET = "github:index/repositoryRuleset:RepositoryRuleset"
PROJECT = "vercel:index/project:Project"
DOMAIN = "vercel:index/projectDomain:ProjectDomain"
PROJECT_VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
BYPASS = "vercel:index/projectProtectionBypass:ProjectProtectionBypass"
RETENTION = "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention"
LOG_DRAIN = "vercel:index/logDrain:LogDrain"
MONITOR = "datadog:index/monitor:Monitor"
TEST = "datadog:index/syntheticsTest:SyntheticsTest"
DASHBOARD = "datadog:index/dashboardJson:DashboardJson"
OBJECTIVE = "datadog:index/serviceLevelObjective:ServiceLevelObjective"
LOGS_METRIC = "datadog:index/logsMetric:LogsMetric"

PROJECT_ID = "$project"
"""Stands for the ID of a project that a test makes first."""
SECRET_VALUE = "a value that must never be seen"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A resource as a program would declare it."""

    pulumi_type: str
    inputs: Properties
    change: Properties
    """Inputs that another `up` may set without replacing the resource; none where every input replaces it."""
    replaces: dict[str, Any] = field(default_factory=dict)
    """Inputs that each need a new resource, with another good value."""
    replaced_with: Properties = field(default_factory=dict)
    """What goes with those, to be good inputs."""
    in_environment: bool = False

    @property
    def provider(self) -> str:
        return self.pulumi_type.partition(":")[0]

    def __str__(self) -> str:
        return self.pulumi_type.rpartition(":")[2]


_IN_ENVIRONMENT = {"repository": "ai-tools", "environment": "staging"}

EXAMPLES = [
    Example(
        pulumi_type=ENVIRONMENT,
        inputs={
            "repository": "ai-tools",
            "environment": "staging",
            "preventSelfReview": True,
            "deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": True},
        },
        change={"waitTimer": 10},
        replaces={"environment": "production"},
    ),
    Example(
        pulumi_type=POLICY,
        inputs={**_IN_ENVIRONMENT, "branchPattern": "develop"},
        change={"branchPattern": "main"},
        replaces={"environment": "production"},
        in_environment=True,
    ),
    Example(
        pulumi_type=SECRET,
        inputs={**_IN_ENVIRONMENT, "secretName": "TOKEN", "value": SECRET_VALUE},
        change={"value": "another value"},
        replaces={"environment": "production", "secretName": "OTHER"},
        in_environment=True,
    ),
    Example(
        pulumi_type=VARIABLE,
        inputs={**_IN_ENVIRONMENT, "variableName": "DOMAIN", "value": "ai-tools.example.com"},
        change={"value": "other.example.com"},
        replaces={"environment": "production", "variableName": "OTHER"},
        in_environment=True,
    ),
    Example(
        pulumi_type=FILE,
        inputs={
            "repository": "ai-tools",
            "branch": "develop",
            "file": ".github/workflows/pre-deploy.yml",
            "content": "on: push\n",
            "commitMessage": "Deliver [skip ci]",
            "overwriteOnCreate": True,
        },
        change={"content": "on: pull_request\n"},
        replaces={"branch": "main", "file": "README.txt"},
    ),
    Example(
        pulumi_type=RULESET,
        inputs={
            "repository": "ai-tools",
            "name": "develop: reviewed",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"refName": {"includes": ["refs/heads/develop"], "excludes": []}},
            "bypassActors": [{"actorId": 5, "actorType": "RepositoryRole", "bypassMode": "always"}],
            "rules": {
                "deletion": True,
                "pullRequest": {"requiredApprovingReviewCount": 1},
                "requiredStatusChecks": {
                    "strictRequiredStatusChecksPolicy": True,
                    "requiredChecks": [{"context": "lint", "integrationId": 15368}, {"context": "test"}],
                },
            },
        },
        change={"enforcement": "disabled"},
    ),
    Example(
        pulumi_type=PROJECT,
        inputs={
            "name": "ai-tools",
            "framework": "nextjs",
            "nodeVersion": "24.x",
            "autoAssignCustomDomains": False,
            "vercelAuthentication": {"deploymentType": "standard_protection"},
        },
        change={"nodeVersion": "22.x"},
        replaces={"teamId": "team_" + "b" * 24},
    ),
    Example(
        pulumi_type=DOMAIN,
        inputs={"projectId": PROJECT_ID, "domain": "ai-tools.example.com"},
        change={"redirect": "www.example.com", "redirectStatusCode": 308},
        replaces={"domain": "other.example.com", "projectId": "prj_other"},
    ),
    Example(
        pulumi_type=PROJECT_VARIABLE,
        inputs={
            "projectId": PROJECT_ID,
            "key": "API_KEY",
            "value": SECRET_VALUE,
            "sensitive": True,
            "targets": ["production"],
        },
        change={"value": "another value"},
        replaces={"key": "OTHER", "sensitive": False, "projectId": "prj_other"},
    ),
    Example(
        pulumi_type=BYPASS,
        inputs={"projectId": PROJECT_ID, "note": "Tests"},
        change={"note": "Tests of staged deployments"},
        replaces={"secret": "0" * 32, "projectId": "prj_other"},
    ),
    Example(
        pulumi_type=RETENTION,
        inputs={"projectId": PROJECT_ID, "expirationProduction": "1y", "expirationPreview": "1m"},
        change={"expirationPreview": "2m"},
        replaces={"projectId": "prj_other"},
    ),
    Example(
        pulumi_type=LOG_DRAIN,
        inputs={
            "name": "datadog",
            "deliveryFormat": "json",
            "endpoint": "https://http-intake.logs.datadoghq.com/api/v2/logs?ddsource=vercel",
            "environments": ["production"],
            "sources": ["static", "lambda"],
            "headers": {"DD-API-KEY": SECRET_VALUE},
        },
        change={},
        replaces={
            "name": "other",
            "deliveryFormat": "ndjson",
            "endpoint": "https://logs.example.com",
            "environments": ["preview", "production"],
            "sources": ["static"],
            "headers": {"DD-API-KEY": "another value"},
            "projectIds": ["prj_other"],
            "samplingRate": 0.5,
            "secret": "0" * 32,
            "teamId": "team_" + "b" * 24,
        },
    ),
    Example(
        pulumi_type=MONITOR,
        inputs={
            "name": "latency",
            "type": "query alert",
            "query": "avg(last_15m):avg:synthetics.http.response.time{check_id:abc} > 1500",
            "message": "Slow. @slack-acme-deploys\n",
            "monitorThresholds": {"critical": "1500"},
            "tags": ["service:ai-tools", "env:staging"],
            "onMissingData": "show_no_data",
        },
        change={"priority": "2"},
        replaces={"type": "log alert"},
        replaced_with={"validate": False},
    ),
    Example(
        pulumi_type=TEST,
        inputs={
            "name": "health",
            "type": "api",
            "subtype": "http",
            "status": "live",
            "locations": ["aws:us-east-1", "aws:eu-central-1"],
            "requestDefinition": {"method": "GET", "url": "https://ai-tools.example.com/api/health", "timeout": 10},
            "assertions": [
                {"type": "statusCode", "operator": "is", "target": "200"},
                {"type": "responseTime", "operator": "lessThan", "target": "2000"},
                {
                    "type": "body",
                    "operator": "validatesJSONPath",
                    "targetjsonpath": {"jsonpath": "$.status", "operator": "is", "targetvalue": "ok"},
                },
            ],
            "optionsList": {"tickEvery": 60, "retry": {"count": 2, "interval": 500}},
        },
        change={"status": "paused"},
    ),
    Example(
        pulumi_type=DASHBOARD,
        inputs={
            "dashboard": '{"title": "ai-tools", "description": "", "layout_type": "ordered", "notify_list": [],'
            ' "template_variables": [], "restricted_roles": [], "widgets":'
            ' [{"definition": {"type": "note", "content": "All is well"}}]}'
        },
        change={
            "dashboard": '{"title": "ai-tools now", "description": "", "layout_type": "ordered", "notify_list": [],'
            ' "template_variables": [], "restricted_roles": [], "widgets":'
            ' [{"definition": {"type": "note", "content": "All is well"}}]}'
        },
    ),
    Example(
        pulumi_type=OBJECTIVE,
        inputs={
            "name": "availability",
            "type": "metric",
            "query": {"numerator": "sum:good{*}.as_count()", "denominator": "sum:all{*}.as_count()"},
            "thresholds": [{"timeframe": "30d", "target": 99.9}, {"timeframe": "7d", "target": 99}],
        },
        change={"description": "What users see"},
    ),
    Example(
        pulumi_type=LOGS_METRIC,
        inputs={
            "name": "ai_tools.staging.request.duration",
            "compute": {"aggregationType": "distribution", "path": "@duration", "includePercentiles": True},
            "filter": {"query": "source:vercel @proxy.host:ai-tools.example.com"},
            "groupBies": [
                {"path": "@proxy.statusCode", "tagName": "status_code"},
                {"path": "@proxy.method", "tagName": "method"},
            ],
        },
        change={
            "compute": {"aggregationType": "distribution", "path": "@duration"},
            "filter": {"query": "source:vercel"},
            "groupBies": [{"path": "@proxy.statusCode", "tagName": "status_code"}],
        },
        replaces={
            "name": "ai_tools.production.request.duration",
            "compute": {"aggregationType": "count"},
        },
    ),
]

BY_TYPE = {example.pulumi_type: example for example in EXAMPLES}
