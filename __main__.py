"""One stack is one environment: read its configuration, build its components, export what an operator looks for."""

from pathlib import Path

import pulumi

from components.branch_ruleset import BranchRuleset, BranchRulesetArgs, check_names
from components.config import DRAIN, StackConfig
from components.datadog_monitoring import DatadogMonitoring, DatadogMonitoringArgs
from components.github_environment import GitHubEnvironment
from components.log_drain import LogDrain, LogDrainArgs
from components.pipeline_environments import pipeline_environments
from components.vercel_app import VercelApp, VercelAppArgs
from components.workflow_files import WorkflowFiles, WorkflowFilesArgs

DELIVERED = Path(__file__).parent / "app_repository"

config = StackConfig.load()
app = VercelApp("app", VercelAppArgs.from_config(config))
environments = [GitHubEnvironment(purpose, args) for purpose, args in pipeline_environments(config, app).items()]
# The files name variables and secrets, so those come first; the ruleset requires the files' checks, so it is last.
files = WorkflowFiles(
    "workflows",
    WorkflowFilesArgs(repository=config.repository, branch=config.branch, root=DELIVERED),
    pulumi.ResourceOptions(depends_on=environments),
)
BranchRuleset(
    "branch",
    BranchRulesetArgs(
        repository=config.repository,
        branch=config.branch,
        required_checks=check_names(DELIVERED / ".github/workflows/pre-deploy.yml"),
        delivered_by=config.delivered_by,
    ),
    pulumi.ResourceOptions(depends_on=[files]),
)
if config.logs == DRAIN:
    LogDrain("logs", LogDrainArgs.from_config(config, app.project_id))
monitoring = DatadogMonitoring("monitoring", DatadogMonitoringArgs.from_config(config))

pulumi.export("url", app.url)
pulumi.export("vercelProjectId", app.project_id)
pulumi.export("githubEnvironments", [environment.environment for environment in environments])
pulumi.export("deliveredFiles", files.digests)
pulumi.export("healthCheckUrl", monitoring.health_check_url)
pulumi.export("monitorUrls", monitoring.monitor_urls)
pulumi.export("syntheticCost", monitoring.synthetic_cost)
pulumi.export("dashboardUrl", monitoring.dashboard_url)
