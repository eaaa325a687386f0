"""Ways to break the program, each against one rule."""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from policies.limits import MOST_RESOURCES
from policies.model import Secret, Stack
from tests.policies.changes import (
    Change,
    add,
    both,
    drop,
    edit,
    file,
    option,
    output,
    put,
    rename,
    reveal,
    rewrite,
    rules_of_branch,
    say,
    without_tag,
)

WORKFLOW = "workflows-.github/workflows/production.yml"
CHECKS = "workflows-.github/workflows/pre-deploy.yml"
COMMIT = re.compile(r"@[0-9a-f]{40}[^\n]*")
_CHECKOUT = r"uses: actions/checkout@.*"
_CHECKED_BRANCHES = r"    branches: \[main, develop\]\n"
_JOB_MAY = r"\n    permissions:\n"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break a stack, and the rule that is there for it."""

    rule: str
    what: str
    change: Change
    stack: str = "production"

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


def many_files(stack: Stack) -> Stack:
    """Deliver more files than there may be resources."""
    for number in range(MOST_RESOURCES):
        stack = file(f"docs/{number}.md", "")(stack)
    return stack


def without_objectives(stack: Stack) -> Stack:
    """Promise nothing at all."""
    gone = {"ServiceLevelObjective"}
    kept = [each for each in stack.resources if each.kind not in gone and each.inputs.get("type") != "slo alert"]
    return dataclasses.replace(stack, resources=tuple(kept))


_COMPOSITE = "name: a\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: {run}\n"
_DATABASE_URL = "postgresql://ai_tools:database-secret@db.example.com/ai_tools"
_GITHUB_TOKEN = f"ghp_{'a1B2' * 9}"
_STRIPE_KEY = f"sk_live_{'a1B2' * 6}"
_SHOWN = {"key": "MODEL", "value": Secret("a-large-model"), "sensitive": False, "targets": ["production"]}
_OBJECTIVES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("over another time", {"timeframe": "7d"}),
    ("with a target over another time", {"thresholds": [{"target": 99.0, "timeframe": "7d"}]}),
    ("with no target", {"thresholds": []}),
    ("that is too low for its alerts", {"thresholds": [{"target": 93.0, "timeframe": "30d"}]}),
    ("that is too low at first sight", {"targetThreshold": 93.0}),
    ("that leaves no budget", {"thresholds": [{"target": 100, "timeframe": "30d"}]}),
)
_WORKFLOW_HEAD = "permissions: {}\njobs:\n  a:\n    permissions:\n      contents: read\n"

MUTATIONS = (
    Mutation("actions-pinned", "a tag", rewrite(WORKFLOW, "content", COMMIT, "@v7")),
    Mutation("actions-pinned", "a branch", rewrite(WORKFLOW, "content", COMMIT, "@main")),
    Mutation("actions-pinned", "a short commit", rewrite(WORKFLOW, "content", COMMIT, "@3d3c42e")),
    Mutation("actions-pinned", "no version", rewrite(WORKFLOW, "content", COMMIT, "")),
    Mutation(
        "actions-pinned",
        "somebody else's workflow by a tag",
        file(".github/workflows/x.yml", f"{_WORKFLOW_HEAD}    uses: acme/shared/.github/workflows/x.yml@v1\n"),
    ),
    Mutation(
        "actions-pinned",
        "within an action of the repository",
        file(".github/actions/x/action.yml", "runs:\n  using: composite\n  steps:\n    - uses: actions/cache@v4\n"),
    ),
    Mutation(
        "actions-pinned", "an image by a tag", rewrite(WORKFLOW, "content", _CHECKOUT, "uses: docker://alpine:3.23")
    ),
    Mutation(
        "actions-pinned",
        "an action's image by a tag",
        file(".github/actions/x/action.yml", "runs:\n  using: docker\n  image: docker://alpine:3.23\n"),
    ),
    Mutation(
        "actions-pinned",
        "a job's container by a tag",
        rewrite(WORKFLOW, "content", r"\n    runs-on: ", r"\n    container: node:24\g<0>"),
    ),
    Mutation(
        "actions-pinned",
        "a job's container by a tag, among its settings",
        rewrite(WORKFLOW, "content", r"\n    runs-on: ", r"\n    container: {image: node:24, user: root}\g<0>"),
    ),
    Mutation(
        "actions-pinned",
        "a job's service by a tag",
        rewrite(WORKFLOW, "content", r"\n    runs-on: ", r"\n    services: {db: {image: postgres:18}}\g<0>"),
    ),
    Mutation("least-permissions", "the default", rewrite(WORKFLOW, "content", r"\npermissions: \{\}\n", "\n")),
    Mutation(
        "least-permissions",
        "everything",
        rewrite(WORKFLOW, "content", r"\npermissions: \{\}\n", "\npermissions: write-all\n"),
    ),
    Mutation(
        "least-permissions",
        "everything for one job",
        rewrite(WORKFLOW, "content", r"\n    permissions:\n(      .*\n)+", "\n    permissions: write-all\n"),
    ),
    Mutation(
        "least-permissions",
        "the default for one job",
        rewrite(WORKFLOW, "content", r"\n    permissions:\n(      .*\n)+", "\n"),
    ),
    Mutation(
        "least-permissions",
        "a token for other clouds",
        rewrite(WORKFLOW, "content", r"\n    permissions:\n", "\n    permissions:\n      id-token: write\n"),
    ),
    *(
        Mutation(
            "least-permissions",
            f"{scope} in every job of {name}",
            rewrite(
                f"workflows-.github/workflows/{name}", "content", _JOB_MAY, rf"\g<0>      {scope}: write\n", count=0
            ),
        )
        for scope in ("checks", "statuses")
        for name in ("pre-deploy.yml", "production.yml")
    ),
    Mutation(
        "least-permissions",
        "the repository in a job that the pull request's code runs in",
        rewrite(CHECKS, "content", "contents: read", "contents: write"),
    ),
    Mutation(
        "least-permissions",
        "a file that nobody has listed",
        file(".github/workflows/x.yml", _WORKFLOW_HEAD.replace("contents: read", "issues: write")),
    ),
    Mutation(
        "no-expression-in-run",
        "a branch's name",
        rewrite(WORKFLOW, "content", r"( +)run: python3", r"\1run: echo ${{ github.ref_name }}; python3"),
    ),
    Mutation(
        "no-expression-in-run",
        "over several lines",
        file(
            ".github/workflows/x.yml",
            f"{_WORKFLOW_HEAD}    steps:\n      - run: |\n          a\n          ${{{{ b }}}}\n",
        ),
    ),
    Mutation(
        "no-expression-in-run",
        "within an action of the repository",
        file(".github/actions/x/action.yml", _COMPOSITE.format(run="echo ${{ inputs.title }}")),
    ),
    Mutation("no-plain-secret", "GitHub's secret", reveal("release-secret-VERCEL_TOKEN", "value")),
    Mutation("no-plain-secret", "Vercel's variable", reveal("app-variable-OPENAI_API_KEY", "value")),
    Mutation("no-plain-secret", "a drain's headers", reveal("logs-drain", "headers")),
    Mutation("no-plain-secret", "in an input", say("monitoring-error-rate", f" {_DATABASE_URL}")),
    Mutation("no-plain-secret", "in an output", output("database", _DATABASE_URL)),
    Mutation("no-plain-secret", "in an output's key", output("known", {"vercelDeployToken0000000": 1})),
    Mutation("no-plain-secret", "in a name", rename("monitoring-error-rate", "monitoring-vercelDeployToken0000000")),
    Mutation("no-plain-secret", "in a file", say(WORKFLOW, "\n# vercelDeployToken0000000\n")),
    Mutation("no-plain-secret", "a token by its looks", file(".github/deploy/a.py", f'T = "{_GITHUB_TOKEN}"')),
    Mutation(
        "no-plain-secret",
        "a key that every visitor would download",
        put("app-variable-NEXT_PUBLIC_STRIPE_KEY", value=Secret(_STRIPE_KEY)),
    ),
    Mutation("no-plain-secret", "a token by its looks in an output", output("token", _GITHUB_TOKEN)),
    Mutation(
        "environment-branch",
        "any protected branch",
        edit(
            "release-environment",
            lambda held: held["deploymentBranchPolicy"].update(protectedBranches=True, customBranchPolicies=False),
        ),
    ),
    Mutation("environment-branch", "every branch", put("build-environment", deploymentBranchPolicy=None)),
    Mutation("environment-branch", "no branch named", drop("database-branch-policy")),
    Mutation("environment-branch", "a pattern", put("release-branch-policy", branchPattern="*")),
    Mutation("environment-branch", "a feature's branch", put("build-branch-policy", branchPattern="feature/x")),
    Mutation("environment-branch", "tags as well", put("build-branch-policy", tagPattern="v*")),
    Mutation("production-approval", "nobody", put("database-environment", reviewers=[])),
    Mutation(
        "production-approval", "an empty entry", put("database-environment", reviewers=[{"users": [], "teams": []}])
    ),
    Mutation("production-approval", "oneself", put("database-environment", preventSelfReview=False)),
    Mutation("production-approval", "an administrator", put("database-environment", canAdminsBypass=True)),
    Mutation("production-approval", "no such environment", drop("database-environment", "database-branch-policy")),
    Mutation("branch-protected", "deletion", rules_of_branch(lambda rules: rules.update(deletion=False))),
    Mutation("branch-protected", "force", rules_of_branch(lambda rules: rules.pop("nonFastForward"))),
    Mutation("branch-protected", "no pull request", rules_of_branch(lambda rules: rules.pop("pullRequest"))),
    Mutation(
        "branch-protected",
        "no review",
        rules_of_branch(lambda rules: rules["pullRequest"].update(requiredApprovingReviewCount=0)),
    ),
    Mutation("branch-protected", "watched only", put("branch-ruleset", enforcement="evaluate")),
    Mutation("branch-protected", "tags instead", put("branch-ruleset", target="tag")),
    Mutation(
        "branch-protected",
        "another branch",
        put("branch-ruleset", conditions={"refName": {"includes": ["refs/heads/next"], "excludes": []}}),
    ),
    Mutation(
        "branch-protected",
        "except itself",
        edit("branch-ruleset", lambda held: held["conditions"]["refName"].update(excludes=["refs/heads/main"])),
    ),
    *(
        Mutation("branch-protected", f"except {who}", put("branch-ruleset", bypassActors=actors))
        for who, actors in (
            ("whoever may push", [{"actorType": "RepositoryRole", "actorId": 4, "bypassMode": "always"}]),
            ("a maintainer", [{"actorType": "RepositoryRole", "actorId": 2, "bypassMode": "always"}]),
            ("a team", [{"actorType": "Team", "actorId": 5, "bypassMode": "always"}]),
            ("a deploy key", [{"actorType": "DeployKey", "bypassMode": "always"}]),
            (
                "two apps",
                [{"actorType": "Integration", "actorId": app, "bypassMode": "always"} for app in (12, 13)],
            ),
            (
                "an app and administrators",
                [
                    {"actorType": "Integration", "actorId": 12, "bypassMode": "always"},
                    {"actorType": "RepositoryRole", "actorId": 5, "bypassMode": "always"},
                ],
            ),
        )
    ),
    Mutation(
        "branch-protected",
        "an older commit's review counts",
        rules_of_branch(lambda rules: rules["pullRequest"].update(dismissStaleReviewsOnPush=False)),
    ),
    Mutation(
        "branch-protected",
        "a commit after the last review",
        rules_of_branch(lambda rules: rules["pullRequest"].pop("requireLastPushApproval")),
    ),
    Mutation("branch-protected", "no ruleset", drop("branch-ruleset")),
    Mutation(
        "required-checks",
        "one less",
        rules_of_branch(lambda rules: rules["requiredStatusChecks"]["requiredChecks"].pop()),
    ),
    Mutation("required-checks", "none", rules_of_branch(lambda rules: rules.pop("requiredStatusChecks"))),
    Mutation(
        "required-checks",
        "one that nobody reports",
        rules_of_branch(
            lambda rules: rules["requiredStatusChecks"]["requiredChecks"].append(
                {"context": "Spelling", "integrationId": 15368}
            )
        ),
    ),
    Mutation(
        "required-checks",
        "one that anybody reports",
        rules_of_branch(lambda rules: rules["requiredStatusChecks"]["requiredChecks"][0].pop("integrationId")),
    ),
    Mutation(
        "required-checks",
        "one that the file calls otherwise",
        rewrite(CHECKS, "content", r"name: Lint\b", "name: Style"),
    ),
    Mutation("required-checks", "of a file that is not delivered", drop(CHECKS)),
    *(
        Mutation("required-checks", f"they run {when}", rewrite(CHECKS, "content", _CHECKED_BRANCHES, instead), stack)
        for when, instead, stack in (
            ("for staging's branch only", "    branches: [develop]\n", "production"),
            ("for production's branch only", "    branches: [main]\n", "staging"),
            ("for the branches of a folder", "    branches: ['release/**']\n", "production"),
            ("for any branch but this", "    branches: ['**', '!main']\n", "production"),
            ("where a branch is not left out, which this is", "    branches-ignore: ['m*']\n", "production"),
            ("when documents change", "    paths: ['docs/**']\n", "production"),
            ("unless documents change", "    paths-ignore: ['docs/**']\n", "production"),
            ("when it is closed", "    types: [closed]\n", "production"),
        )
    ),
    Mutation(
        "required-checks", "they run after the merge", rewrite(CHECKS, "content", r"\n  pull_request:\n", "\n  push:\n")
    ),
    Mutation("variables-sensitive", "shown", put("app-variable-OPENAI_API_KEY", sensitive=False)),
    Mutation("variables-sensitive", "not said", put("app-variable-OPENAI_API_KEY", sensitive=None)),
    Mutation(
        "variables-sensitive",
        "almost public",
        both(
            put("app-variable-OPENAI_API_KEY", key="PUBLIC_OPENAI_API_KEY", sensitive=False),
            rename("app-variable-OPENAI_API_KEY", "app-variable-PUBLIC_OPENAI_API_KEY"),
        ),
    ),
    Mutation("variables-sensitive", "the project's own", put("app-project", environments=[_SHOWN])),
    Mutation(
        "variables-sensitive",
        "several at once",
        add(
            "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables",
            "app-variables",
            "app",
            {"variables": [_SHOWN]},
        ),
    ),
    Mutation(
        "variables-sensitive",
        "of the whole team",
        add("vercel:index/sharedEnvironmentVariable:SharedEnvironmentVariable", "app-shared-MODEL", "app", _SHOWN),
    ),
    Mutation(
        "only-pipeline-deploys",
        "a Git link",
        put("app-project", gitRepository={"type": "github", "repo": "acme/ai-tools"}),
    ),
    Mutation("only-pipeline-deploys", "the domain at once", put("app-project", autoAssignCustomDomains=True)),
    Mutation("only-pipeline-deploys", "the default", put("app-project", autoAssignCustomDomains=None)),
    Mutation("only-pipeline-deploys", "a deployment", add("vercel:index/deployment:Deployment", "app-first", "app")),
    Mutation(
        "only-pipeline-deploys",
        "the domain for one deployment",
        add("vercel:index/alias:Alias", "app-alias", "app", {"alias": "ai-tools.example.com", "deploymentId": "dpl_1"}),
    ),
    Mutation("domain-of-stack", "another", put("app-domain", domain="elsewhere.example.com")),
    Mutation("domain-of-stack", "none", drop("app-domain")),
    Mutation("domain-of-stack", "a redirect", put("app-domain", redirect="elsewhere.example.com")),
    Mutation("domain-of-stack", "a branch's preview", put("app-domain", gitBranch="feature")),
    Mutation(
        "domain-of-stack",
        "two",
        add("vercel:index/projectDomain:ProjectDomain", "app-www", "app", {"domain": "www.example.com"}),
        "staging",
    ),
    Mutation("loss-prevented", "the project", option("app-project", protect=False)),
    Mutation("loss-prevented", "the domain", option("app-domain", protect=False)),
    Mutation("loss-prevented", "deployments after a month", put("app-retention", expirationProduction="1m")),
    Mutation(
        "loss-prevented", "deployments of staging too", put("app-retention", expirationProduction="1m"), "staging"
    ),
    Mutation("loss-prevented", "deployments, when Vercel likes", drop("app-retention")),
    Mutation("monitor-recipient", "nobody", rewrite("monitoring-error-rate", "message", r"@[\w-]+", "", count=0)),
    Mutation(
        "monitor-recipient", "no message", put("monitoring-health", message="Runbook: https://a.example/b#health")
    ),
    Mutation(
        "monitor-recipient",
        "only when it recovers",
        rewrite(
            "monitoring-error-rate",
            "message",
            r"(?s)(\{\{#is_alert\}\}.*?)@[\w-]+(?: @[\w-]+)*(.*?\{\{/is_alert)",
            r"\1\2",
        ),
    ),
    Mutation("monitor-recipient", "a composite", rewrite("monitoring-latency", "message", r"@[\w-]+", "", count=0)),
    Mutation("monitor-recipient", "parts of no composite", drop("monitoring-latency")),
    Mutation("monitor-recipient", "a draft", put("monitoring-error-rate", draftStatus="draft")),
    Mutation("monitor-recipient", "a composite that is a draft", put("monitoring-latency", draftStatus="draft")),
    Mutation("monitor-recipient", "a part that is a draft", put("monitoring-slow-requests", draftStatus="draft")),
    Mutation("monitor-recipient", "a paused test", put("monitoring-health", status="paused")),
    Mutation("monitor-runbook", "no asset", put("monitoring-error-rate", assets=None)),
    Mutation(
        "monitor-runbook",
        "another section",
        edit("monitoring-error-rate", lambda held: held["assets"][0].update(url="https://a.example/b#latency")),
    ),
    Mutation(
        "monitor-runbook",
        "another document",
        edit("monitoring-error-rate", lambda held: held["assets"][0].update(category="other")),
    ),
    Mutation(
        "monitor-runbook", "not in the message", rewrite("monitoring-error-rate", "message", "Runbook: .*", "", 0)
    ),
    Mutation("monitor-runbook", "no section", rewrite("monitoring-health", "message", r"(Runbook: \S+)#\S+", r"\1", 0)),
    Mutation(
        "monitor-runbook",
        "a section that the runbook does not have",
        both(
            rewrite("monitoring-error-rate", "message", r"(Runbook: \S+)#\S+", r"\1#errors", 0),
            edit("monitoring-error-rate", lambda held: held["assets"][0].update(url="https://a.example/b#errors")),
        ),
    ),
    Mutation(
        "monitor-runbook",
        "a section of a test that the runbook does not have",
        rewrite("monitoring-health", "message", r"(Runbook: \S+)#\S+", r"\1#healthy", 0),
    ),
    *(
        Mutation("monitor-tags", f"no {prefix} on {name}", without_tag(name, prefix))
        for name in ("monitoring-error-rate", "monitoring-health", "monitoring-objective-latency")
        for prefix in ("env:", "service:", "team:", "managed-by:")
    ),
    Mutation("monitor-no-data", "not said", put("monitoring-error-rate", onMissingData=None)),
    Mutation("monitor-no-data", "no such choice", put("monitoring-error-rate", onMissingData="ignore")),
    Mutation("monitor-no-data", "the old way", put("monitoring-error-rate", notifyNoData=True)),
    Mutation("monitor-no-data", "where Datadog refuses it", put("monitoring-availability-1h", onMissingData="default")),
    Mutation("monitor-no-data", "of a composite", put("monitoring-latency", onMissingData="default")),
    Mutation(
        "monitor-no-data",
        "to nobody",
        rewrite("monitoring-drain-silent", "message", r"(?s)(\{\{#is_no_data\}\}.*?)@[\w-]+(?: @[\w-]+)*", r"\1"),
    ),
    *(
        Mutation("slo-alerts", f"no alert of {objective} at {rate}", drop(f"monitoring-{objective}-{rate}"))
        for objective in ("availability", "latency")
        for rate in ("1h", "6h", "24h", "48h")
    ),
    Mutation("slo-alerts", "another threshold", put("monitoring-latency-1h", monitorThresholds={"critical": "20"})),
    Mutation(
        "slo-alerts",
        "another window",
        rewrite("monitoring-latency-1h", "query", r'long_window\("1h"\)', 'long_window("2h")'),
    ),
    Mutation("slo-alerts", "another period", rewrite("monitoring-latency-1h", "query", r'over\("30d"\)', 'over("7d")')),
    Mutation(
        "slo-alerts", "no short window", rewrite("monitoring-latency-1h", "query", r'\.short_window\("\w+"\)', "")
    ),
    *(
        Mutation("slo-alerts", f"an objective {what}", put("monitoring-objective-latency", **inputs))
        for what, inputs in _OBJECTIVES
    ),
    Mutation("slo-alerts", "of no objective", drop("monitoring-objective-latency")),
    Mutation("slo-alerts", "no objective", without_objectives),
    Mutation(
        "stacks-apart",
        "its domain",
        edit(
            "monitoring-health",
            lambda held: held["requestDefinition"].update(url="https://staging.ai-tools.example.com/api/health"),
        ),
    ),
    Mutation(
        "stacks-apart",
        "production's domain",
        edit(
            "monitoring-health", lambda held: held["requestDefinition"].update(url="https://ai-tools.example.com/api")
        ),
        "staging",
    ),
    Mutation("stacks-apart", "its branch", put(WORKFLOW, branch="develop")),
    Mutation("stacks-apart", "its branch in a text", put("app-bypass", note="for refs/heads/develop")),
    Mutation("stacks-apart", "its project", put("app-bypass", note="as in ai-tools-staging")),
    Mutation("stacks-apart", "its tag", edit("monitoring-error-rate", lambda held: held["tags"].append("env:staging"))),
    Mutation("stacks-apart", "its environment", put("release-secret-VERCEL_TOKEN", environment="staging")),
    Mutation(
        "stacks-apart", "its environment's secrets", put("database-secret-DATABASE_URL", environment="staging-database")
    ),
    Mutation("stacks-apart", "its name", put("release-variable-ENVIRONMENT", value="staging")),
    Mutation("stacks-apart", "its title", put("monitoring-error-rate", name="ai-tools staging: errors")),
    Mutation(
        "stacks-apart",
        "its dashboard",
        rewrite("monitoring-dashboard", "dashboard", "ai-tools.example", "staging.ai-tools.example"),
    ),
    Mutation("names-stable", "none", put("app-project", name=None)),
    Mutation("names-stable", "one that the engine makes up", put("app-project", name="app-project-1a2b3c4")),
    Mutation("names-stable", "a ruleset without", put("branch-ruleset", name=None)),
    Mutation("names-stable", "counted", rename("workflows-.github/deploy/deploy/__init__.py", "workflows-17")),
    Mutation("names-stable", "a secret, counted", rename("release-secret-VERCEL_TOKEN", "release-secret-1")),
    Mutation("names-stable", "not its component's", rename("monitoring-error-rate", "error-rate")),
    Mutation(
        "names-stable",
        "two alike",
        put("monitoring-error-rate", name="ai-tools production: functions are cut off for taking too long"),
    ),
    Mutation("component-parent", "none", option("monitoring-error-rate", parent="")),
    Mutation(
        "component-parent",
        "another resource",
        both(
            option("app-retention", parent="app-project"),
            rename("app-retention", "app-project-retention"),
            add(
                "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention",
                "app-retention",
                "app",
                {"expirationProduction": "1y"},
            ),
        ),
    ),
    Mutation("component-parent", "a component within another", option("logs", parent="app")),
    Mutation("resource-budget", "a file for each page", many_files),
    Mutation(
        "synthetic-budget",
        "seconds for minutes",
        edit("monitoring-health", lambda held: held["optionsList"].update(tickEvery=5)),
    ),
    Mutation(
        "synthetic-budget",
        "from everywhere",
        put("monitoring-health", locations=[f"aws:region-{number}" for number in range(25)]),
    ),
    Mutation("synthetic-budget", "in a browser", put("monitoring-certificate", type="browser")),
    Mutation("synthetic-budget", "in several steps", put("monitoring-certificate", subtype="multi")),
    Mutation(
        "synthetic-budget",
        "nobody knows how often",
        edit("monitoring-certificate", lambda held: held["optionsList"].pop("tickEvery")),
    ),
    Mutation(
        "synthetic-budget",
        "all the time",
        edit("monitoring-certificate", lambda held: held["optionsList"].update(tickEvery=0)),
    ),
)
